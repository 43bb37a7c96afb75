"""COCO: instances, key points, captions and plain image labels of one file or a folder of them, and results files.

Boxes are x, y, width, height in pixels from 0. Category numbers may have gaps. Outlines are polygons or run lengths,
plain or compressed. Annotations of the same number about the same image in several files (instances, key points) are
one object. See Lin et al. 2014 and the data format page of cocodataset.org.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.codec import MARK, read_answers
from tools.exchange.files.jsonread import parse_json
from tools.exchange.files.source import Source
from tools.exchange.formats.coco.objects import Categories, Told, tell
from tools.exchange.formats.coco.results import instances_of, is_results, with_results
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import SPLIT, ImageFinder, distinct_names
from tools.exchange.rows import (
    Claim,
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ExchangeReject,
    Row,
    RowSource,
    empty_claim,
)
from tools.schema import IMAGE_KINDS, FieldSpec, LabelSchema

ORPHAN = "the annotation's image is not in the file's list of images"
NO_NAME = "the image has no file_name"
CAPTIONS = "the image has several captions and the field takes one"
CROWD_NOTE = (
    "Every mask of the file is marked iscrowd=1, as CVAT and Datumaro write all masks. Evaluation passes over such "
    "regions: look at them before the export is scored."
)
_OWN = ("id", "width", "height", "file_name", MARK)
_KINDS = ("instances", "person_keypoints", "captions", "image_info", "labels", "stuff", "panoptic", "annotations")
_KEYS = re.compile(rb'"(images|annotations|image_id)"')
_LOOK = 1 << 16


def sniff(source: Source) -> bool:
    """Whether the file is a COCO file or a results file, or the folder holds one."""
    if source.is_folder:
        return any(_looks_like(path) for path in _json_files(source))
    found = source.json_rows or []
    return bool(found) and (is_coco(found[0]) or is_results(found))


def is_coco(found: Any) -> bool:
    """Whether JSON is a COCO file; panoptic ones count, their segments are listed as not read."""
    return isinstance(found, Mapping) and all(isinstance(found.get(key), list) for key in ("images", "annotations"))


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The images of the file or folder, each with what is said about it."""
    finder = ImageFinder(source.path)
    reading = Reading(options, schema, finder)
    results = None if source.is_folder else source.json_rows
    if results and not is_coco(results[0]) and is_results(results):
        beside, path = instances_of(source.path, results, is_coco)
        reading.add(with_results(beside, results), path)
        reading.backend = source.path.stem
    else:
        for path, found in _opened(source):
            reading.add(found, path)
    loaded = RowSource(iter(()), list(source.encoding_notes) if not source.is_folder else [])
    return RowSource(reading.rows(loaded.notes), loaded.notes, tuple(reading.names))


def _opened(source: Source) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if not source.is_folder:
        found = source.json_rows
        if not found or not is_coco(found[0]):
            raise FormatRefused(f"{source.name} is no COCO file: it has no lists of images and annotations.")
        yield source.path, found[0]
        return
    for path in _json_files(source):
        if not _looks_like(path):
            continue
        try:
            one = parse_json(path.read_bytes())
        except ValueError:
            raise FormatRefused(f"{path.name} in {source.name} is not JSON.") from None
        if is_coco(one):
            yield path, one


def _json_files(source: Source) -> list[Path]:
    return [path for path in source.files if path.suffix.lower() == ".json"]


def _looks_like(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(_LOOK)
        stream.seek(max(0, path.stat().st_size - _LOOK))
        tail = stream.read(_LOOK)
    return (b'"images"' in head + tail and b'"annotations"' in head + tail) or (
        _is_long(head) and _KEYS.search(head) is not None
    )


def _is_long(head: bytes) -> bool:
    """Whether the file goes on after what was looked at: then one of the keys has to do."""
    return len(head) == _LOOK


@dataclass
class Picture:
    """One image with all that the files say about it."""

    name: str
    split: str
    record: Mapping[str, Any]
    told: Told = field(default_factory=Told)


class Reading:
    """Collects COCO files; :meth:`rows` gives every image once."""

    def __init__(self, options: ImportOptions, schema: LabelSchema | None, finder: ImageFinder) -> None:
        self._options, self._schema, self._finder = options, schema, finder
        self._pictures: dict[tuple[str, str], Picture] = {}
        self._lost: list[tuple[str, str]] = []
        self._masks = self._crowds = 0
        self._is_plain = False
        self.backend = "imported"
        self.names: dict[str, None] = {}

    def add(self, found: Mapping[str, Any], path: Path) -> None:
        """One file."""
        info = _mapping(found.get("info"))
        split = str(own_mark(info).get("split") or "") or split_of(path, self._finder.root)
        licences = {str(one.get("id")): one for one in _listed(found.get("licenses")) if isinstance(one, Mapping)}
        categories = Categories(_listed(found.get("categories")))
        self.names |= dict.fromkeys(categories.names)
        self._is_plain |= not info.get("contributor") and not own_mark(info)
        places: dict[str, Picture] = {}
        for record in found["images"]:
            if not isinstance(record, Mapping) or not isinstance(record.get("file_name"), str):
                self._lost.append((NO_NAME, str(record)))
                continue
            picture = Picture(record["file_name"], split, with_licence(record, licences))
            places[str(record.get("id"))] = self._pictures.setdefault((split, picture.name), picture)
        for annotation in found["annotations"]:
            picture_of = places.get(str(annotation.get("image_id"))) if isinstance(annotation, Mapping) else None
            if picture_of is None:
                self._lost.append((ORPHAN, str(annotation)[:200]))
            else:
                self._count(tell(annotation, categories, picture_of.told))

    def _count(self, region: Mapping[str, Any] | None) -> None:
        if region and region.get("counts"):
            self._masks += 1
            self._crowds += bool(region["attributes"].get("crowd"))

    def rows(self, notes: list[str]) -> Iterator[Row]:
        """The images in the order of the files, then what is not about an image."""
        if self._masks and self._masks == self._crowds and self._is_plain:
            notes.append(CROWD_NOTE)
        pictures = list(self._pictures.values())
        names = distinct_names([(one.split, one.name) for one in pictures])
        for number, (picture, name) in enumerate(zip(pictures, names, strict=True), start=1):
            yield self._item(number, picture, name)
        for number, (reason, excerpt) in enumerate(self._lost, start=len(pictures) + 1):
            yield ExchangeReject(number, reason, excerpt)

    def _item(self, number: int, picture: Picture, name: str) -> ExchangeItem:
        record, told = picture.record, picture.told
        own = own_mark(record)
        meta = {key: value for key, value in record.items() if key not in _OWN and value not in (None, "")}
        meta |= {"coco_id": record.get("id")} if record.get("id") is not None else {}
        meta |= {"split": picture.split} if picture.split else {}
        folders = (picture.split, f"images/{picture.split}") if picture.split else ()
        image = self._finder.image(picture.name, _pixels(record, "width"), _pixels(record, "height"), folders)
        text = str(own.get("name") or name)
        answers, proposals = self._answers(told, _listed(own.get("answered"))), self._proposals(told)
        for field_id, written in _mapping(own.get("fields")).items():
            try:
                said, proposed = read_answers(field_id, written)
                answers, proposals = [*answers, *said], [*proposals, *proposed]
            except ValueError as error:
                told.lose(field_id, str(error), written)
        key = str(own.get("key") or text)
        return ExchangeItem(number, text, key, "image", (), meta, answers, proposals, told.problems, image)

    def _answers(self, told: Told, answered: Sequence[str]) -> list[ExchangeAnswer]:
        claims = []
        objects = told.decided
        if objects or (self._options.empty_is_answer and not told.proposed and not answered):
            claims.append(Claim("annotations", "objects", objects))
        claims += [empty_claim(spec) for spec in self._empty(answered, objects)]
        if told.labels:
            claims.append(Claim("category", "labels", list(dict.fromkeys(told.labels))))
        if told.captions:
            claims.append(Claim("caption", "text", told.captions[0]))
            told.problems += [("caption", CAPTIONS, more) for more in told.captions[1:]]
        return [ExchangeAnswer(claim) for claim in claims]

    def _empty(self, answered: Sequence[str], objects: Sequence[Mapping[str, Any]]) -> list[FieldSpec]:
        """Fields that somebody answered with "there is nothing"."""
        fields = [spec for spec in self._schema.fields if spec.kind in IMAGE_KINDS] if self._schema else []
        marked = {name for one in objects for name in one.get("fields") or [spec.id for spec in fields]}
        return [spec for spec in fields if spec.id in answered and spec.id not in marked]

    def _proposals(self, told: Told) -> list[ExchangeProposal]:
        if not told.proposed:
            return []
        scores = [float(one["score"]) for one in told.proposed if one.get("score") is not None]
        # The proposal is no better than its weakest region.
        claim = Claim("annotations", "objects", told.proposed)
        return [ExchangeProposal(claim, min(scores) if scores else None, self.backend)]


def own_mark(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an export of ours wrote beside what COCO knows."""
    return _mapping(record.get(MARK))


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}


def split_of(path: Path, root: Path) -> str:
    """The split that the name of a file or of its folder states, as ``train2017`` in ``instances_train2017.json``."""
    stem = path.stem.removesuffix(".coco")
    for kind in _KINDS:
        stem = stem.removeprefix(f"{kind}_")
    for said in (stem, path.parent.name if path.parent != root else ""):
        if SPLIT.match(said):
            return said
    return path.parent.name if SPLIT.match(path.parent.name) else ""


def with_licence(record: Mapping[str, Any], licences: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The record of an image with the name and the address of its licence in place of the number."""
    found = licences.get(str(record.get("license")))
    if found is None or not (found.get("name") or found.get("url")):
        return record
    return {**record, "license": found.get("name") or "", "license_url": found.get("url") or ""}


def _pixels(record: Mapping[str, Any], side: str) -> int:
    found = record.get(side)
    return int(found) if isinstance(found, (int, float)) and not isinstance(found, bool) and found > 0 else 0
