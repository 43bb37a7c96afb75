"""Rules about kinds of answers. Each rule takes a tree and returns one sentence per violation, with what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tests.house.tree import Module, Tree

HOMES = ("tools.kinds", "tools.exchange.formats")
"""Where kinds are named: in what they say about themselves, and in the formats of others, which have names for them."""

ORDINARY_WORDS = frozenset({"text"})
"""Names of kinds that mean other things as well; alone they are looked for only where a kind is compared with them."""

REASON = re.compile(r"# kinds: \w+")
"""Why a line only looks like a table by kind; it stands on that line."""

NOT_YET_FOLDED: frozenset[str] = frozenset()
"""Files with tables by kind that are left from before. A file that has none any more is taken off; none is added."""


def kinds_answer_for_themselves(tree: Tree) -> list[str]:
    """What differs from kind to kind is asked of `field.record`, so that a new kind needs one module."""
    names = _names_of_kinds(tree)
    found = {module.path.relative_to(tree.root).as_posix(): _tables(module, names) for module in _outside(tree)}
    violations = [
        f"{path}:{line}: {what}. Let the kind say it: a member of tools.kinds.contract.Kind, asked of field.record."
        for path, tables in found.items()
        if path not in NOT_YET_FOLDED
        for line, what in tables
    ]
    folded = [path for path in sorted(NOT_YET_FOLDED) if path in found and not found[path]]
    return violations + [f"{path}: it is folded; delete its line from NOT_YET_FOLDED." for path in folded]


def _names_of_kinds(tree: Tree) -> frozenset[str]:
    """What the classes in the room of kinds call themselves."""
    rooms = [module for module in tree.code() if _is_in(module, "tools.kinds")]
    classes = [node for module in rooms for node in ast.walk(module.syntax) if isinstance(node, ast.ClassDef)]
    return frozenset(
        line.value.value
        for one in classes
        for line in one.body
        if isinstance(line, ast.Assign)
        and [ast.unparse(target) for target in line.targets] == ["name"]
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, str)
    )


def _outside(tree: Tree) -> list[Module]:
    return [module for module in tree.code() if not any(_is_in(module, home) for home in HOMES)]


def _is_in(module: Module, room: str) -> bool:
    return module.name == room or module.name.startswith(f"{room}.")


def _tables(module: Module, names: frozenset[str]) -> list[tuple[int, str]]:
    """(line, what stands there) for each table by kind and each comparison with the name of one."""
    lines = module.text.splitlines()
    return [
        (node.lineno, what)
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.expr | ast.Match)
        and (what := _compared(node, names) or _listed(node, names) or _matched(node, names))
        and not REASON.search(lines[node.lineno - 1])
    ]


def _compared(node: ast.AST, names: frozenset[str]) -> str:
    if not isinstance(node, ast.Compare):
        return ""
    sides: list[ast.expr] = [node.left, *node.comparators] if _is_equality(node) else _looked_through(node)
    is_kind = any(ast.unparse(side).endswith("kind") for side in sides)
    named = _constants(sides) & (names if is_kind else names - ORDINARY_WORDS)
    return f"something is compared with {_told(named)}" if named else ""


def _is_equality(node: ast.Compare) -> bool:
    return all(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops)


def _looked_through(node: ast.Compare) -> list[ast.expr]:
    """What something is looked for in, where that is written out: `x in ("a", "b")`."""
    written = [one for one in node.comparators if isinstance(one, ast.Tuple | ast.List | ast.Set)]
    return [node.left, *(element for one in written for element in one.elts)] if written else []


def _listed(node: ast.AST, names: frozenset[str]) -> str:
    if isinstance(node, ast.Dict):
        named = _constants(key for key in node.keys if key is not None)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        named = _constants(node.elts)
    else:
        return ""
    named &= names - ORDINARY_WORDS
    return f"a table names {_told(named)}" if len(named) > 1 else ""


def _matched(node: ast.AST, names: frozenset[str]) -> str:
    if not isinstance(node, ast.Match):
        return ""
    patterns: Iterator[ast.AST] = (part for case in node.cases for part in ast.walk(case.pattern))
    named = _constants(patterns) & (names - ORDINARY_WORDS)
    return f"a match names {_told(named)}" if named else ""


def _constants(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _told(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))
