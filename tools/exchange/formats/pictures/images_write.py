"""Plain images: every image in a folder that is called like its label, as programs that learn to classify want them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tools.exchange.export import ChosenItem
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_export import ImageShelf
from tools.exchange.writer import Names, Plan
from tools.schema import FieldSpec
from tools.values import value_labels

NO_PLACE = "the name of a folder says one label and no more"
UNANSWERED = "no label, and so no folder"
ONLY_MACHINE = "only a model proposed its label, and a folder cannot say so"
MOST_LABELS = "the item has several labels, and a folder has one name"
NOT_COPIED = "images are not copied, and this format is nothing else (images=copy)"
_FORBIDDEN = '<>:"/\\|?*'


def held(fields: Sequence[FieldSpec]) -> FieldSpec | None:
    """The field whose labels are the folders."""
    return next((spec for spec in fields if spec.record.is_labels), None)


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What a folder of images has no place for."""
    kept = held(fields)
    said = [f"Field {spec.id!r} ({spec.kind}) has no place in a folder of images." for spec in fields if spec != kept]
    if kept is None:
        said.append("No field gives one label an image: all images stand in one folder.")
    elif kept.kind == "multi_choice":
        said.append("Items with several labels are left out: a folder has one name.")
    said.append("Keys and other columns of the items; names change to those of the folders.")
    if options.provenance == "full":
        said.append("Who decided, when and after seeing what.")
    if options.include_unreviewed:
        said.append("What only a model proposed is left out: a folder cannot say so.")
    return said


class ImagesWriter:
    """Copies one image an item."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._held = held(plan.fields)
        self._shelf = ImageShelf(plan, "")
        self._folders: dict[str, str] = {}
        plan.path.mkdir(parents=True)

    def add(self, item: ChosenItem) -> str:
        """Copy the image into the folder of its label."""
        if self._plan.options.images != "copy":
            return NOT_COPIED
        label = self._label(item)
        if label and self._held is not None and item.answers[self._held.id].status == "machine":
            return ONLY_MACHINE
        if label is None:
            return UNANSWERED
        if len(label) > 1:
            return MOST_LABELS
        for chosen in item.answers.values():
            if chosen.spec != self._held and chosen.value is not None:
                self._plan.lose(item, chosen.spec, NO_PLACE, chosen.spec.id)
        folder = self._folder(label[0]) if label else ""
        base = item.item.text.replace("\\", "/").rsplit("/", 1)[-1]
        moved = replace(item.item, text=f"{folder}/{base}" if folder else item.item.text)
        placed = self._shelf.place(ChosenItem(moved, item.answers))
        return placed if isinstance(placed, str) else ""

    def finish(self) -> list[Path]:
        """Name what was made."""
        return sorted(self._plan.path.iterdir())

    def close(self) -> None:
        """Nothing is left open between items."""

    def _label(self, item: ChosenItem) -> tuple[str, ...] | None:
        """The labels of the item; ``None`` where the field has no answer that could be a folder."""
        if self._held is None:
            return ()
        chosen = item.answers.get(self._held.id)
        return value_labels(chosen.value) or None if chosen is not None else None

    def _folder(self, label: str) -> str:
        """The name of a label as a folder; two labels never share one."""
        if label not in self._folders:
            name = self._names.of(self._held, label) if self._held else label
            plain = "".join("_" if one in _FORBIDDEN or ord(one) < 32 else one for one in name).strip(" .")
            taken = {one.casefold() for one in self._folders.values()}
            self._folders[label] = plain if plain and plain.casefold() not in taken else label
        return self._folders[label]
