"""Image files of an export: which split each falls into, what it is called there, and the copy of it."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.exchange.export import ChosenItem
from tools.exchange.options import IMPORTED, ExportOptions, read_splits
from tools.exchange.pictures.image_files import clean_parts
from tools.exchange.writer import Plan
from tools.images.probe import MIME_SUFFIX, SUFFIXES
from tools.records import Item

GONE = "its image file is not where it was"
NO_IMAGE = "the item has no image"
STAY = "The image files stay where they are; the export only names them."
_FORBIDDEN = '<>:"|?*'
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the image of an item stands: its split, empty for none, and its name below the folder of the split."""

    split: str
    name: str

    @property
    def stem(self) -> str:
        """The name without its extension, folders kept."""
        return str(PurePosixPath(self.name).with_suffix(""))


class ImageShelf:
    """Gives every image a place of its own and copies it there.

    ``folder`` is where the images go in the export. With ``by_stem`` no two names differ in their extension only, for
    formats that put a file of labels beside each image. Without ``has_splits`` all images share one folder.
    """

    def __init__(self, plan: Plan, folder: str = "images", by_stem: bool = False, has_splits: bool = True) -> None:
        self._plan, self.folder, self._by_stem, self._has_splits = plan, folder, by_stem, has_splits
        self._taken: set[tuple[str, str]] = set()

    def place(self, chosen: ChosenItem) -> Placed | str:
        """Where the image of the item is in the export now, or the reason why the item cannot be written."""
        item = chosen.item
        if item.media is None:
            return NO_IMAGE
        source = self._plan.media_path(item)
        is_copied = self._plan.options.images == "copy"
        if source is None and is_copied:
            return GONE
        placed = self._free(item, split_for(item, self._plan.options))
        if is_copied and source is not None:
            copy = self.path(placed)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        return placed

    def path(self, placed: Placed) -> Path:
        """The path of the copy."""
        return self._plan.path / self.folder / (placed.split if self._has_splits else "") / placed.name

    def _free(self, item: Item, split: str) -> Placed:
        name = file_name(item)
        if self._spoken(split, name) in self._taken:
            path = PurePosixPath(name)
            name = str(path.with_name(f"{path.stem}-{hashlib.sha256(item.key.encode()).hexdigest()[:10]}{path.suffix}"))
        self._taken.add(self._spoken(split, name))
        return Placed(split, name)

    def _spoken(self, split: str, name: str) -> tuple[str, str]:
        """Names as file systems tell them apart that do not mind the case."""
        plain = str(PurePosixPath(name).with_suffix("")) if self._by_stem else name
        return split if self._has_splits else "", plain.casefold()


def split_for(item: Item, options: ExportOptions) -> str:
    """The split of an item: drawn by a hash of its key, so that it stays the same whatever else is exported."""
    if options.splits.strip() == IMPORTED:
        return "".join(one for one in str(item.meta.get("split") or "") if one.isalnum() or one in "_-")
    splits = read_splits(options.splits)
    digest = hashlib.sha256(f"{options.split_seed}\0{item.key}".encode()).digest()
    drawn, reach = int.from_bytes(digest[:8]) / 2**64, 0.0
    for name, share in splits:
        reach += share
        if drawn < reach:
            return name
    return splits[-1][0] if splits else ""


def file_name(item: Item) -> str:
    """A name for the image that every file system takes, as near to its display name as can be."""
    parts = [_plain(part) for part in clean_parts(item.text)] or [_plain(item.key) or "image"]
    suffix = PurePosixPath(parts[-1]).suffix.lower()
    if suffix not in SUFFIXES and item.media is not None:
        parts[-1] += MIME_SUFFIX.get(item.media.mime, "")
    return "/".join(parts)


def _plain(part: str) -> str:
    shown = "".join("_" if one in _FORBIDDEN or ord(one) < 32 or ord(one) == 127 else one for one in part)
    path = PurePosixPath(shown.replace("/", "_").replace("\\", "_").strip(" .") or "_")
    return path.stem[: _LONGEST - len(path.suffix)] + path.suffix if len(shown) > _LONGEST else str(path)
