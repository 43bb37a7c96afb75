"""YOLO: images and labels in two folders of the same form, and data.yaml with the names of the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tools.exchange.export import ChosenItem
from tools.exchange.formats.yolo.read import PREDICTIONS
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_answers import DISAGREE
from tools.exchange.pictures.image_export import STAY, ImageShelf, Placed
from tools.exchange.writer import Names, Plan
from tools.geometry.boxes import corners_of
from tools.geometry.masks import mask_of_record
from tools.geometry.polygons import polygons_of, rasterise
from tools.schema import FieldSpec

LABELS, NAMES = "labels", "data.yaml"
OTHER_FIELD = "there is one kind of labels in a YOLO folder, and another field has it"
NO_ATTRIBUTES = "a YOLO label has no attributes"
_DECIMALS = 8


def held(fields: Sequence[FieldSpec]) -> FieldSpec | None:
    """The field that is written: the first of boxes or outlines."""
    return next((spec for spec in fields if spec.record.fineness), None)


def task_of(spec: FieldSpec | None) -> str:
    """What Ultralytics calls the kind of labels."""
    if spec is None or spec.kind == "boxes":
        return "obb" if spec is not None and spec.rotated else "detect"
    return "segment"


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What a YOLO folder has no place for."""
    kept = held(fields)
    said = [f"Field {spec.id!r} ({spec.kind}) has no place in the labels." for spec in fields if spec != kept]
    said.append("Keys and other columns of the items, and the ids of regions.")
    if options.provenance == "full":
        said.append("Who marked the regions, when and after seeing what.")
    if kept is not None and kept.attributes:
        said.append(f"Attributes of regions: {', '.join(one.name for one in kept.attributes)}.")
    if task_of(kept) == "segment":
        said.append(
            "An outline is one ring: parts and holes are joined by seams without width, which cover the same pixels."
        )
    if kept is not None and kept.kind == "masks":
        said.append("Masks are written as the outlines along the edges of their pixels.")
    if options.include_unreviewed:
        said.append(
            f"What only a model proposed stands in {PREDICTIONS!r}, away from the labels that are learned from."
        )
    if options.conflicts == "all_values":
        said.append("What each reviewer said where they disagree: there is one answer an image.")
    return said + ([STAY] if options.images == "reference" else [])


class YoloWriter:
    """Writes one text file an image that was answered."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._held = held(plan.fields)
        self._shelf = ImageShelf(plan, by_stem=True)
        self._classes = list(self._held.label_ids) if self._held else []
        self._splits: dict[str, None] = {}
        plan.path.mkdir(parents=True)

    def add(self, item: ChosenItem) -> str:
        """Write the labels of one image."""
        placed = self._shelf.place(item)
        if isinstance(placed, str):
            return placed
        self._splits[placed.split] = None
        for chosen in item.answers.values():
            if chosen.spec != self._held and chosen.value is not None:
                self._plan.lose(item, chosen.spec, OTHER_FIELD, chosen.spec.id)
            elif chosen.status == "conflict":
                self._plan.lose(item, chosen.spec, DISAGREE, chosen.spec.id)
            elif chosen.value is not None:
                is_machine = chosen.status == "machine"
                score = chosen.proposal.score if is_machine and chosen.proposal else None
                self._write(item, placed, chosen.value[chosen.spec.kind], PREDICTIONS if is_machine else LABELS, score)
        return ""

    def finish(self) -> list[Path]:
        """Write the names of the classes."""
        folders = {split: f"{self._shelf.folder}/{split}".rstrip("/") for split in self._splits or {"": None}}
        first = next(iter(folders.values()))
        roles = {"train": folders.get("train", first), "val": folders.get("val", folders.get("valid", first))}
        roles |= {"test": folders["test"]} if "test" in folders else {}
        names = dict(enumerate(self._class_names()))
        whole = {"path": ".", **roles, "task": task_of(self._held), "nc": len(names), "names": names}
        path = self._plan.path / NAMES
        path.write_text(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True), encoding="utf-8")
        return [path, *(one for one in sorted(self._plan.path.iterdir()) if one != path)]

    def close(self) -> None:
        """Nothing is left open between items."""

    def _class_names(self) -> list[str]:
        return [self._names.of(self._held, label) if self._held else label for label in self._classes]

    def _write(
        self, item: ChosenItem, placed: Placed, regions: Sequence[Mapping[str, Any]], folder: str, score: float | None
    ) -> None:
        assert item.item.media is not None and self._held is not None
        size = np.array([item.item.media.width, item.item.media.height], dtype=np.float64)
        lines = []
        for region in regions:
            if region.get("attributes"):
                self._plan.lose(item, self._held, NO_ATTRIBUTES, ", ".join(region["attributes"]))
            cells = [str(self._number(region["label"])), *(_share(one) for one in shares_of(self._held, region, size))]
            sure = region.get("score", score) if folder == PREDICTIONS else None
            lines.append(" ".join([*cells, *([] if sure is None else [_share(sure)])]))
        path = self._plan.path / folder / placed.split / f"{placed.stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")

    def _number(self, label: str) -> int:
        """The number of a class; labels that left the schema come behind those that are in it."""
        if label not in self._classes:
            self._classes.append(label)
        return self._classes.index(label)


def shares_of(spec: FieldSpec, region: Mapping[str, Any], size: Any) -> list[float]:
    """The numbers of a line, as shares of ``size``, an array (width, height)."""
    if spec.kind == "boxes" and not spec.rotated:
        x0, y0, x1, y1 = region["box"]
        return [*np.array([(x0 + x1) / 2, (y0 + y1) / 2]) / size, *np.array([x1 - x0, y1 - y0]) / size]
    if spec.kind == "boxes":
        points = corners_of(region["box"], float(region.get("angle") or 0))
    else:
        parts = region["parts"] if spec.kind == "polygons" else polygons_of(mask_of_record(region))
        height, width = int(size[1]), int(size[0])
        points = one_ring(parts)
        if (
            len(parts) > 1
            and (rasterise([[points.tolist()]], (height, width)) != rasterise(parts, (height, width))).any()
        ):
            # Parts that overlap would cut holes into each other.
            points = one_ring(polygons_of(rasterise(parts, (height, width))))
    return [float(share) for share in (points / size).ravel()]


def one_ring(parts: Any) -> Any:
    """Points (n, 2) of a single ring that covers what the parts and their holes do by the even-odd rule.

    Every further ring is joined at the pair of points that lie nearest, by a seam that is walked to and fro.
    """
    rings = [np.asarray(ring, dtype=np.float64).reshape(-1, 2) for part in parts for ring in part]
    whole = rings[0]
    for ring in rings[1:]:
        gaps = ((whole[:, None, :] - ring[None, :, :]) ** 2).sum(axis=2)
        here, there = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
        around = np.concatenate([ring[there:], ring[: there + 1]])
        whole = np.concatenate([whole[: here + 1], around, whole[here:]])
    return whole


def _share(number: float) -> str:
    written = f"{float(number):.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if written in ("", "-0") else written
