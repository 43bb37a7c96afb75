"""A rule about kinds of items. It takes a tree and returns one sentence per violation, with what to do."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.tree import Module, Tree

HOME = "tools.modalities"
_ASKED = ("item", "item_kind", "kind_of_item")
"""How the code calls what an item is."""


def items_answer_for_themselves(tree: Tree) -> list[str]:
    """What differs from kind to kind of item is asked of `schema.modality`, so that a new one needs one module."""
    names = _names_of_items(tree)
    return [
        f"{module.path.relative_to(tree.root).as_posix()}:{line}: what an item is, is compared with {told}. Ask the "
        f"record: a member of tools.modalities.contract.Modality, by schema.modality."
        for module in tree.code()
        if not (module.name == HOME or module.name.startswith(f"{HOME}."))
        for line, told in _compared(module, names)
    ]


def _names_of_items(tree: Tree) -> frozenset[str]:
    """What the records in the room of modalities call themselves."""
    rooms = [module for module in tree.code() if module.name.startswith(f"{HOME}.")]
    calls = [node for module in rooms for node in ast.walk(module.syntax) if isinstance(node, ast.Call)]
    return frozenset(
        word.value.value
        for call in calls
        for word in call.keywords
        if word.arg == "name" and isinstance(word.value, ast.Constant) and isinstance(word.value.value, str)
    )


def _compared(module: Module, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.syntax):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        constants = {part.value for side in sides for part in ast.walk(side) if isinstance(part, ast.Constant)}
        found = sorted(names & {one for one in constants if isinstance(one, str)})
        if found and any(_is_asked(side) for side in sides):
            yield node.lineno, " and ".join(found)


def _is_asked(side: ast.expr) -> bool:
    """Whether an expression is what an item is: ``schema.item``, ``options.item_kind``, ``item.kind``."""
    told = ast.unparse(side)
    return told.rsplit(".", 1)[-1] in _ASKED or told.endswith("item.kind")
