"""The faults that are planted: small, one at a time, in code and nowhere else."""

from __future__ import annotations

import ast
import sqlite3
from pathlib import Path

import pytest

from tests.house.tree import read_tree
from tests.mutation.choosing import that_import, that_ran
from tests.mutation.faults import faults_in


def planted(text: str, name: str = "a.py") -> set[str]:
    return {one.planted(text) for one in faults_in(name, text)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = a < b\n", {"x = a <= b\n"}),
        ("x = a not in b\n", {"x = a in b\n"}),
        ("x = a and b and c\n", {"x = a or b and c\n"}),
        ("x = not a\n", {"x = a\n"}),
        ("f(a)\n", {"pass\n"}),
        ("def f(a=True):\n    return a\n", {"def f(a=False):\n    return a\n", "def f(a=True):\n    return None\n"}),
        ("é = '日本'; x = a + 2\n", {"é = '日本'; x = a - 2\n", "é = '日本'; x = a + 3\n"}),
        (
            'x = "SELECT a FROM b ORDER BY a DESC"\n',
            {'x = "SELECT a FROM b ORDER BY a"\n'},
        ),
    ],
)
def test_each_kind_of_fault_is_planted_where_it_belongs(before: str, after: set[str]) -> None:
    assert planted(before) == after


@pytest.mark.parametrize(
    "text", ['"""a < b and 1"""\n', "# x = 1 < 2\n", "x: Literal[1] = y\n", "def f(x: int | None) -> Literal[1]: ...\n"]
)
def test_comments_docstrings_and_types_get_no_fault(text: str) -> None:
    assert planted(text) == set()


def test_every_fault_of_a_real_file_can_still_be_parsed() -> None:
    path = Path(__file__).with_name("faults.py")
    text = path.read_text(encoding="utf-8")
    found = faults_in(path.name, text)
    assert len(found) > 50
    for one in found:
        ast.parse(one.planted(text))


def test_faults_of_a_script_leave_strings_and_comments_alone() -> None:
    assert planted("  if (a === b) show('x === y'); // a && b\n", "a.js") == {
        "  if (a !== b) show('x === y'); // a && b\n",
    }
    assert planted("  this.paint();\n", "a.js") == {"\n"}
    assert planted("    return a.b;\n", "a.js") == {"    return undefined;\n"}


def test_tests_are_chosen_by_how_directly_they_import(tmp_path: Path) -> None:
    for name, text in {
        "tools/low.py": "",
        "tools/high.py": "from tools.low import x\n",
        "tests/test_high.py": "import tools.high\n",
        "tests/test_low.py": "from tools import low\n",
        "tests/test_other.py": "import json\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert that_import(read_tree(tmp_path), "tools.low") == ["tests/test_low.py", "tests/test_high.py"]


def test_tests_are_chosen_by_the_line_they_ran(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "c") as connection:
        connection.executescript(
            "CREATE TABLE file (id INTEGER, path TEXT); CREATE TABLE context (id INTEGER, context TEXT);"
            "CREATE TABLE line_bits (file_id INTEGER, context_id INTEGER, numbits BLOB);"
            "INSERT INTO file VALUES (1, '/a.py'), (2, '/b.py');"
            "INSERT INTO context VALUES (1, 'tests/t.py::one|run'), (2, 'tests/t.py::two|setup'), (3, '');"
        )
        bits = [(1, 1, bytes([0b1000, 0b10])), (1, 2, bytes([0b100])), (1, 3, bytes([0xFF])), (2, 2, bytes([0xFF]))]
        connection.executemany("INSERT INTO line_bits VALUES (?, ?, ?)", bits)
    assert that_ran(tmp_path / "c", Path("/a.py"), 3) == ["tests/t.py::one"]
    assert that_ran(tmp_path / "c", Path("/a.py"), 9) == ["tests/t.py::one"]
    assert that_ran(tmp_path / "c", Path("/a.py"), 2) == ["tests/t.py::two"]
    assert that_ran(tmp_path / "c", Path("/a.py"), 70) == []
