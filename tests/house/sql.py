"""Rules about SQL. Each rule takes a tree and returns one sentence per violation, with what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import Module, Tree

STATEMENT = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|DROP|ALTER|COPY|FROM)\s")
REASON = re.compile(r"# sql: \w+")


def rows_are_written_in_bulk(tree: Tree) -> list[str]:
    """DuckDB's executemany is thousands of times slower than a registered table."""
    return [
        f"{_path(tree, module)}:{node.lineno}: no executemany. "
        f"Register a DataFrame or an Arrow table and insert from it in one statement."
        for module in tree.code()
        if module.room != "eval"  # there it is what sqlite3 is measured with
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.Attribute) and node.attr == "executemany"
    ]


def statements_are_made_of_constants(tree: Tree) -> list[str]:
    """Only constants are written into a statement; another name says beside it why no user's text can be in it."""
    return [
        f"{_path(tree, module)}:{node.lineno}: {{{found}}} is written into SQL. Pass values as parameters; for a "
        f"name of ours that is no CONSTANT, say where it comes from: `# sql: <reason>` on the line of the statement."
        for module in tree.code()
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.JoinedStr) and _is_statement(node) and not _is_explained(module, node)
        for found in _variable_parts(node)
    ]


def _is_statement(node: ast.JoinedStr) -> bool:
    # Upper case only: an English sentence may start with "From".
    first = node.values[0] if node.values else None
    return isinstance(first, ast.Constant) and STATEMENT.match(str(first.value)) is not None


def _is_explained(module: Module, node: ast.JoinedStr) -> bool:
    lines = module.text.splitlines()[node.lineno - 1 : node.end_lineno]
    return any(REASON.search(line) for line in lines)


def _variable_parts(node: ast.JoinedStr) -> Iterator[str]:
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            text = ast.unparse(part.value)
            if not text.rpartition(".")[2].isupper() and not _is_call_of_constants(part.value):
                yield text


def _is_call_of_constants(node: ast.expr) -> bool:
    """A function of literals can only give what this code wrote itself."""
    return isinstance(node, ast.Call) and all(isinstance(one, ast.Constant) for one in node.args) and not node.keywords


def _path(tree: Tree, module: Module) -> Path:
    return module.path.relative_to(tree.root)
