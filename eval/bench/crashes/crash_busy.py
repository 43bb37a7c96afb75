"""Kill a process that does everything at once, open its project again, and look for all that was acknowledged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assistant.store.checks.verify import verify
from assistant.store.file.copying import whole_head
from assistant.store.file.trouble import BACKUPS, kept_backups
from assistant.store.project import DATABASE, ProjectStore
from eval.bench.batches import items_only
from eval.bench.crashes.crash_work import SCHEMA
from eval.bench.processes import watch
from tools.records import Actor

_LEA = Actor("lea", "lead", "cli", "s")
KINDS = ("decided", "undone", "said", "imported", "accepted", "schema", "backup")


@dataclass
class BusyAccount:
    """What was promised by kind, and what was not there or not whole afterwards."""

    kills: int = 0
    promised: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    twice: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, other: BusyAccount) -> None:
        """Sum up."""
        self.kills, self.twice = self.kills + other.kills, self.twice + other.twice
        self.promised += other.promised
        self.lost, self.broken = self.lost + other.lost, self.broken + other.broken


class BusyTrial:
    """One project that a busy process is killed in, again and again."""

    def __init__(self, folder: Path) -> None:
        """Make the project with a few items."""
        self.path, self.account = folder, BusyAccount()
        self._lines: set[tuple[str, ...]] = set()
        store = ProjectStore.create(folder, folder.name, SCHEMA, "lea")
        store.take_in(items_only([f"message {number}" for number in range(40)]), _LEA, {})
        store.close()

    def work(self, seconds: float, seed: int, *options: str) -> None:
        """Let it work so long after it is ready, or until it ends itself at a point, and kill it."""
        given = (str(self.path), "--seed", str(seed), *options)
        code, lines = watch("eval.bench.crashes.crash_busy_child", *given, seconds=seconds)
        for line in lines:
            words = tuple(line.split())
            # The last line may be cut off in the middle.
            if line.endswith("\n") and words and words[0] in KINDS:
                self._lines.add(words)
                self.account.promised[words[0]] += 1
        self.account.kills += code == -9
        if code != -9:
            self.account.broken.append(f"the process ended by itself with code {code}")

    def check(self) -> None:
        """Open the project and compare."""
        store = ProjectStore(self.path)
        try:
            found = _there(store)
            missing = [" ".join(line) for line in self._lines if line[0] != "backup" and not found(line)]
            self.account.lost = missing
            # sql: read past the store, which is on trial
            clicks = store.database.rows("SELECT idempotency_key FROM reviews WHERE idempotency_key <> ''")
            self.account.twice = len(clicks) - len(set(clicks))
            self.account.broken += [f"{one.name}: {one.example}" for one in verify(store.database) if not one.holds]
        finally:
            store.close()
        for kept in kept_backups(self.path):
            try:
                whole_head(kept / DATABASE)
            except ValueError as error:
                self.account.broken.append(f"{BACKUPS}/{kept.name}: {error}")


# sql: read past the store, which is on trial
_KEPT = {
    "decided": "SELECT review_id, label FROM reviews",
    "undone": "SELECT target_id FROM undone WHERE target = 'review'",
    "said": "SELECT text FROM messages",
    "imported": "SELECT import_id, count(*) FROM items GROUP BY 1",
    "accepted": "SELECT action_id FROM action_decisions WHERE decision = 'confirmed'",
    "schema": "SELECT version FROM schema_versions",
}


def _there(store: ProjectStore) -> Callable[[tuple[str, ...]], bool]:
    """Whether what a line promises is in the project."""
    # sql: read past the store, which is on trial
    found = {what: {tuple(map(str, row)) for row in store.database.rows(sql)} for what, sql in _KEPT.items()}
    look: dict[str, Callable[[tuple[str, ...]], bool]] = {
        "decided": lambda line: line[1:3] in found["decided"],
        "undone": lambda line: line[1:2] in found["undone"],
        "said": lambda line: (f"how far are we? {line[1]} {line[2]}",) in found["said"],
        "imported": lambda line: line[1:3] in found["imported"],
        "accepted": lambda line: line[1:2] in found["accepted"],
        "schema": lambda line: line[1:2] in found["schema"],
    }
    return lambda line: look[line[0]](line)
