"""Rules about SQL. Each rule takes a tree and returns one sentence per violation, with what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import Module, Tree

STATEMENT = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|DROP|ALTER|COPY|FROM)\s")
REASON = re.compile(r"# sql: \w+")
# Upper case only: an English sentence may say "from" or "select".
PIECE = re.compile(
    r"\b(?:SELECT\s|INSERT INTO\b|DELETE FROM\b|UPDATE\s+\w+\s+SET\b|(?:CREATE|DROP|ALTER)\s+(?:OR REPLACE\s+)?"
    r"(?:TEMP\s+)?(?:TABLE|VIEW)\b|PRAGMA\s|FROM\s+[a-z_{(]|(?:JOIN|GROUP BY|ORDER BY)\s+\w)"
)
TYPE = re.compile(r"\b(?:Database|Transaction|DuckDBPyConnection)\b")
DATABASES = {"database", "transaction", "cursor", "connection"}
QUESTIONS = {
    *("rows", "described", "arrow", "joined", "numpy", "write", "together", "append", "staged", "insert", "changing"),
    *("execute", "executemany", "executescript", "sql", "query", "checkpoint"),
}
"""What asks or changes a database, by the names of the methods of the store's own and of the packages."""


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


def sql_stays_in_the_store(tree: Tree) -> list[str]:
    """Only assistant/store asks the database; a benchmark that measures it says so beside each statement."""
    return [
        f"{_path(tree, module)}:{node.lineno}: {found}. Give the question a name and a place in assistant/store/"
        + ("." if module.room != "eval" else "; where the database itself is measured, say so: `# sql: <reason>`.")
        for module in tree.code()
        if not module.name.startswith("assistant.store.")
        for explained in [_explained(module) if module.room == "eval" else set[int]()]
        for node, found in sorted(_sql_in(module), key=lambda one: one[0].lineno)
        if node.lineno not in explained
    ]


def _sql_in(module: Module) -> Iterator[tuple[ast.expr, str]]:
    # A benchmark may call another database so; what it asks of it is told by the text.
    named = _names_of_databases(module.syntax) if module.room != "eval" else set[str]()
    unread = _documentation(module.syntax)
    for node in ast.walk(module.syntax):
        if _asks(node, named):
            yield node, f"{ast.unparse(node)} asks the database"  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and id(node) not in unread and PIECE.search(str(node.value)):
            yield node, f"{' '.join(str(node.value).split())[:40]!r} is SQL"


def _asks(node: ast.AST, named: set[str]) -> bool:
    """Whether a method that asks is taken from a database, called or not."""
    if isinstance(node, ast.Attribute):
        return node.attr in QUESTIONS and _is_database(node.value, named)
    is_lookup = isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr"
    return is_lookup and _is_database(node.args[0], named)  # type: ignore[attr-defined]


def _is_database(node: ast.expr, named: set[str]) -> bool:
    return _last_name(node) in (DATABASES if isinstance(node, ast.Attribute) else named)


def _last_name(node: ast.expr) -> str:
    """``database`` of ``self._store.database`` and of ``_database``."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.lstrip("_")


def _names_of_databases(syntax: ast.Module) -> set[str]:
    """What a module may call a database: by an assignment, or by the type of a parameter."""
    names = set(DATABASES)
    for node in ast.walk(syntax):
        if isinstance(node, ast.Assign) and _last_name(node.value) in DATABASES:
            names |= {_last_name(target) for target in node.targets}
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value and _last_name(node.value) in DATABASES:
            names.add(_last_name(node.target))
        elif isinstance(node, ast.arg) and node.annotation and TYPE.search(ast.unparse(node.annotation)):
            names.add(node.arg.lstrip("_"))
    return names - {""}


def _documentation(syntax: ast.Module) -> set[int]:
    """The strings that are statements of their own: docstrings, of attributes too."""
    return {id(node.value) for node in ast.walk(syntax) if isinstance(node, ast.Expr)}


def _explained(module: Module) -> set[int]:
    """The lines of each statement on which, or on the line above which, a reason stands."""
    lines = module.text.splitlines()
    reasons = {number for number, line in enumerate(lines, 1) if REASON.search(line)}
    found = set[int]()
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            if reasons.intersection((node.lineno - 1, *own)):
                found.update(own)
    return found


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
