"""Open Images: a CSV file of boxes or of image labels, and one that gives the names of the label codes.

Boxes are XMin, XMax, YMin, YMax in shares of the image, in this order. The columns IsOccluded and so on are 1, 0, or -1
where nobody knows. Labels with confidence 0 are checked and absent. See Kuznetsova et al. 2020.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.files.source import Source, decoded
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import SPLIT, ImageFinder, is_image_name
from tools.exchange.rows import (
    Claim,
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ImageFile,
    Row,
    RowSource,
)
from tools.schema import LabelSchema

ID, LABEL, SOURCE, CONFIDENCE = "ImageID", "LabelName", "Source", "Confidence"
EDGES = ("XMin", "YMin", "XMax", "YMax")
FLAGS = {
    "IsOccluded": "occluded",
    "IsTruncated": "truncated",
    "IsGroupOf": "group_of",
    "IsDepiction": "depiction",
    "IsInside": "inside",
}
MACHINE = ("machine", "activemil")
"""Sources of labels that no person gave."""

NAMES = "class-descriptions"
NO_SHARES = "the box is not four shares of the image"
ABSENT = "the label was checked and is absent"
TURNED_ROUND = "the box ends before it starts"


def sniff(source: Source) -> bool:
    """Whether the head of the CSV file is that of Open Images, or the folder holds such a file."""
    if source.is_folder:
        return any(_is_ours(path) for path in source.files if path.suffix.lower() == ".csv")
    return _is_head(source.head)


def _is_ours(path: Path) -> bool:
    with path.open("rb") as stream:
        return _is_head(stream.readline(1 << 12))


def _is_head(head: bytes) -> bool:
    first = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0]
    names = {cell.strip().strip(b'"') for cell in first.split(b",")}
    return {ID.encode(), LABEL.encode()} <= names


@dataclass
class Picture:
    """What the rows say of one image."""

    split: str
    objects: list[dict[str, Any]] = field(default_factory=list)
    proposed: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    found: list[tuple[str, float]] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """One row an image; images of a folder that no row names are not part of it."""
    files = [path for path in source.files if path.suffix.lower() == ".csv"] if source.is_folder else [source.path]
    tables = [path for path in files if _is_ours(path)]
    if not tables:
        raise FormatRefused(f"{source.name} has no columns {ID} and {LABEL}, as files of Open Images have.")
    finder = ImageFinder(source.path)
    names = names_beside(source.path if source.is_folder else source.path.parent)
    pictures: dict[str, Picture] = {}
    for path in tables:
        split = path.stem.split("-")[0]
        for row in csv.DictReader(io.StringIO(decoded(path.read_bytes()))):
            place = str(row.get(ID) or "")
            picture = pictures.setdefault(place, Picture(split if SPLIT.match(split) else ""))
            _tell(row, names, picture)
    declared = [names.get(code, code) for code in names]
    return RowSource(_rows(pictures, finder), [], tuple(dict.fromkeys(declared)) if len(declared) <= 1000 else ())


def names_beside(folder: Path) -> dict[str, str]:
    """Names of label codes, from ``class-descriptions*.csv`` in the folder."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob(f"*{NAMES}*.csv")):
        for row in csv.reader(io.StringIO(decoded(path.read_bytes()))):
            if len(row) >= 2 and row[0] != LABEL:
                found.setdefault(row[0].strip(), row[1].strip())
    return found


def _tell(row: Mapping[str, Any], names: Mapping[str, str], picture: Picture) -> None:
    code = str(row.get(LABEL) or "").strip()
    label = names.get(code, code)
    is_machine = str(row.get(SOURCE) or "").strip().lower() in MACHINE
    confidence = _share(row.get(CONFIDENCE))
    if EDGES[0] not in row:
        if is_machine:
            picture.found.append((label, confidence or 0.0))
        elif confidence == 0:
            picture.problems.append((LABEL, ABSENT, label))
        else:
            picture.labels.append(label)
        return
    edges = [_share(row.get(name)) for name in EDGES]
    if any(one is None for one in edges):
        picture.problems.append((LABEL, NO_SHARES, label))
        return
    x0, y0, x1, y1 = (float(one or 0) for one in edges)
    if x0 >= x1 or y0 >= y1:
        picture.problems.append((LABEL, TURNED_ROUND, label))
        return
    attributes = {name: True for column, name in FLAGS.items() if str(row.get(column) or "").strip() == "1"}
    region: dict[str, Any] = {"label": label, "box": [x0, y0, x1, y1], "attributes": attributes}
    if is_machine:
        region["score"] = confidence if confidence is not None else 1.0
    of_kind = picture.proposed if is_machine else picture.objects
    of_kind.append(region | {"id": str(len(of_kind) + 1)})


def _rows(pictures: Mapping[str, Picture], finder: ImageFinder) -> Iterator[Row]:
    for number, (place, picture) in enumerate(pictures.items(), start=1):
        folders = (picture.split, f"images/{picture.split}") if picture.split else ()
        is_name = is_image_name(place)
        path = finder.find(place, folders) if is_name else finder.find_stem(place, folders)
        name = place if is_name else f"{place}{path.suffix if path else '.jpg'}"
        image = ImageFile(path, name, in_shares=True)
        meta = {"split": picture.split} if picture.split else {}
        yield ExchangeItem(
            number, name, name, "image", (), meta, _answers(picture), _proposals(picture), picture.problems, image
        )


def _answers(picture: Picture) -> list[ExchangeAnswer]:
    claims = [Claim("boxes", "objects", picture.objects)] if picture.objects else []
    claims += [Claim("labels", "labels", list(dict.fromkeys(picture.labels)))] if picture.labels else []
    return [ExchangeAnswer(claim) for claim in claims]


def _proposals(picture: Picture) -> list[ExchangeProposal]:
    found = []
    if picture.proposed:
        claim = Claim("boxes", "objects", picture.proposed)
        found.append(ExchangeProposal(claim, min(float(one["score"]) for one in picture.proposed)))
    sure: Sequence[tuple[str, float]] = [one for one in picture.found if one[1] >= 0.5]
    if sure:
        claim = Claim("labels", "labels", list(dict.fromkeys(label for label, _ in sure)))
        found.append(ExchangeProposal(claim, min(share for _, share in sure)))
    return found


def _share(cell: Any) -> float | None:
    try:
        share = float(cell)
    except (TypeError, ValueError):
        return None
    return share if -1 <= share <= 2 else None
