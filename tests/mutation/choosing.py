"""Which tests are to find a fault: those that ran its line, else those that import its module most directly."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from tests.house.tree import Tree

MOST_TESTS = 40
_FURTHEST = 2


def that_ran(coverage: Path, path: Path, line: int) -> list[str]:
    """The tests that ran a line, as ``coverage`` has noted them with the context of each test; at most a few."""
    with sqlite3.connect(f"file:{coverage}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT c.context, l.numbits FROM line_bits l JOIN file f ON f.id = l.file_id "
            "JOIN context c ON c.id = l.context_id WHERE f.path = ? AND c.context <> ''",
            [str(path)],
        ).fetchall()
    named = {context.partition("|")[0] for context, bits in rows if _has(bits, line)}
    return sorted(named)[:MOST_TESTS]


def _has(bits: bytes, line: int) -> bool:
    """Whether a line is among those that a row of the coverage file holds: one bit for each line."""
    at, bit = divmod(line, 8)
    return at < len(bits) and bool(bits[at] >> bit & 1)


def that_import(tree: Tree, module: str) -> list[str]:
    """Test files by how few imports lie between them and a module."""
    importers: dict[str, set[str]] = {}
    for one in tree.modules.values():
        for found in one.imports:
            importers.setdefault(tree.resolve(found.target), set()).add(one.name)
    seen, ring, chosen = {module}, {module}, list[str]()
    for _ in range(_FURTHEST):
        ring = {name for known in ring for name in importers.get(known, ())} - seen
        seen |= ring
        chosen += sorted(_test_files(tree, ring))
    return chosen[:MOST_TESTS]


def that_name(root: Path, script: str) -> list[str]:
    """Tests of the page that name a module of its JavaScript, and those that go through the whole card."""
    folder = root / "tests" / "ui"
    named = [path for path in sorted(folder.rglob("test_*.py")) if script in path.read_text(encoding="utf-8")]
    walks = [path for name in ("review_card", "picture_boxes", "drafts") for path in folder.rglob(f"test_{name}.py")]
    return [str(path.relative_to(root)) for path in dict.fromkeys((*named, *walks))]


def _test_files(tree: Tree, names: Iterable[str]) -> list[str]:
    found = (tree.modules[name] for name in names)
    return [str(one.path.relative_to(tree.root)) for one in found if one.path.name.startswith("test_")]
