"""Who may import whom. Each rule takes a tree and returns one sentence per violation, with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from tests.house.rooms import ABILITIES, HOMES, INNER_FLOORS, LATE_PACKAGES, ROOM_FLOORS
from tests.house.tree import CODE_ROOMS, Import, Module, Tree


def rooms_import_downwards(tree: Tree) -> list[str]:
    """From the top: tests > eval > assistant > tools."""
    return [
        f"{_place(tree, module, found)}: {module.room}/ may not import {found.target}. Move the shared part down into "
        f"{_lowest(module.room, found.target)}/, or pass it in as an argument."
        for module, found in _own_imports(tree)
        if found.target.partition(".")[0] not in ROOM_FLOORS[module.room]
    ]


def _lowest(*rooms: str) -> str:
    return min((room.partition(".")[0] for room in rooms), key=lambda room: len(ROOM_FLOORS[room]))


def every_part_has_a_floor(tree: Tree) -> list[str]:
    """A new part of assistant/ or tools/ says where it stands before anything can depend on it."""
    unknown = {
        (house, part)
        for module in tree.code()
        for house, floors in INNER_FLOORS.items()
        if (part := _part_of(module.name, house)) and part not in floors
    }
    return [
        f"{house.replace('.', '/')}/{part} has no floor. Put it inside an existing part, or give it a floor in "
        f"tests/house/rooms.py."
        for house, part in sorted(unknown)
    ]


def parts_import_downwards(tree: Tree) -> list[str]:
    """Inside assistant/, tools/ and the houses within them, nothing imports a higher floor."""
    return [
        f"{_place(tree, module, found)}: {house}.{_part_of(module.name, house)} (floor {own}) may not import "
        f"{found.target} (floor {other}). Turn the dependency round: pass the value or a Protocol in."
        for module, found in _own_imports(tree)
        for house, own, other in _inner_floors(module, found)
        if other > own
    ]


def abilities_stand_alone(tree: Tree) -> list[str]:
    """The ability folders of tools/ do not know each other."""
    return [
        f"{_place(tree, module, found)}: ability {module.inner!r} may not import {found.target}. Move what both need "
        f"to a lower part of tools/ (geometry, records, backends)."
        for module, found in _own_imports(tree)
        if module.room == "tools" and module.inner in ABILITIES
        for other in [_inner_of(found.target)]
        if found.target.startswith("tools.") and other in ABILITIES and other != module.inner
    ]


def imports_have_no_cycles(tree: Tree) -> list[str]:
    """No module imports itself round a corner, late imports and type-only imports included."""
    edges: dict[str, set[str]] = {name: set() for name in tree.modules}
    for module, found in _own_imports(tree):
        target = tree.resolve(found.target)
        # A package's __init__ holds a docstring only, so importing from it is no dependency.
        if target in edges and not tree.modules[target].is_package:
            edges[module.name].add(target)
    return [
        f"Import cycle: {' -> '.join([*cycle, cycle[0]])}. Move what they share into a module below them."
        for cycle in _cycles(edges)
    ]


def _cycles(edges: dict[str, set[str]]) -> list[list[str]]:
    """One shortest cycle through each module that is on one, each set of modules once."""
    found: dict[frozenset[str], list[str]] = {}
    for start in sorted(edges):
        cycle = _way_back(edges, start)
        if cycle:
            found.setdefault(frozenset(cycle), cycle)
    return list(found.values())


def _way_back(edges: dict[str, set[str]], start: str) -> list[str] | None:
    paths, seen = [[start]], set[str]()
    for path in paths:
        for target in sorted(edges[path[-1]]):
            if target == start:
                return path
            if target not in seen:
                seen.add(target)
                paths.append([*path, target])
    return None


def _own_imports(tree: Tree) -> Iterator[tuple[Module, Import]]:
    """Imports of our own rooms only."""
    for module in tree.modules.values():
        for found in module.imports:
            if found.target.partition(".")[0] in ROOM_FLOORS:
                yield module, found


def _inner_floors(module: Module, found: Import) -> Iterator[tuple[str, int, int]]:
    """Each house that both ends of an import stand in, with the floors of its parts."""
    for house, floors in INNER_FLOORS.items():
        own, other = (floors.get(_part_of(name, house)) for name in (module.name, found.target))
        if own is not None and other is not None:
            yield house, own, other


def _part_of(name: str, house: str) -> str:
    """The part of a house that a module stands in: ``remote`` for ``tools.backends.remote.pace``."""
    return name.removeprefix(f"{house}.").partition(".")[0] if name.startswith(f"{house}.") else ""


def _inner_of(target: str) -> str:
    return target.split(".")[1] if "." in target else ""


def _place(tree: Tree, module: Module, found: Import) -> str:
    return f"{module.path.relative_to(tree.root)}:{found.line}"


def packages_stay_at_home(tree: Tree) -> list[str]:
    """DuckDB, gradio and langchain have one home each; the torch family lives in the back-ends."""
    homes = HOMES | dict.fromkeys(LATE_PACKAGES, ("tools.backends",))
    return [
        f"{_place(tree, module, found)}: only {' or '.join(homes[package])} may import {package}. "
        f"Call what stands there, or move this code there."
        for module, found, package in _guests(tree, set(homes))
        if not any(module.name == home or module.name.startswith(home + ".") for home in homes[package])
    ]


def slow_packages_are_imported_late(tree: Tree) -> list[str]:
    """Nothing loads torch and its family before it is used."""
    return [
        f"{_place(tree, module, found)}: import {package} inside the function that uses it; it is optional and takes "
        f"seconds to load."
        for module, found, package in _guests(tree, LATE_PACKAGES)
        if found.is_early
    ]


def _guests(tree: Tree, packages: set[str]) -> Iterator[tuple[Module, Import, str]]:
    for module in tree.modules.values():
        for found in module.imports if module.room in CODE_ROOMS else ():
            package = found.target.partition(".")[0]
            if package in packages or package.startswith("langchain"):
                yield module, found, package if package in packages else "langchain"
