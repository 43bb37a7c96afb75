"""Kill a working process, open its project again, and count what was promised against what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.store.checks.verify import verify
from assistant.store.project import ProjectStore
from eval.bench.batches import items_only
from eval.bench.crashes.crash_child import LEAD
from eval.bench.crashes.crash_work import SCHEMA, endpoint_at, request_for
from eval.bench.processes import watch
from eval.bench.remote.call_account import CallAccount
from eval.bench.remote.counting_server import CountingServer

LONGEST = 120.0


@dataclass
class Account(CallAccount):
    """What was promised and what was found, over any number of kills."""

    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    unacknowledged: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing acknowledged was lost or doubled, nothing paid for twice, and nothing came apart."""
        return not (self.lost or self.twice or self.repeated or self.unlisted or self.broken)

    def add(self, other: Account) -> None:
        """Sum up."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


class Trial:
    """One project that is worked on, cut off and opened again as often as one likes."""

    def __init__(self, folder: Path, items: int, server: CountingServer) -> None:
        """Make the project with numbered texts and a budget."""
        self.path = folder
        self.account = Account()
        self._server = server
        self._texts = [f"{folder.name}: message number {number}" for number in range(1, items + 1)]
        self._promised: dict[int, tuple[int, str, str]] = {}
        self._taken_back: set[int] = set()
        self._answered: Counter[str] = Counter()
        store = ProjectStore.create(folder, folder.name, SCHEMA, LEAD.person)
        store.settings.put("blind_share", 0.0, LEAD)
        store.settings.put("budget_tokens", 10_000_000, LEAD)
        store.take_in(items_only(self._texts), LEAD, {})
        store.close()

    def work(self, *options: str, kill_after: float | None = None) -> bool:
        """Let a process work until it ends, ends itself at a point, or the seconds are over; whether it was killed."""
        given = (str(self.path), "--address", self._server.address, *options)
        seconds = LONGEST if kill_after is None else kill_after
        code, lines = watch("eval.bench.crashes.crash_child", *given, seconds=seconds)
        for line in lines:
            self._note(line.split())
        killed = code == -9
        self.account.kills += killed
        if code not in (0, -9):
            self.account.broken.append(f"the process ended by itself with code {code}")
        return killed

    def _note(self, words: Sequence[str]) -> None:
        if words[:1] == ["ack"]:
            self._promised[int(words[1])] = (int(words[2]), words[3], words[4])
            self.account.acknowledged += 1
        elif words[:1] == ["undone"]:
            self._taken_back.add(int(words[1]))

    @property
    def is_used_up(self) -> bool:
        """Whether there is nothing left to review."""
        standing = len(self._promised) - len(self._taken_back)
        return standing > len(self._texts) - 20

    def check(self) -> None:
        """Open the project and compare."""
        self._server.settle()
        store = ProjectStore(self.path)
        try:
            self._check_decisions(store)
            self._check_calls(store)
            self.account.broken += [f"{one.name}: {one.example}" for one in verify(store.database) if not one.holds]
        finally:
            store.close()

    def _check_decisions(self, store: ProjectStore) -> None:
        # sql: read past the store, which is on trial
        rows = store.database.rows("SELECT review_id, exposure_id, idempotency_key, label FROM reviews")
        found = {int(row[0]): (int(row[1]), row[2], row[3]) for row in rows}
        # sql: read past the store, which is on trial
        undone = {int(row[0]) for row in store.database.rows("SELECT target_id FROM undone WHERE target = 'review'")}
        account = self.account
        account.lost += sum(found.get(one) != promised for one, promised in self._promised.items())
        account.lost += len(self._taken_back - undone)
        clicks = Counter((row[1], row[2]) for row in rows)
        account.twice += sum(number - 1 for number in clicks.values())
        # At most the click in hand at each kill may be there without its acknowledgement.
        silent = len(set(found) - set(self._promised)) + len(undone - self._taken_back)
        account.unacknowledged = silent
        if silent > account.kills:
            account.broken.append(f"{silent} decisions were stored without an acknowledgement in {account.kills} kills")

    def _check_calls(self, store: ProjectStore) -> None:
        endpoint = endpoint_at(self._server.address)
        asked = {endpoint.call_key(request_for(text)): self._server.asked[text] for text in self._texts}
        self.account.compare(store, asked, self._answered)
