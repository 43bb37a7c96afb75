"""A project that is labelled by a remote model in processes that are killed, and the account of every item and call."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from assistant.store.calls import charged_tokens
from assistant.store.checks.verify import verify
from assistant.store.project import ProjectStore
from eval.bench.batches import items_only
from eval.bench.processes import watch
from eval.bench.remote.call_account import CallAccount
from eval.bench.remote.faulty_server import HOPELESS, FaultyServer, Seen, fault_of, label_of
from eval.bench.remote.remote_child import LEAD
from tools.schema import LabelSchema, schema_from_labels

LABELS = ["refund", "delivery", "praise", "question"]
SCHEMA: LabelSchema = schema_from_labels(LABELS)
LONGEST = 600.0


@dataclass
class RemoteAccount(CallAccount):
    """What was found in the project, against what the server knows."""

    labelled: int = 0
    unread: int = 0
    missing: int = 0
    without_reason: int = 0
    wrong: int = 0
    kills: int = 0
    pauses: int = 0
    overspent: int = 0
    checked_spends: int = 0
    broken: list[str] = field(default_factory=list)


class RemoteTrial:
    """One project and one server; ``work`` lets a process go on with the job."""

    def __init__(self, folder: Path, items: int, server: FaultyServer | str, timeout: float = 1.0) -> None:
        """Make the project with numbered texts and nothing to spend; ``server`` may be any address."""
        self.path = folder
        self.items = items
        self.account = RemoteAccount()
        self._server = server
        self._answered: Counter[str] = Counter()
        self._budget = 0
        store = ProjectStore.create(folder, folder.name, SCHEMA, LEAD.person)
        store.settings.put("blind_share", 0.0, LEAD)
        store.settings.put("remote_timeout", timeout, LEAD)
        store.take_in(items_only([f"this is message number {n}" for n in range(1, items + 1)]), LEAD, {})
        store.close()

    def allow(self, tokens: int) -> None:
        """Set the budget."""
        self.put("budget_tokens", tokens)
        self._budget = tokens

    def put(self, setting: str, value: int) -> None:
        """Set something."""
        store = ProjectStore(self.path)
        store.settings.put(setting, value, LEAD)
        store.close()

    def work(self, kill_after: float | None = None, model: str = "m") -> tuple[str, float]:
        """(state of the job, seconds it took) once it is over, ("killed", …) where the process was ended before."""
        address = self._server if isinstance(self._server, str) else self._server.address
        code, lines = watch(
            "eval.bench.remote.remote_child",
            *(str(self.path), "--model", model),
            seconds=LONGEST if kill_after is None else kill_after,
            surroundings={"OPENAI_BASE_URL": address, "OPENAI_API_KEY": "a key that could be billed"},
        )
        ended = [line.split() for line in lines if line.startswith("ended")]
        if code == -9 and not ended:
            self.account.kills += 1
            return "killed", 0.0
        if code not in (0, -9) or not ended:
            self.account.broken.append(f"the process ended by itself with code {code}")
            return "broken", 0.0
        self.account.pauses += ended[-1][1] == "paused"
        return ended[-1][1], float(ended[-1][2])

    def check(self) -> None:
        """Open the project and compare with what the server saw."""
        if isinstance(self._server, str):
            raise TypeError("only a server of ours can be compared with")
        self._server.settle()
        store = ProjectStore(self.path)
        try:
            self.account.compare(store, self._server.seen.asked, self._answered)
            self._check_spending(store, self._server.seen)
            self.account.broken += [f"{one.name}: {one.example}" for one in verify(store.database) if not one.holds]
        finally:
            store.close()

    def _check_spending(self, store: ProjectStore, seen: Seen) -> None:
        """Play every booking and every reply again in the order in which they were written."""
        # sql: read past the store, which is on trial
        rows = store.database.rows(_LEDGER)
        spent, booked = 0, defaultdict[str, list[int]](list)
        by_moment: dict[object, int] = {}
        for at, what, key, tokens in rows:
            if what == "reserved":
                booked[key].append(tokens)
            elif booked[key]:
                booked[key].pop()
            spent += tokens if what == "replied" else 0
            # What is committed together counts together.
            by_moment[at] = spent + sum(map(sum, booked.values()))
        account = self.account
        account.checked_spends = len(by_moment)
        account.overspent = sum(charged > self._budget for charged in by_moment.values())
        account.overspent += seen.charged > self._budget
        if max(by_moment.values(), default=0) < charged_tokens(store.database):
            account.broken.append("the budget counts more than was ever booked")

    def close(self) -> None:
        """Count every item: labelled as the server said, or unread with a reason."""
        store = ProjectStore(self.path)
        try:
            # sql: read past the store, which is on trial
            rows = store.database.rows("SELECT item_id, state, label, problem FROM proposals")
        finally:
            store.close()
        found = {int(item): (state, label, problem) for item, state, label, problem in rows}
        account = self.account
        account.missing = self.items - len(found) + len(rows) - len(found)
        for item, (state, label, problem) in found.items():
            account.labelled += state == "ok"
            account.unread += state == "unread"
            account.without_reason += state != "ok" and not problem
            hopeless = fault_of(item) in HOPELESS
            account.wrong += (state == "ok") == hopeless or (state == "ok" and label != label_of(item, LABELS))


# sql: read past the store, which is on trial
_LEDGER = """SELECT made_at, what, call_key, tokens FROM (
        SELECT made_at, what, call_key, tokens FROM call_events
        UNION ALL SELECT made_at, 'replied', call_key, prompt_tokens + answer_tokens FROM replies)
    ORDER BY made_at, what = 'reserved'"""
