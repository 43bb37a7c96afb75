"""Open Images: a CSV file of boxes for each split, the names of the labels, and the images."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from tools.exchange.export import ChosenItem
from tools.exchange.formats.open_images.read import CONFIDENCE, FLAGS, ID, LABEL, NAMES, SOURCE
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_answers import DISAGREE
from tools.exchange.pictures.image_export import STAY, ImageShelf, Placed
from tools.exchange.writer import Names, Plan
from tools.geometry.regions import box_of_region
from tools.schema import FieldSpec

COLUMNS = (ID, SOURCE, LABEL, CONFIDENCE, "XMin", "XMax", "YMin", "YMax", *FLAGS)
NO_PLACE = "the field has no place in a file of boxes"
NO_ATTRIBUTE = "the attribute has no column"
OTHER_SUFFIX = "two images differ in their extension only"
_DECIMALS = 8


def held(fields: Sequence[FieldSpec]) -> FieldSpec | None:
    """The field that is written: the first of boxes, else of outlines."""
    boxes = next((spec for spec in fields if spec.kind == "boxes"), None)
    return boxes or next((spec for spec in fields if spec.record.fineness), None)


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What a file of boxes has no place for."""
    kept = held(fields)
    said = [f"Field {spec.id!r} ({spec.kind}) has no place in a file of boxes." for spec in fields if spec != kept]
    if kept is not None and kept.kind != "boxes":
        said.append("Of outlines only the boxes are written.")
    if kept is not None and kept.rotated:
        said.append("Boxes are upright: a turned one becomes the upright box around it.")
    others = [one.name for one in kept.attributes if one.id not in FLAGS.values()] if kept else []
    if others:
        said.append(f"Attributes of regions: {', '.join(others)}.")
    said.append("An image without boxes has no row, whether somebody looked at it or not.")
    said.append("Keys and other columns of the items, and the ids of regions.")
    if options.provenance == "full":
        said.append("Who marked the regions, when and after seeing what.")
    if options.conflicts == "all_values":
        said.append("What each reviewer said where they disagree: there is one answer an image.")
    return said + ([STAY] if options.images == "reference" else [])


class OpenImagesWriter:
    """Writes one row a box."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._held = held(plan.fields)
        self._shelf = ImageShelf(plan, by_stem=True)
        self._streams: dict[str, TextIO] = {}
        self._codes: dict[str, str] = {}
        plan.path.mkdir(parents=True)
        for label in self._held.label_ids if self._held else ():
            self._code(label)

    def add(self, item: ChosenItem) -> str:
        """Write the boxes of one image."""
        placed = self._shelf.place(item)
        if isinstance(placed, str):
            return placed
        rows = self._rows(placed.split)
        for chosen in item.answers.values():
            if chosen.spec != self._held and chosen.value is not None:
                self._plan.lose(item, chosen.spec, NO_PLACE, chosen.spec.id)
            elif chosen.status == "conflict":
                self._plan.lose(item, chosen.spec, DISAGREE, chosen.spec.id)
            for region in chosen.value[chosen.spec.kind] if chosen.value and chosen.spec == self._held else ():
                sure = None
                if chosen.status == "machine":
                    sure = region.get("score", chosen.proposal.score if chosen.proposal else None)
                    sure = 1.0 if sure is None else sure
                rows.writerow(self._row(item, placed, region, sure))
        return ""

    def finish(self) -> list[Path]:
        """Write the names of the labels."""
        self.close()
        path = self._plan.path / f"{NAMES}-boxable.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows((code, name) for name, code in self._codes.items())
        return sorted(self._plan.path.iterdir())

    def close(self) -> None:
        """Let go of the files."""
        for stream in self._streams.values():
            stream.close()

    def _rows(self, split: str) -> Any:
        if split not in self._streams:
            name = f"{split or 'all'}-annotations-bbox.csv"
            self._streams[split] = (self._plan.path / name).open("w", encoding="utf-8", newline="")
            csv.writer(self._streams[split], lineterminator="\n").writerow(COLUMNS)
        return csv.writer(self._streams[split], lineterminator="\n")

    def _row(self, item: ChosenItem, placed: Placed, region: Mapping[str, Any], sure: float | None) -> list[str]:
        assert item.item.media is not None and self._held is not None
        width, height = item.item.media.width, item.item.media.height
        x0, y0, x1, y1 = box_of_region(region)
        attributes = region.get("attributes") or {}
        lost = [name for name in attributes if name not in FLAGS.values()]
        if lost:
            self._plan.lose(item, self._held, NO_ATTRIBUTE, ", ".join(lost))
        # A name with an extension finds its image wherever it is read; without one any of the kind would do.
        shares = [x0 / width, x1 / width, y0 / height, y1 / height]
        source = "machine" if sure is not None else "xclick"
        flags = [str(int(attributes.get(name, False) is True)) for name in FLAGS.values()]
        edges = [f"{min(max(one, 0.0), 1.0):.{_DECIMALS}f}" for one in shares]
        confidence = "1" if sure is None else f"{sure:.4f}"
        return [placed.stem, source, self._code(region["label"]), confidence, *edges, *flags]

    def _code(self, label: str) -> str:
        name = self._names.of(self._held, label) if self._held else label
        return self._codes.setdefault(name, f"/x/{label}")
