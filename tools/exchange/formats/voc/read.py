"""Pascal VOC: one XML file an image with boxes, and masks in PNG files where there are some.

Boxes are whole pixels counted from 1, both ends included (Everingham et al. 2010). Some programs count from 0 and leave
the end out: a corner at 0 anywhere gives them away, and then all boxes of the import are read so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from tools.exchange.codec import MARK
from tools.exchange.files.source import Source, decoded
from tools.exchange.files.xmlread import parse_xml
from tools.exchange.formats.voc.masks import MASK_FOLDERS, Masks
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import SPLIT, ImageFinder, is_image_name, visible_files
from tools.exchange.rows import (
    Claim,
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ExchangeReject,
    ImageFile,
    Row,
    RowSource,
)
from tools.kinds.drawn import BOX
from tools.schema import LabelSchema

SETS = "imagesets"
IMAGES = "JPEGImages"
FLAG_NAMES = ("truncated", "difficult", "occluded")
MACHINE = "machine"
UNSTATED = ("", "unspecified", "unknown")
NO_XML = "the file is not XML"
NO_VOC = "the file is XML and no VOC annotation"
NO_BOX = "the object has no box of four numbers"
THIN = "the box ends before it starts"
PART = "parts of objects are not read"
FROM_ZERO = "A corner of a box lies at 0: all boxes were read as counted from 0 with their end left out."
FROM_ONE = "Boxes were read as VOC counts them: from 1, both ends included."
_LOOK = 4096
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_TURNED = ("cx", "cy", "w", "h", "angle")


def sniff(source: Source) -> bool:
    """Whether the file is a VOC annotation, or the folder holds one."""
    if source.is_folder:
        return any(is_voc(path) for path in source.files if path.suffix.lower() == ".xml")
    return source.suffix == ".xml" and is_voc(source.path)


def is_voc(path: Path) -> bool:
    """Whether the root of an XML file is that of VOC; LabelMe's old form has the same and calls its pictures apart."""
    with path.open("rb") as stream:
        head = stream.read(_LOOK)
    return b"<annotation>" in head and b"<polygon>" not in head and b"<sourceImage>" not in head


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """Every image of the folder, of its XML files and of its lists of images."""
    reading = Reading(source, options, schema)
    notes: list[str] = []
    return RowSource(reading.rows(notes), notes)


@dataclass
class Sheet:
    """One XML file, taken apart: its objects still count as the file does."""

    name: str
    width: int = 0
    height: int = 0
    objects: list[dict[str, Any]] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)
    is_machine: bool = False

    @property
    def has_zero(self) -> bool:
        """Whether a corner lies at 0 or before."""
        return any(min(one["box"][:2]) <= 0 for one in self.objects if "box" in one and "angle" not in one)


class Reading:
    """The files of one import."""

    def __init__(self, source: Source, options: ImportOptions, schema: LabelSchema | None) -> None:
        self._source, self._options = source, options
        self._finder = ImageFinder(source.path)
        wants_masks = schema is None or any(spec.record.fineness > BOX for spec in schema.fields)
        self._masks = Masks(self._finder.root) if wants_masks else None

    def rows(self, notes: list[str]) -> Iterator[Row]:
        """Images with their objects; then the files that could not be read."""
        sheets, failed = self._sheets()
        is_zero = self._options.voc_base == "0" or (
            self._options.voc_base == "auto" and any(sheet.has_zero for sheet in sheets.values())
        )
        if any(sheet.objects for sheet in sheets.values()):
            notes.append(FROM_ZERO if is_zero else FROM_ONE)
        splits = self._splits()
        found = {place: Path(place) for place in (*sheets, *self._others(sheets), *splits)}
        number = 0
        for place in dict.fromkeys(found):
            number += 1
            yield self._item(number, place, sheets.get(place), splits.get(place, ""), is_zero)
        for name, reason in failed:
            number += 1
            yield ExchangeReject(number, reason, name)

    def _sheets(self) -> tuple[dict[str, Sheet], list[tuple[str, str]]]:
        """The XML files by the path of their stem below the folder of annotations."""
        sheets: dict[str, Sheet] = {}
        failed: list[tuple[str, str]] = []
        files = self._source.files if self._source.is_folder else (self._source.path,)
        for path in files:
            if path.suffix.lower() != ".xml":
                continue
            read = read_sheet(path)
            if isinstance(read, str):
                failed.append((path.name, read))
            else:
                sheets[_stem_below(path, "annotations")] = read
        return sheets, failed

    def _others(self, sheets: Mapping[str, Sheet]) -> list[str]:
        """Images of a folder that no XML file is about, in the order of their names."""
        if not self._source.is_folder:
            return []
        known = {PurePosixPath(sheet.name.replace("\\", "/")).stem for sheet in sheets.values()} | set(sheets)
        pictures = [path for path in self._finder.files if not set(_lower(path.parts)) & set(_lower(MASK_FOLDERS))]
        stems = [_stem_below(path, IMAGES.lower()) for path in pictures]
        return [stem for stem in stems if stem not in known]

    def _splits(self) -> dict[str, str]:
        """The split of images by their stem, from the lists under ImageSets whose name is that of a split."""
        found: dict[str, str] = {}
        if not self._source.is_folder:
            return found
        lists = [path for path in visible_files(self._source.path) if SETS in _lower(path.parts)]
        # trainval says less than train and val do.
        for path in sorted(lists, key=lambda path: path.stem == "trainval"):
            if path.suffix == ".txt" and SPLIT.match(path.stem) and "_" not in path.stem:
                for line in decoded(path.read_bytes()).splitlines():
                    name = line.partition("#")[0].split("  ")[0].strip()
                    if name:
                        found.setdefault(name, path.stem)
        return found

    def _item(self, number: int, place: str, sheet: Sheet | None, split: str, is_zero: bool) -> ExchangeItem:
        image = self._image(place, sheet)
        objects = [_moved(one, is_zero) for one in sheet.objects] if sheet else []
        problems = list(sheet.problems) if sheet else []
        if self._masks is not None:
            objects = self._masks.beside(place, objects)
        meta = {**(sheet.meta if sheet else {}), **({"split": split} if split else {})}
        claim = Claim("object", "objects", objects)
        is_machine = sheet is not None and sheet.is_machine
        answers = [ExchangeAnswer(claim)] if (sheet or objects) and not is_machine else []
        proposals = [ExchangeProposal(claim)] if is_machine else []
        return ExchangeItem(number, image.name, image.name, "image", (), meta, answers, proposals, problems, image)

    def _image(self, place: str, sheet: Sheet | None) -> ImageFile:
        folders = (IMAGES,)
        path = self._finder.find_stem(place, folders)
        if sheet is not None and sheet.name:
            name = sheet.name if is_image_name(sheet.name) else ""
            stated = self._finder.find(name, folders) if name else None
            path = stated or path
        suffix = path.suffix if path is not None else ".jpg"
        return ImageFile(path, f"{place}{suffix}", sheet.width if sheet else 0, sheet.height if sheet else 0)


def read_sheet(path: Path) -> Sheet | str:
    """One XML file, or the reason why it is not read."""
    try:
        root = parse_xml(path.read_bytes())
    except ValueError as error:
        return f"{NO_XML}: {error}"
    if root.tag != "annotation":
        return NO_VOC
    size = root.find("size")
    sheet = Sheet(_text(root, "filename"), is_machine=_text(root, MARK) == MACHINE)
    if size is not None:
        sheet.width, sheet.height = _whole(_text(size, "width")), _whole(_text(size, "height"))
    database = _text(root, "source/database")
    if database.lower() not in UNSTATED:
        sheet.meta["database"] = database
    for number, one in enumerate(root.iter("object"), start=1):
        _read_object(number, one, sheet)
    return sheet


def _read_object(number: int, one: Element, sheet: Sheet) -> None:
    label = _text(one, "name")
    box = _box(one)
    if box is None or box["box"][0] > box["box"][2] or box["box"][1] > box["box"][3]:
        sheet.problems.append(("object", NO_BOX if box is None else THIN, label))
        return
    attributes: dict[str, Any] = {name: True for name in FLAG_NAMES if _text(one, name) not in ("", "0")}
    if _text(one, "pose").lower() not in UNSTATED:
        attributes["pose"] = _text(one, "pose")
    # CVAT and Datumaro write further attributes so; VOC itself knows actions.
    for attribute in one.iterfind("attributes/attribute"):
        attributes.setdefault(_text(attribute, "name"), _text(attribute, "value"))
    for action in one.iterfind("actions/*"):
        if (action.text or "").strip() == "1":
            attributes[action.tag] = True
    sheet.problems += [("object", PART, _text(part, "name")) for part in one.iterfind("part")]
    sheet.objects.append({"id": str(number), "label": label, **box, "attributes": attributes})


def _box(one: Element) -> dict[str, Any] | None:
    turned = one.find("robndbox")
    if turned is not None:
        # roLabelImg: centre, size, and the angle in radians, from 0 and without ends of its own.
        found = [_number(_text(turned, name)) for name in _TURNED]
        if any(number is None for number in found):
            return None
        x, y, width, height, angle = (float(number or 0) for number in found)
        box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
        return {"box": box, "angle": angle * 57.29577951308232}
    edges = one.find("bndbox")
    numbers = [_number(_text(edges, name)) for name in _EDGES] if edges is not None else [None]
    return None if any(number is None for number in numbers) else {"box": numbers}


def _moved(one: Mapping[str, Any], is_zero: bool) -> dict[str, Any]:
    """The object with its box counted from 0, the end left out."""
    if is_zero or "angle" in one or "box" not in one:
        return dict(one)
    x0, y0, x1, y1 = one["box"]
    return {**one, "box": [x0 - 1, y0 - 1, x1, y1]}


def _stem_below(path: Path, folder: str) -> str:
    """The path below the last folder of that name, without its extension; the stem alone where there is none."""
    parts = _lower(path.parts)
    if folder not in parts[:-1]:
        return path.stem
    start = len(parts) - 1 - parts[:-1][::-1].index(folder) - 1 + 1
    return "/".join([*path.parts[start:-1], path.stem])


def _lower(parts: tuple[str, ...]) -> list[str]:
    return [part.lower() for part in parts]


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None


def _whole(text: str) -> int:
    number = _number(text)
    return int(number) if number is not None and number > 0 else 0
