"""CVAT for images 1.1: one XML file with an ``<image>`` for each image, the images beside it or in ``images/``.

What a model drew (``source="auto"``) becomes a proposal; the rest is what people drew, and the file does not say who.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from tools.errors import FormatRefused
from tools.exchange.codec import UNNAMED
from tools.exchange.files.source import Source
from tools.exchange.files.xmlread import children_of
from tools.exchange.formats.cvat.shapes import ImageShapes, Meaning, read_meaning, read_shapes
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder
from tools.exchange.rows import (
    Claim,
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ExchangeReject,
    Row,
    RowSource,
)
from tools.schema import LabelSchema

SHAPES, TAGS, SPLIT = "shapes", "tags", "split"
TRACK = "tracks of videos are not read here"
NO_NAME = "the image has no name"
_HEAD = 4096


def sniff(source: Source) -> bool:
    """Whether the file is one, or the folder holds one."""
    return bool(_annotation_files(source))


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The images of the file, or of all the files of the folder, as items."""
    notes: list[str] = []
    names = _declared(source) if schema is None else ()
    return RowSource(_rows(source, options, notes), notes, names)


def _declared(source: Source) -> tuple[str, ...]:
    """The labels in the heads of the files, used or not; points of skeletons are no labels of their own."""
    names: list[str] = []
    for path in _annotation_files(source):
        try:
            head = next((child for child in children_of(path.read_bytes()) if child.tag == "meta"), None)
        except ValueError:
            # The rows come next and say what is wrong.
            return ()
        labels = head.iter("label") if head is not None else ()
        names += [one.findtext("name") or "" for one in labels if not one.findtext("parent")]
    return tuple(dict.fromkeys(name for name in names if name))


def _annotation_files(source: Source) -> list[Path]:
    paths = source.files if source.is_folder else (source.path,)
    return [path for path in paths if path.suffix.lower() == ".xml" and _is_annotations(path)]


def _is_annotations(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(_HEAD).replace(b"\0", b"")
    return b"<annotations" in head


def _rows(source: Source, options: ImportOptions, notes: list[str]) -> Iterator[Row]:
    row, said, paths = 0, set(), _annotation_files(source)
    if not paths:
        raise FormatRefused(f"{source.name} is no file of CVAT: it does not begin with <annotations>.")
    taken: set[str] = set()
    for path in paths:
        finder, meaning = ImageFinder(source.path if source.is_folder else path, (path.parent,)), Meaning()
        try:
            for child in children_of(path.read_bytes()):
                if child.tag == "meta":
                    meaning = read_meaning(child)
                elif child.tag in ("image", "track"):
                    row += 1
                    found, shapes = _row(row, child, finder, meaning, options, taken)
                    said |= shapes.notes
                    yield found
        except ValueError as error:
            raise FormatRefused(f"{path.name} cannot be read as CVAT's XML: {error}.") from None
    notes += sorted(said)


def _row(
    row: int, element: Element, finder: ImageFinder, meaning: Meaning, options: ImportOptions, taken: set[str]
) -> tuple[Row, ImageShapes]:
    name, size = element.get("name") or "", (_whole(element, "width"), _whole(element, "height"))
    if element.tag == "track":
        return ExchangeReject(row, TRACK, element.get("label") or ""), ImageShapes()
    if not name:
        return ExchangeReject(row, NO_NAME, element.get("id") or ""), ImageShapes()
    shapes = read_shapes(element, size, meaning)
    subset = element.get("subset") or ""
    image = finder.image(name, *size, folders=[subset] if subset else [])
    meta = {SPLIT: subset} if subset else {}
    # The folder of a subset is no part of the name, unless two subsets have an image of one name.
    shown = name.removeprefix(f"{subset}/") if subset else name
    shown = f"{subset}/{shown}" if subset and shown in taken else shown
    taken.add(shown)
    item = ExchangeItem(
        row,
        shown,
        shown,
        "image",
        meta=meta,
        answers=_answers(shapes, options),
        proposals=_proposals(shapes),
        problems=shapes.problems,
        image=image,
    )
    return item, shapes


def _answers(shapes: ImageShapes, options: ImportOptions) -> list[ExchangeAnswer]:
    """What people said. An image without a shape may be one that nobody has looked at."""
    found = []
    if shapes.drawn.regions or options.empty_is_answer:
        found.append(ExchangeAnswer(Claim(SHAPES, "objects", shapes.drawn.regions)))
    if shapes.tags:
        found.append(ExchangeAnswer(Claim(TAGS, "labels", shapes.tags)))
    return found


def _proposals(shapes: ImageShapes) -> list[ExchangeProposal]:
    found = []
    if shapes.proposed.regions:
        found.append(ExchangeProposal(Claim(SHAPES, "objects", shapes.proposed.regions), None, UNNAMED))
    if shapes.proposed_tags:
        found.append(ExchangeProposal(Claim(TAGS, "labels", shapes.proposed_tags), None, UNNAMED))
    return found


def _whole(element: Element, name: str) -> int:
    try:
        return max(0, int(element.get(name) or 0))
    except ValueError:
        return 0
