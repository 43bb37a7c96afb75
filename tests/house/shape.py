"""Sizes and names. Each rule takes a tree and returns one sentence per violation, with what to do."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import CODE_ROOMS, ROOMS, Module, Tree

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
MOST_FILES = 25
SOURCE_SUFFIXES = (".py", ".js", ".css")
EMPTY_WORDS = {"data", "info", "manager", "helper", "helpers", "util", "utils", "misc"}
# `import_data` says what it does; `label_utils` does not: these words say nothing inside a longer name either.
EMPTY_ENDINGS = EMPTY_WORDS - {"data", "info"}


def functions_are_short(tree: Tree) -> list[str]:
    """No function is longer than one screen."""
    return [
        f"{_path(tree, module)}:{node.lineno}: {node.name} has {length} lines, at most {LONGEST_FUNCTION} are allowed. "
        f"Take a step out of it and name it."
        for module in tree.modules.values()
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for length in [(node.end_lineno or node.lineno) - node.lineno + 1]
        if length > LONGEST_FUNCTION
    ]


def files_are_short(tree: Tree) -> list[str]:
    """No source file is longer than can be read in one go; the page's JavaScript and CSS included."""
    paths = [module.path for module in tree.modules.values()]
    paths += [path for suffix in ("*.js", "*.css") for path in sorted((tree.root / "assistant").rglob(suffix))]
    return [
        f"{path.relative_to(tree.root)} has {length} lines, at most {LONGEST_FILE} are allowed. "
        f"Split it by what it does."
        for path in paths
        for length in [len(path.read_text(encoding="utf-8").splitlines())]
        if length > LONGEST_FILE
    ]


def folders_hold_few_files(tree: Tree) -> list[str]:
    """No folder holds more source files than can be looked over; a package's `__init__.py` does not count."""
    held: Counter[Path] = Counter()
    for room in ROOMS:
        for path in (tree.root / room).rglob("*"):
            held[path.parent] += path.suffix in SOURCE_SUFFIXES and path.name != "__init__.py"
    return [
        f"{folder.relative_to(tree.root)} holds {count} source files, at most {MOST_FILES} are allowed. "
        f"Put those that belong together into a folder of their own."
        for folder, count in sorted(held.items())
        if count > MOST_FILES
    ]


def packages_start_empty(tree: Tree) -> list[str]:
    """Every `__init__.py` holds a docstring and nothing else."""
    return [
        f"{_path(tree, module)} must hold a docstring and nothing else. "
        f"Move the code into a module and import it from there."
        for module in tree.modules.values()
        if module.is_package and not _is_docstring_only(module.syntax)
    ]


def _is_docstring_only(syntax: ast.Module) -> bool:
    return len(syntax.body) == 1 and ast.get_docstring(syntax) is not None


def names_say_something(tree: Tree) -> list[str]:
    """No file or folder is called data, info, manager, helper, utils or misc."""
    return [
        f"{path.relative_to(tree.root)}: {word!r} says nothing about what is inside. "
        f"Name it after what it does or holds."
        for path in _named_paths(tree.root)
        for word in _empty_words(path.name.partition(".")[0])
    ]


def _named_paths(root: Path) -> Iterator[Path]:
    for room in CODE_ROOMS:
        yield from (path for path in sorted((root / room).rglob("*")) if "__pycache__" not in path.parts)


def _empty_words(name: str) -> list[str]:
    if name in EMPTY_WORDS:
        return [name]
    return sorted(EMPTY_ENDINGS & set(name.split("_")))


def complexity_is_not_waved_through(tree: Tree) -> list[str]:
    """The complexity limit has no exceptions."""
    return [
        f"{_path(tree, module)}:{number}: do not silence the complexity rule. Split the function."
        for module in tree.code()
        for number, line in enumerate(module.text.splitlines(), start=1)
        if "noqa" in line and "C901" in line.partition("noqa")[2]
    ]


def _path(tree: Tree, module: Module) -> Path:
    return module.path.relative_to(tree.root)
