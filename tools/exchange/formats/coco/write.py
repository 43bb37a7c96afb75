"""COCO: one file of images, annotations and categories for each split, and the images beside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from tools.exchange.codec import MARK, answer_record
from tools.exchange.export import Chosen, ChosenItem
from tools.exchange.formats.coco.shapes import Annotation, annotation_of, joined
from tools.exchange.formats.lines.own_jsonl_write import stripped
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_answers import DISAGREE
from tools.exchange.pictures.image_export import STAY, ImageShelf, Placed
from tools.exchange.writer import Names, Plan
from tools.records import to_json
from tools.schema import FieldSpec

FOLDER = "annotations"
_RESERVED = {"id", "file_name", "width", "height", MARK, "coco_id", "license", "license_url"}


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What COCO has no place for."""
    regions = [spec for spec in fields if spec.is_image_region]
    kinds = {spec.kind for spec in regions}
    said = [
        f"Field {spec.id!r} ({spec.kind}) stands under {MARK!r}: this file keeps it, other programs pass over it."
        for spec in fields
        if spec not in regions
    ]
    if regions:
        said.append(
            f"An image without regions looks like one that nobody looked at; only the mark {MARK!r} tells them apart."
        )
    if options.provenance == "full" and regions:
        said.append("Who marked the regions, when and after seeing what.")
    if options.conflicts == "all_values":
        said.append("What each reviewer said where they disagree: there is one answer an image.")
    if "polygons" in kinds:
        said.append("Polygons with holes are written as masks: the polygons of COCO have none.")
    if kinds & {"polygons", "masks"}:
        said.append("The clicks and boxes from which regions were segmented.")
    if any(spec.rotated for spec in regions):
        said.append("Boxes are upright: the angle of a turned one stands under attributes.rotation, as CVAT writes it.")
    return said + ([STAY] if options.images == "reference" else [])


class _SplitFile:
    """The file of one split, written in two streams that are put together at the end."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        self._parts = {key: folder / f".{name}.{key}" for key in ("images", "annotations")}
        self._streams: dict[str, TextIO] = {
            key: path.open("w", encoding="utf-8", newline="\n") for key, path in self._parts.items()
        }
        self._is_empty = dict.fromkeys(self._parts, True)

    def add(self, key: str, record: Mapping[str, Any]) -> None:
        self._streams[key].write(("" if self._is_empty[key] else ",\n") + to_json(record))
        self._is_empty[key] = False

    def finish(self, head: Mapping[str, Any], categories: Sequence[Mapping[str, Any]]) -> None:
        self.close()
        with self.path.open("w", encoding="utf-8", newline="\n") as out:
            out.write("{" + "".join(f"{json.dumps(key)}:{to_json(value)},\n" for key, value in head.items()))
            for key, part in self._parts.items():
                out.write(f'"{key}":[\n')
                with part.open(encoding="utf-8", newline="\n") as stream:
                    shutil.copyfileobj(stream, out)
                out.write("\n],\n")
                part.unlink()
            out.write(f'"categories":{to_json(list(categories))}' + "}\n")

    def close(self) -> None:
        for stream in self._streams.values():
            stream.close()


class CocoWriter:
    """Writes one image record an item and one annotation an object."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._folder = plan.path / FOLDER
        self._folder.mkdir(parents=True)
        self._shelf = ImageShelf(plan)
        self._files: dict[str, _SplitFile] = {}
        self._regions = [spec for spec in plan.fields if spec.is_image_region]
        self._categories = _Categories(self._regions, self._names)
        self._licences: dict[tuple[str, str], int] = {}
        self._image_ids, self._annotation_ids = Numbers(), Numbers()

    def add(self, item: ChosenItem) -> str:
        """Write one image with its objects."""
        placed = self._shelf.place(item)
        if isinstance(placed, str):
            return placed
        split = self._files.get(placed.split)
        if split is None:
            name = f"instances_{placed.split}.json" if placed.split else "instances.json"
            split = self._files[placed.split] = _SplitFile(self._folder, name)
        image_id = self._image_ids.take(item.item.meta.get("coco_id"))
        split.add("images", self._image(item, placed, image_id))
        for one in self._objects(item):
            split.add("annotations", self._annotation(item, one, image_id))
        return ""

    def finish(self) -> list[Path]:
        """Put the files together."""
        if not self._files:
            self._files[""] = _SplitFile(self._folder, "instances.json")
        licences = [{"id": n, "name": name, "url": url} for (name, url), n in self._licences.items()]
        title = self._plan.options.project or self._plan.schema.name
        for split, one in self._files.items():
            info = {"description": title, MARK: {"split": split}}
            one.finish({"info": info, "licenses": licences}, self._categories.records)
        made = [one.path for one in self._files.values()]
        images = self._plan.path / self._shelf.folder
        return [*made, images] if images.exists() else made

    def close(self) -> None:
        """Let go of the files."""
        for one in self._files.values():
            one.close()

    def _image(self, item: ChosenItem, placed: Placed, image_id: int) -> dict[str, Any]:
        media, meta = item.item.media, item.item.meta
        assert media is not None
        record: dict[str, Any] = {
            "id": image_id,
            "file_name": placed.name,
            "width": media.width,
            "height": media.height,
        }
        record |= {key: value for key, value in meta.items() if key not in _RESERVED and value not in (None, "")}
        if placed.split and record.get("split") == placed.split:
            del record["split"]
        if meta.get("license") or meta.get("license_url"):
            licence = (str(meta.get("license") or ""), str(meta.get("license_url") or ""))
            record["license"] = self._licences.setdefault(licence, len(self._licences) + 1)
        own = self._own(item, placed)
        return record | ({MARK: own} if own else {})

    def _own(self, item: ChosenItem, placed: Placed) -> dict[str, Any]:
        own: dict[str, Any] = {}
        if item.item.text != placed.name:
            own["name"] = item.item.text
        if item.item.key != item.item.text:
            own["key"] = item.item.key
        empty = [name for name, one in item.answers.items() if one.spec in self._regions and _is_empty(one)]
        if empty:
            own["answered"] = empty
        others = {
            name: answer_record(stripped(one, self._plan.options))
            for name, one in item.answers.items()
            if one.spec not in self._regions and (one.value is not None or one.decisions)
        }
        return own | ({"fields": others} if others else {})

    def _objects(self, item: ChosenItem) -> list[Annotation]:
        found: list[Annotation] = []
        for name, chosen in item.answers.items():
            if chosen.spec not in self._regions:
                continue
            if chosen.status == "conflict":
                self._plan.lose(item, chosen.spec, DISAGREE, name)
            for region in chosen.value[chosen.spec.kind] if chosen.value else ():
                found.append(Annotation(chosen.spec, region, self._names.of(chosen.spec, region["label"]), chosen))
        return joined(found)

    def _annotation(self, item: ChosenItem, one: Annotation, image_id: int) -> dict[str, Any]:
        assert item.item.media is not None
        size = (item.item.media.height, item.item.media.width)
        number = self._annotation_ids.take(one.region_id)
        record: dict[str, Any] = {"id": number, "image_id": image_id, "category_id": self._categories.number(one.label)}
        record |= annotation_of(one, size)
        own = one.own_mark(number, len(self._regions) > 1)
        return record | ({MARK: own} if own else {})


class _Categories:
    """Categories by name, numbered in the order of the schema."""

    def __init__(self, fields: Sequence[FieldSpec], names: Names) -> None:
        self._by_name: dict[str, dict[str, Any]] = {}
        for spec in fields:
            for label in spec.labels:
                record = self._record(names.of(spec, label.id), label.group)
                if spec.points and "keypoints" not in record:
                    joins = [[spec.points.index(a) + 1, spec.points.index(b) + 1] for a, b in spec.skeleton]
                    record |= {"keypoints": list(spec.points), "skeleton": joins}

    def _record(self, name: str, group: str) -> dict[str, Any]:
        return self._by_name.setdefault(name, {"id": len(self._by_name) + 1, "name": name, "supercategory": group})

    def number(self, name: str) -> int:
        """The number of a category; labels that left the schema get one too."""
        return int(self._record(name, "")["id"])

    @property
    def records(self) -> list[dict[str, Any]]:
        return list(self._by_name.values())


class Numbers:
    """Numbers that no two records share: the one a record had before where it is free, else the next one."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._next = 1

    def take(self, wanted: Any) -> int:
        """A number; ``wanted`` counts if it is one, or text that is one."""
        plain = str(wanted)
        if not isinstance(wanted, bool) and plain.isascii() and plain.isdigit() and len(plain) < 16:
            number = int(plain)
            if number > 0 and plain == str(number) and number not in self._taken:
                self._taken.add(number)
                return number
        while self._next in self._taken:
            self._next += 1
        self._taken.add(self._next)
        return self._next


def _is_empty(chosen: Chosen) -> bool:
    return chosen.value is not None and not chosen.value[chosen.spec.kind] and chosen.status == "agreed"
