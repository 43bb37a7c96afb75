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


def _there(store: ProjectStore) -> Callable[[tuple[str, ...]], bool]:
    """Whether what a line promises is in the project."""
    rows = store.database.rows
    decided = {(str(row[0]), str(row[1])) for row in rows("SELECT review_id, label FROM reviews")}
    undone = {str(row[0]) for row in rows("SELECT target_id FROM undone WHERE target = 'review'")}
    said = {str(row[0]) for row in rows("SELECT text FROM messages")}
    imported = {(str(row[0]), str(row[1])) for row in rows("SELECT import_id, count(*) FROM items GROUP BY 1")}
    accepted = {str(row[0]) for row in rows("SELECT action_id FROM action_decisions WHERE decision = 'confirmed'")}
    versions = {str(row[0]) for row in rows("SELECT version FROM schema_versions")}
    look: dict[str, Callable[[tuple[str, ...]], bool]] = {
        "decided": lambda line: (line[1], line[2]) in decided,
        "undone": lambda line: line[1] in undone,
        "said": lambda line: f"how far are we? {line[1]} {line[2]}" in said,
        "imported": lambda line: (line[1], line[2]) in imported,
        "accepted": lambda line: line[1] in accepted,
        "schema": lambda line: line[1] in versions,
    }
    return lambda line: look[line[0]](line)
