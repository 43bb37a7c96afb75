"""Small faults that a source file may be given, one at a time: what a tired person might type.

The operators are the usual ones of mutation testing (comparisons, bounds, and/or, returns, deleted calls, constants,
defaults, directions in SQL); see Jia and Harman, An Analysis and Survey of the Development of Mutation Testing, 2011.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
_ADDED: dict[type[ast.operator], tuple[str, str]] = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/")}
_SQL = ((" DESC", ""), (" AND ", " OR "), ("NOT EXISTS", "EXISTS"), ("<>", "="), (" < ", " <= "), ("min(", "max("))
_SCRIPT = (
    (r"===", "!=="),
    (r"!==", "==="),
    (r"&&", "||"),
    (r"\|\|", "&&"),
    (r" < ", " <= "),
    (r" > ", " >= "),
    (r" <= ", " < "),
    (r" >= ", " > "),
    (r" \+ 1\b", " + 2"),
    (r" - 1\b", ""),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<=return )[^;{}]+(?=;$)", "undefined"),
    (r"^\s+(?:this\.)?[\w.]+\([^;{}]*\);$", ""),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Characters ``start`` to ``end`` of a file become ``after``; ``line`` counts from 1."""

    kind: str
    line: int
    start: int
    end: int
    after: str

    def planted(self, text: str) -> str:
        """The text with the fault in it."""
        return text[: self.start] + self.after + text[self.end :]


def faults_in(name: str, text: str) -> list[Fault]:
    """Every fault that may be planted in a file of this name, in the order of their places."""
    found = _in_script(text) if name.endswith(".js") else _in_python(text)
    return sorted((one for one in found if one.planted(text) != text), key=lambda one: (one.start, one.end, one.after))


def _in_python(text: str) -> Iterator[Fault]:
    places = _Places(text)
    silent = _silent(ast.parse(text))
    for node in ast.walk(ast.parse(text)):
        key = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
        if key in silent:
            continue
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            yield from places.between(node.left, node.comparators[0], *_COMPARED[type(node.ops[0])], "comparison")
        elif isinstance(node, ast.BoolOp):
            words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            yield from places.between(node.values[0], node.values[1], *words, "and/or")
        elif isinstance(node, ast.BinOp) and type(node.op) in _ADDED:
            yield from places.between(node.left, node.right, *_ADDED[type(node.op)], "arithmetic")
        else:
            yield from _whole(node, places)


def _whole(node: ast.AST, places: _Places) -> Iterator[Fault]:
    """Faults that replace a whole node."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield places.whole(node, places.of(node.operand), "not")
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield places.whole(node, "return None", "return")
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield places.whole(node, "pass", "deleted call")
    elif isinstance(node, ast.Constant):
        yield from _constant(node, places)


def _constant(node: ast.Constant, places: _Places) -> Iterator[Fault]:
    if isinstance(node.value, bool):
        yield places.whole(node, str(not node.value), "constant")
    elif isinstance(node.value, (int, float)):
        yield places.whole(node, repr(node.value + 1), "constant")
    elif isinstance(node.value, str) and re.search(r"\b(SELECT|WHERE|ORDER BY)\b", node.value):
        source = places.of(node)
        for before, after in _SQL:
            for found in re.finditer(re.escape(before), source):
                yield places.part(node, found.start(), found.end(), after, "SQL")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _silent(tree: ast.Module) -> set[tuple[int, int]]:
    """Places without a meaning of their own: docstrings, and what only a type checker reads."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add((node.lineno, node.col_offset))
        hints = [getattr(node, name, None) for name in ("annotation", "returns")]
        for inner in (one for hint in hints if isinstance(hint, ast.expr) for one in ast.walk(hint)):
            found.add((getattr(inner, "lineno", 0), getattr(inner, "col_offset", 0)))
    return found


class _Places:
    """From the lines and UTF-8 columns of the parser to characters of the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = text.splitlines(keepends=True)

    def of(self, node: ast.expr) -> str:
        """The source of a node."""
        start, end = self._ends(node)
        return self._text[start:end]

    def whole(self, node: ast.expr | ast.stmt, after: str, kind: str) -> Fault:
        """The node replaced."""
        start, end = self._ends(node)
        return Fault(kind, node.lineno, start, end, after)

    def part(self, node: ast.expr, start: int, end: int, after: str, kind: str) -> Fault:
        """Some characters of the node replaced."""
        base, _ = self._ends(node)
        line = node.lineno + self._text.count("\n", base, base + start)
        return Fault(kind, line, base + start, base + end, after)

    def between(self, left: ast.expr, right: ast.expr, before: str, after: str, kind: str) -> Iterator[Fault]:
        """The operator between two nodes replaced, where it stands there alone."""
        start, end = self._ends(left)[1], self._ends(right)[0]
        gap = self._text[start:end]
        pattern = rf"\b{before}\b" if before[0].isalpha() else re.escape(before)
        found = list(re.finditer(pattern.replace(r"not\ in", r"not\s+in"), gap))
        if len(found) == 1 and "#" not in gap:
            line = left.lineno + self._text.count("\n", self._ends(left)[0], start + found[0].start())
            yield Fault(kind, line, start + found[0].start(), start + found[0].end(), after)

    def _ends(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        start = self._at(node.lineno, node.col_offset)
        return start, self._at(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def _at(self, line: int, column: int) -> int:
        before = self._lines[line - 1].encode()[:column].decode()
        return self._starts[line - 1] + len(before)


def _in_script(text: str) -> Iterator[Fault]:
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        code = line.rstrip("\n")
        if not code.lstrip().startswith(("//", "*", "/*", "import ", "export {")):
            for pattern, after in _SCRIPT:
                for found in re.finditer(pattern, code):
                    if not _is_quoted(code, found.start()):
                        yield Fault("script", number, start + found.start(), start + found.end(), after)
        start += len(line)


def _is_quoted(code: str, place: int) -> bool:
    """Whether a place lies in a string or after a comment's start; strings over several lines are not seen."""
    before = re.sub(r"\\.", "__", code[:place])
    return any(before.count(mark) % 2 for mark in "\"'`") or "//" in before
