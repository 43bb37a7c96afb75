"""Names of the classes of a YOLO folder, in the order of their numbers, which is never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.errors import FormatRefused
from tools.exchange.files.source import decoded

LISTS = ("classes.txt", "obj.names", "predefined_classes.txt", "labels.names")
_YAML = (".yaml", ".yml")


class _AsWritten(yaml.SafeLoader):
    """YAML in which every scalar is the text that stands there: a class may well be called ``no`` or ``1.0``."""


_AsWritten.yaml_implicit_resolvers = {}


@dataclass(frozen=True)
class Declared:
    """Class names by number, and what the labels are for where the file says it (``detect``, ``segment``, ``obb``).

    ``pose`` is the number of key points behind each box, and of numbers for each (2 or 3); ``None`` for no points.
    """

    by_number: Mapping[int, str] | None = None
    task: str = ""
    pose: tuple[int, int] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of their numbers."""
        return tuple(name for _, name in sorted((self.by_number or {}).items()))

    def name(self, number: int) -> str | None:
        """The name of a class; its number as text where the folder has no list."""
        return str(number) if self.by_number is None else self.by_number.get(number)


def declared_in(folder: Path, root: Path) -> Declared | None:
    """The names that a folder, or the folder above one of labels, declares; ``None`` for none."""
    found = [one for path in _candidates(folder, folder) if (one := _read(path)) is not None]
    if not found and root != folder:
        found = [one for path in _candidates(root, folder) if (one := _read(path)) is not None]
    if len({one.names for one in found}) > 1:
        raise FormatRefused(
            f"{folder.name} has several lists of class names that are not the same. Leave the right one."
        )
    return found[0] if found else None


def _candidates(place: Path, folder: Path) -> list[Path]:
    below = sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else []
    listed = [path for path in below if path.name.lower() in LISTS or path.suffix.lower() == ".names"]
    # Above a folder of labels only a file that is called like it, or like the usual one, is about it.
    mine = [
        path
        for path in below
        if path.suffix.lower() in _YAML
        and (place == folder or path.stem.lower() in ("data", "dataset") or path.name.startswith(f"{folder.name}."))
    ]
    return [*mine, *listed] if place == folder else [*mine, *(path for path in listed if path.name.lower() in LISTS)]


def _read(path: Path) -> Declared | None:
    text = decoded(path.read_bytes())
    if path.suffix.lower() not in _YAML:
        names = [line.strip() for line in text.splitlines()]
        while names and not names[-1]:
            names.pop()
        return Declared(dict(enumerate(names))) if names else None
    try:
        found = yaml.load(text, Loader=_AsWritten)  # noqa: S506  a safe loader that reads even less
    except (yaml.YAMLError, RecursionError):
        return None
    return _of_yaml(found) if isinstance(found, Mapping) else None


def _of_yaml(found: Mapping[str, Any]) -> Declared | None:
    names = found.get("names")
    if isinstance(names, list):
        names = dict(enumerate(names))
    # Anything but plain text may be a short file's way to a very long name.
    if isinstance(names, Mapping) and all(str(key).isdigit() and isinstance(one, str) for key, one in names.items()):
        by_number = {int(str(number)): name for number, name in names.items()}
    else:
        return None
    return Declared(by_number, str(found.get("task") or ""), _pose(found.get("kpt_shape"))) if by_number else None


def _pose(shape: Any) -> tuple[int, int] | None:
    is_shape = isinstance(shape, list) and len(shape) == 2 and all(str(one).isdigit() for one in shape)
    return (int(shape[0]), int(shape[1])) if is_shape and str(shape[1]) in ("2", "3") else None
