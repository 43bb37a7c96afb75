"""Datumaro's own JSON: a folder with ``annotations/*.json``, one file a subset, and ``images/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.codec import UNNAMED
from tools.exchange.files.jsonread import parse_json
from tools.exchange.files.source import Source, json_cause
from tools.exchange.formats.datumaro.shapes import Categories, ItemShapes, read_annotations, read_categories
from tools.exchange.formats.pictures.image_marks import read_item_mark
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
from tools.records import to_json
from tools.schema import LabelSchema

SHAPES, CAPTION = "shapes", "caption"
SPLIT, UNSPLIT = "split", "default"
NO_IMAGE = "the item names no image"
_OWN = {"id", "annotations", "image", "media", "attr"}
_HEAD = 1 << 16


def sniff(source: Source) -> bool:
    """Whether the file is one, or the folder holds some."""
    return bool(_annotation_files(source))


def is_datumaro(record: Any) -> bool:
    """Whether a JSON value has the form of such a file."""
    return isinstance(record, Mapping) and "categories" in record and isinstance(record.get("items"), list)


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The items of all subsets."""
    notes: list[str] = []
    names = _declared(source) if schema is None else ()
    return RowSource(_rows(source, options, notes), notes, names)


def _declared(source: Source) -> tuple[str, ...]:
    """The labels that the files list, used or not."""
    names: list[str] = []
    for path in _annotation_files(source):
        try:
            record = parse_json(path.read_bytes())
        except ValueError:
            # The rows come next and say what is wrong.
            return ()
        names += read_categories(record.get("categories") if isinstance(record, Mapping) else None).labels
    return tuple(dict.fromkeys(name for name in names if name))


def _annotation_files(source: Source) -> list[Path]:
    """The files that look like it at their start; a dataset may be large, so that they are not read for that."""
    paths = source.files if source.is_folder else (source.path,)
    return [path for path in paths if path.suffix.lower() == ".json" and _looks_like(path)]


def _looks_like(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(_HEAD).decode("utf-8", "replace")
    # COCO's files have categories too, but a list of them.
    plain = "".join(head.split())
    return plain.startswith("{") and '"categories":{' in plain and ('"items":[' in plain or len(head) >= _HEAD)


def _rows(source: Source, options: ImportOptions, notes: list[str]) -> Iterator[Row]:
    finder, row, paths = ImageFinder(source.path), 0, _annotation_files(source)
    said: set[str] = set()
    taken: set[str] = set()
    if not paths and source.is_folder:
        raise FormatRefused(f"{source.name} holds no file of Datumaro.")
    for path in paths or [source.path]:
        try:
            record = parse_json(path.read_bytes())
        except ValueError as error:
            raise FormatRefused(f"{path.name} is not JSON: {json_cause(error)}.") from None
        if not is_datumaro(record):
            raise FormatRefused(f"{path.name} is no file of Datumaro: it has no categories and items.")
        categories = read_categories(record["categories"])
        for item in record["items"]:
            row += 1
            yield _row(row, item, path.stem, categories, finder, options, said, taken)
    notes += sorted(said)


def _row(
    row: int,
    record: Any,
    subset: str,
    categories: Categories,
    finder: ImageFinder,
    options: ImportOptions,
    said: set[str],
    taken: set[str],
) -> Row:
    if not isinstance(record, Mapping):
        return ExchangeReject(row, NO_IMAGE, to_json(record)[:200])
    name, size = _named(record)
    if not name:
        return ExchangeReject(row, NO_IMAGE, to_json(record.get("id"))[:200])
    shapes = read_annotations(record.get("annotations"), categories)
    said |= shapes.notes
    image = finder.image(name, *size, folders=[subset])
    meta: dict[str, Any] = {SPLIT: subset} if subset != UNSPLIT else {}
    attributes = record.get("attr")
    meta |= dict(attributes) if isinstance(attributes, Mapping) else {}
    mark = read_item_mark(record)
    # The folder of a subset is no part of the name, unless two subsets have an image of one name.
    shown = mark.name or name.removeprefix(f"{subset}/")
    shown = f"{subset}/{shown}" if shown in taken else shown
    taken.add(shown)
    return ExchangeItem(
        row,
        shown,
        mark.key or shown,
        "image",
        meta=meta,
        answers=[*_answers(shapes, options), *mark.answers],
        proposals=[*_proposals(shapes), *mark.proposals],
        problems=shapes.problems,
        image=image,
    )


def _named(record: Mapping[str, Any]) -> tuple[str, tuple[int, int]]:
    """The path of the item's image, and its (width, height) as stated, 0 where it is not."""
    media = [record[key] for key in ("image", "media") if isinstance(record.get(key), Mapping)]
    paths = [str(one["path"]) for one in media if one.get("path")]
    sizes = [one["size"] for one in media if _is_size(one.get("size"))]
    height, width = sizes[0] if sizes else (0, 0)
    return (paths[0] if paths else str(record.get("id") or "")), (int(width), int(height))


def _is_size(size: Any) -> bool:
    return isinstance(size, Sequence) and len(size) == 2 and all(isinstance(one, int) and one > 0 for one in size)


def _answers(shapes: ItemShapes, options: ImportOptions) -> list[ExchangeAnswer]:
    found = []
    if shapes.objects.regions or options.empty_is_answer:
        found.append(ExchangeAnswer(Claim(SHAPES, "objects", shapes.objects.regions)))
    found += [ExchangeAnswer(Claim(name, "labels", labels)) for name, labels in shapes.labels.items()]
    if shapes.captions:
        found.append(ExchangeAnswer(Claim(CAPTION, "text", shapes.captions)))
    return found


def _proposals(shapes: ItemShapes) -> list[ExchangeProposal]:
    regions = shapes.proposed.regions
    return [ExchangeProposal(Claim(SHAPES, "objects", regions), None, UNNAMED)] if regions else []
