"""The source tree as the house rules see it: files read and parsed, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOMS = ("tools", "assistant", "eval", "tests")
CODE_ROOMS = ("tools", "assistant", "eval")
_LATE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_IMPORTERS = ("__import__", "import_module", "importlib.import_module")


@dataclass(frozen=True)
class Import:
    """One imported module: its dotted name, the line, and whether it runs when the module is loaded."""

    target: str
    line: int
    is_early: bool


@dataclass(frozen=True)
class Module:
    """One Python file. `name` is dotted; a package's `__init__.py` has the name of the package."""

    path: Path
    name: str
    is_package: bool
    text: str

    @cached_property
    def syntax(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, filename=str(self.path))

    @property
    def room(self) -> str:
        """The top folder: tools, assistant, eval or tests."""
        return self.name.partition(".")[0]

    @property
    def inner(self) -> str:
        """The part below the room: `store` for `assistant.store.encoders`; empty for the room's own `__init__`."""
        return self.name.split(".")[1] if "." in self.name else ""

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Everything imported anywhere in the file, relative names made absolute."""
        return tuple(_find_imports(self))


@dataclass(frozen=True)
class Tree:
    """A checkout: its root folder and the modules in it, by dotted name."""

    root: Path
    modules: dict[str, Module]

    def resolve(self, target: str) -> str:
        """The module that `target` names: itself, or the nearest parent where it names something in a module."""
        while target not in self.modules and "." in target:
            target = target.rpartition(".")[0]
        return target

    def code(self) -> list[Module]:
        """The modules of the product, without the tests."""
        return [module for module in self.modules.values() if module.room in CODE_ROOMS]


def read_tree(root: Path) -> Tree:
    """Read every Python file in the rooms below `root`."""
    paths = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    modules = [_read_module(root, path) for path in paths]
    return Tree(root, {module.name: module for module in modules})


def _read_module(root: Path, path: Path) -> Module:
    parts = list(path.relative_to(root).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(path, name, is_package, path.read_text(encoding="utf-8"))


@cache
def checkout_tree() -> Tree:
    """This checkout, read and parsed once a process."""
    return read_tree(Path(__file__).resolve().parents[2])


def _find_imports(module: Module) -> Iterator[Import]:
    # Most files import by statements only, so that their expressions, nine nodes of ten, need not be looked at.
    deep = any(name in module.text for name in _IMPORTERS)
    for node, is_early in _walk(module.syntax, deep=deep):
        for target in _targets(node, module):
            yield Import(target, node.lineno, is_early)  # type: ignore[attr-defined]


def _walk(top: ast.AST, *, deep: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below `top`, expressions only if `deep`; what stands in a function or under `if TYPE_CHECKING` is not
    early."""
    left = [(top, True)]
    while left:
        node, is_early = left.pop()
        if node is not top:
            yield node, is_early
        late = isinstance(node, _LATE) or _is_type_checking(node)
        inner = is_early and not late
        below = (child for child in ast.iter_child_nodes(node) if deep or not isinstance(child, ast.expr))
        left.extend((child, inner) for child in reversed(list(below)))


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING") and not node.orelse


def _targets(node: ast.AST, module: Module) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = _absolute(node, module)
        return [f"{base}.{alias.name}" if alias.name != "*" else base for alias in node.names]
    if isinstance(node, ast.Call) and _called(node.func) in _IMPORTERS:
        return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return []


def _called(function: ast.expr) -> str:
    """The dotted name that is called; empty for anything else."""
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return ""


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])
