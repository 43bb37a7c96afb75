"""What a writer of one format is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tools.exchange.export import ChosenItem, Loss
from tools.exchange.options import ExportOptions
from tools.kinds.taking import LabelNames
from tools.records import Item
from tools.schema import FieldSpec, LabelSchema


@dataclass(frozen=True)
class Plan:
    """All a writer knows before the first item. ``path`` is where its file or folder is made, not yet the target.

    ``image_file`` says where the image of an item is; without it only those referenced in place are found.
    """

    path: Path
    schema: LabelSchema
    fields: Sequence[FieldSpec]
    options: ExportOptions
    losses: list[Loss] = field(default_factory=list)
    image_file: Callable[[Item], Path] | None = None

    def media_path(self, item: Item) -> Path | None:
        """The image file of an item, ``None`` where it cannot be found any more."""
        if item.media is None:
            return None
        if self.image_file is not None:
            found = self.image_file(item)
        elif item.media.place:
            found = Path(item.media.place)
        else:
            return None
        return found if found.is_file() else None

    def first(self, *kinds: str) -> FieldSpec | None:
        """The first field of one of the kinds."""
        return next((spec for spec in self.fields if spec.kind in kinds), None)

    def lose(self, item: ChosenItem, spec: FieldSpec, reason: str, excerpt: str = "") -> None:
        """Keep account of part of an answer that is not written."""
        self.losses.append(Loss(item.item.item_id, spec.id, reason, excerpt[:80]))


class Writer(Protocol):
    """Writes items one by one."""

    escaped_cells: int

    def add(self, item: ChosenItem) -> str:
        """Write the item; the answer is the reason why it cannot be written, or nothing."""

    def finish(self) -> list[Path]:
        """Close everything and name the files that were made."""

    def close(self) -> None:
        """Let go of open files after a failure."""


class Names:
    """Label names as other programs should see them: the display name, unless it would be read as another label."""

    def __init__(self, fields: Sequence[FieldSpec]) -> None:
        self._names = {
            (spec.id, label.id): label.name if LabelNames(spec).find(label.name) == label.id else label.id
            for spec in fields
            for label in spec.answers
        }

    def of(self, spec: FieldSpec, label_id: str) -> str:
        """The name to write for a label; ids that left the schema stand for themselves."""
        return self._names.get((spec.id, label_id), label_id)
