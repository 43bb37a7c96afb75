"""Finding the image files that an annotation file names, and never a file outside the import folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from tools.exchange.files.places import is_file, is_folder, lies_in
from tools.exchange.rows import ImageFile
from tools.images.probe import SUFFIXES

# Folders in which programs keep their labels; the pictures stand beside such a folder, not in it.
LABEL_FOLDERS = frozenset(("annotations", "labels", "annotation", "label", "xml", "json", "labelme"))
IMAGE_FOLDERS = ("images", "jpegimages", "imgs", "img", "image", "data", "frames", "obj_train_data", "obj_valid_data")
SPLIT = re.compile(r"(train|val|valid|validation|test|dev|minival|trainval)[-_]?\w*\Z", re.IGNORECASE)
"""Names of folders and lists that say which split an image belongs to."""


class ImageFinder:
    """Image files under one folder, by the names that an annotation file uses for them.

    ``beside`` is the annotation file, or the folder that is imported. A name is looked for beside the file, in the
    folders ``near`` it, in folders with the usual names, and last by its base name anywhere in the import folder if
    only one file has it. Names with ``..`` and links that lead out of the import folder find nothing; of an absolute
    path the last parts count. ``suffixes`` are how names of such files end, those of images as a
    rule.
    """

    def __init__(self, beside: Path, near: Sequence[Path] = (), suffixes: Sequence[str] = SUFFIXES) -> None:
        self._suffixes = frozenset(suffixes)
        here = beside if beside.is_dir() else beside.parent
        # A folder that is imported may be called "annotations" and hold the images all the same.
        is_whole = here == beside and any(path.suffix.lower() in suffixes for path in visible_files(here))
        self.root = here.parent if is_label_folder(here.name) and not is_whole else here
        self._root = self.root.resolve()
        self._places = list(dict.fromkeys([here, *near, self.root, *_usual_folders(self.root)]))

    def image(self, name: str, width: int = 0, height: int = 0, folders: Sequence[str] = ()) -> ImageFile:
        """The record of an image that a file names; ``folders`` are names to be tried first, such as a split's."""
        return ImageFile(self.find(name, folders), name, width, height)

    def find(self, name: str, folders: Sequence[str] = ()) -> Path | None:
        """The file of this name, or ``None``."""
        parts = clean_parts(name)
        if not parts:
            return None
        for start in range(len(parts)):
            wanted = PurePosixPath(*parts[start:])
            for place in self._tried(folders):
                found = self.inside(place / wanted)
                if found is not None:
                    return found
        return _only(self._by_name.get(parts[-1].casefold(), ()))

    def find_stem(self, name: str, folders: Sequence[str] = ()) -> Path | None:
        """The image whose name without its extension is ``name``, which may hold folders."""
        parts = clean_parts(name)
        if not parts:
            return None
        for start in range(len(parts)):
            for place in self._tried(folders):
                folder = place.joinpath(*parts[start:-1])
                named = [path for path in self._by_stem.get(parts[-1].casefold(), ()) if path.parent == folder]
                if named:
                    return named[0]
        return _only(self._by_stem.get(parts[-1].casefold(), ()))

    def inside(self, path: Path) -> Path | None:
        """The path if it is an image file of the import folder, links followed."""
        if path.suffix.lower() not in self._suffixes or not is_file(path):
            return None
        return path if lies_in(path, self._root) else None

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Every image file of the import folder, in the order of their names; hidden ones are left out."""
        found = (self.inside(path) for path in visible_files(self.root))
        return tuple(path for path in found if path is not None)

    def _tried(self, folders: Sequence[str]) -> Iterator[Path]:
        for place in self._places:
            for folder in folders:
                yield place.joinpath(*clean_parts(folder))
        yield from self._places

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        return _grouped((path.name, path) for path in self.files)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        return _grouped((path.stem, path) for path in self.files)


def is_label_folder(name: str) -> bool:
    """Whether a folder of this name holds labels rather than pictures: ``labels``, ``annotations_v2``."""
    return re.split(r"[^a-z]", name.lower())[0] in LABEL_FOLDERS


def clean_parts(name: str) -> tuple[str, ...]:
    """The parts of a file name as people's programs write it, on any system; empty where it points upwards."""
    plain = name.replace("\\", "/").split("?")[0] if "://" in name else name.replace("\\", "/")
    parts = tuple(part for part in plain.split("/") if part not in ("", ".") and not part.endswith(":"))
    return () if ".." in parts or "\0" in name else parts


def is_image_name(name: str) -> bool:
    """Whether a file of this name would be taken for an image."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower() in SUFFIXES


def visible_files(root: Path) -> Iterator[Path]:
    """The files under a folder in the order of their names, without hidden ones and links that lead out of it."""
    whole = root.resolve()
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and (not path.is_symlink() or lies_in(path, whole)):
                yield path


def split_and_name(path: Path, root: Path) -> tuple[str, str]:
    """The split that the folders of an image name, empty for none, and its path without folders that say nothing."""
    parts = [part for part in path.relative_to(root).parts[:-1] if part.casefold() not in IMAGE_FOLDERS]
    split = parts.pop(0) if parts and SPLIT.match(parts[0]) else ""
    return split, "/".join([*parts, path.name])


def distinct_names(named: Sequence[tuple[str, str]]) -> list[str]:
    """One name for each pair (split, name): the split is put before a name that several splits have."""
    homes: dict[str, set[str]] = {}
    for split, name in named:
        homes.setdefault(name, set()).add(split)
    return [f"{split}/{name}" if split and len(homes[name]) > 1 else name for split, name in named]


def _usual_folders(root: Path) -> list[Path]:
    try:
        below = sorted(path for path in root.iterdir() if is_folder(path) and not path.is_symlink())
    except OSError:
        return []
    return [path for path in below if path.name.lower() in IMAGE_FOLDERS]


def _grouped(named: Iterable[tuple[str, Path]]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for name, path in named:
        found.setdefault(name.casefold(), []).append(path)
    return found


def _only(paths: Sequence[Path]) -> Path | None:
    return paths[0] if len(paths) == 1 else None
