"""YOLO: a folder of images, one text file of labels for each, and the names of the classes in a file of their own.

A line is a class number and shares of the image's width and height: centre, width and height of a box, four corners of
a turned box, or the points of an outline; where data.yaml announces key points (``kpt_shape``), a box and the points. A
further number at the end is a confidence, and the line a prediction. An
image without a text file was not labelled; one with an empty text file has nothing to be found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.exchange.files.source import Source, decoded
from tools.exchange.formats.yolo.names import LISTS, Declared, declared_in
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import (
    IMAGE_FOLDERS,
    ImageFinder,
    distinct_names,
    is_label_folder,
    split_and_name,
    visible_files,
)
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
from tools.schema import LabelSchema

PREDICTIONS = "predictions"
NO_NUMBERS = "the line is not a class number and shares of the image"
ODD_COUNT = "the line has no form of YOLO: 4 numbers are a box, 8 a turned one, 6 and more in pairs an outline"
NO_POSE = "the line has not as many numbers as a box and the key points that data.yaml announces (kpt_shape)"
NOT_SHARES = "the numbers are not shares of the image's width and height"
NO_CLASS = "the class number is not in the list of names"
NO_LIST = (
    "The folder has no list of class names (data.yaml, classes.txt, obj.names): classes are called by their number."
)
NO_IMAGE = "its image was not found beside the file"
_FAR = 0.5
_CORNERS = 4


def sniff(source: Source) -> bool:
    """Whether a folder has text files of numbers beside images, or with names of classes."""
    if not source.is_folder:
        return False
    found = _texts(source.path)
    if declared_in(source.path, ImageFinder(source.path).root) is not None:
        return any(_in_labels(path) or is_labels(path) for path in found)
    return any(_in_labels(path) and is_labels(path) for path in found)


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """Every image of the folder with its lines."""
    folder = Folder(source.path, schema)
    loaded = RowSource(iter(()), [], folder.declared.names)
    return RowSource(folder.rows(loaded.notes), loaded.notes, folder.declared.names)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of labels: class number, shares, confidence; ``problem`` where it is none."""

    number: int
    written: str
    label: int = 0
    shares: tuple[float, ...] = ()
    confidence: float | None = None
    problem: str = ""
    points: tuple[tuple[float, ...], ...] = ()


@dataclass
class Folder:
    """Images and text files of a folder, put together by their names."""

    path: Path
    schema: LabelSchema | None
    finder: ImageFinder = field(init=False)
    declared: Declared = field(init=False)

    def __post_init__(self) -> None:
        """Look around, without reading labels."""
        self.finder = ImageFinder(self.path)
        self.declared = declared_in(self.path, self.finder.root) or Declared()

    @cached_property
    def images(self) -> list[Path]:
        """The images: of the folder, or of the folders of images beside a folder of labels."""
        if self.finder.root == self.path:
            return list(self.finder.files)
        beside = [one for one in sorted(self.finder.root.iterdir()) if one.name.casefold() in IMAGE_FOLDERS]
        found = (self.finder.inside(path) for folder in beside if folder.is_dir() for path in visible_files(folder))
        return [path for path in found if path is not None]

    @cached_property
    def labels(self) -> dict[tuple[str, ...], dict[str, Path]]:
        """The text files of each image, by what its path has in common with theirs: labels and predictions."""
        found: dict[tuple[str, ...], dict[str, Path]] = {}
        pictured = {_common(path, self.finder.root) for path in self.images}
        for path in _texts(self.path):
            # What stands where labels stand is about an image even if no line of it can be read.
            if is_labels(path) or _common(path, self.path) in pictured or (_in_labels(path) and not _is_prose(path)):
                kind = PREDICTIONS if PREDICTIONS in path.relative_to(self.path).parts else "labels"
                found.setdefault(_common(path, self.path), {})[kind] = path
        return found

    @cached_property
    def has_corners(self) -> bool:
        """Whether lines of eight numbers are turned boxes rather than outlines of four points."""
        if self.declared.task:
            return self.declared.task == "obb"
        kinds = {spec.kind for spec in self.schema.fields} if self.schema else set()
        if kinds & {"polygons", "masks"} and "boxes" not in kinds:
            return False
        counts = {
            len(line.shares) for files in self.labels.values() for path in files.values() for line in lines_of(path)
        }
        return 2 * _CORNERS in counts and not any(count > 4 and count != 2 * _CORNERS for count in counts)

    def rows(self, notes: list[str]) -> Iterator[Row]:
        """One row an image, then one for each text file whose image is missing."""
        if not self.declared.names:
            notes.append(NO_LIST)
        places = [split_and_name(path, self.finder.root) for path in self.images]
        seen: set[tuple[str, ...]] = set()
        number = 0
        for path, name, (split, _) in zip(self.images, distinct_names(places), places, strict=True):
            number += 1
            place = _common(path, self.finder.root)
            seen.add(place)
            yield self._item(number, path, name, split, self.labels.get(place, {}))
        for place, files in self.labels.items():
            for path in files.values() if place not in seen else ():
                number += 1
                yield ExchangeReject(number, NO_IMAGE, path.relative_to(self.path).as_posix())

    def _item(self, number: int, path: Path, name: str, split: str, files: dict[str, Path]) -> ExchangeItem:
        problems: list[tuple[str, str, str]] = []
        answers: list[ExchangeAnswer] = []
        proposed: list[dict[str, Any]] = []
        for kind, labels in files.items():
            regions = self._regions(labels, problems)
            scored = [one for one in regions if "score" in one or kind == PREDICTIONS]
            proposed += scored
            decided = [one for one in regions if one not in scored]
            if kind == "labels" and (decided or not (scored or problems)):
                answers.append(ExchangeAnswer(Claim("labels", "objects", decided)))
        scores = [one["score"] for one in proposed if "score" in one]
        claim = Claim("labels", "objects", proposed)
        proposals = [ExchangeProposal(claim, min(scores) if scores else None)] if proposed else []
        meta = {"split": split} if split else {}
        image = ImageFile(path, name, in_shares=True)
        return ExchangeItem(number, name, name, "image", (), meta, answers, proposals, problems, image)

    def _regions(self, path: Path, problems: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
        found = []
        for line in lines_of(path, self.declared.pose):
            label = self.declared.name(line.label)
            problem = line.problem or ("" if label is not None else NO_CLASS)
            if problem:
                problems.append(("labels", problem, line.written))
                continue
            region: dict[str, Any] = {"id": str(line.number), "label": label, **self._shape(line.shares)}
            if line.points:
                region["points"] = [[x, y, *(seen or (2,))] for x, y, *seen in line.points]
            if line.confidence is not None:
                region["score"] = min(max(line.confidence, 0.0), 1.0)
            found.append(region)
        return found

    def _shape(self, shares: Sequence[float]) -> dict[str, Any]:
        if len(shares) == 4:
            x, y, width, height = shares
            return {"box": [x - width / 2, y - height / 2, x + width / 2, y + height / 2]}
        points = [list(point) for point in zip(shares[::2], shares[1::2], strict=True)]
        if len(points) == _CORNERS and self.has_corners:
            return {"corners": points}
        return {"parts": [[points]]}


def lines_of(path: Path, pose: tuple[int, int] | None = None) -> list[Line]:
    """The lines of a text file that are not blank, numbered from 1; with ``pose`` key points stand behind each box."""
    rows = enumerate(decoded(path.read_bytes()).splitlines(), start=1)
    return [_line(number, row.split(), row, pose) for number, row in rows if row.strip()]


def _line(number: int, cells: Sequence[str], written: str, pose: tuple[int, int] | None) -> Line:
    try:
        label, shares = float(cells[0]), [float(cell) for cell in cells[1:]]
    except ValueError:
        return Line(number, written, problem=NO_NUMBERS)
    if not label.is_integer() or label < 0 or not all(math.isfinite(one) for one in shares):
        return Line(number, written, problem=NO_NUMBERS)
    if pose is not None:
        return _posed(number, written, int(label), shares, pose)
    # An odd number of shares has a confidence at its end.
    confidence = shares.pop() if len(shares) % 2 and len(shares) >= 5 else None
    if len(shares) < 4:
        return Line(number, written, problem=ODD_COUNT)
    if not all(-_FAR <= one <= 1 + _FAR for one in shares):
        return Line(number, written, problem=NOT_SHARES)
    return Line(number, written, int(label), tuple(shares), confidence)


def _posed(number: int, written: str, label: int, shares: Sequence[float], pose: tuple[int, int]) -> Line:
    """A line of a box and key points: x, y and perhaps how far each is seen."""
    count, width = pose
    wanted = 4 + count * width
    if len(shares) not in (wanted, wanted + 1):
        return Line(number, written, problem=NO_POSE)
    points = tuple(tuple(shares[at : at + width]) for at in range(4, wanted, width))
    if not all(-_FAR <= one <= 1 + _FAR for one in (*shares[:4], *(one for point in points for one in point[:2]))):
        return Line(number, written, problem=NOT_SHARES)
    confidence = shares[wanted] if len(shares) > wanted else None
    return Line(number, written, label, tuple(shares[:4]), confidence, points=points)


def is_labels(path: Path) -> bool:
    """Whether the first line of a text file is a class number and at least four shares."""
    with path.open("rb") as stream:
        first = stream.readline(1 << 16).split()
    try:
        return (
            len(first) >= 5 and float(first[0]).is_integer() and all(math.isfinite(float(cell)) for cell in first[1:])
        )
    except ValueError:
        return False


def _texts(folder: Path) -> list[Path]:
    return [path for path in visible_files(folder) if path.suffix.lower() == ".txt"]


def _is_prose(path: Path) -> bool:
    """Whether a text file is a list or something to be read by people."""
    return path.name.lower() in LISTS or path.stem.lower().startswith(("readme", "license", "notes"))


def _in_labels(path: Path) -> bool:
    return any(is_label_folder(part) for part in path.parts[-4:-1])


def _common(path: Path, root: Path) -> tuple[str, ...]:
    """What the paths of an image and of its labels have in common: no folders that say which of the two it is."""
    folders = path.relative_to(root).parts[:-1]
    told = [one for one in folders if one.casefold() not in (*IMAGE_FOLDERS, PREDICTIONS) and not is_label_folder(one)]
    return (*told, path.stem)
