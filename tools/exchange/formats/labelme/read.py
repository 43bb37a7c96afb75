"""LabelMe: one JSON file beside each image, in a folder or on its own.

The flags of a file are labels of the whole image; its own flag ``__ignore__`` is a skip.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.exchange.codec import MARK, UNNAMED
from tools.exchange.files.jsonread import parse_json
from tools.exchange.files.source import Source, json_cause
from tools.exchange.formats.labelme.shapes import FileShapes, read_shapes
from tools.exchange.formats.pictures.image_marks import read_item_mark
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.embedded import unpack_image
from tools.exchange.pictures.image_files import ImageFinder
from tools.exchange.rows import (
    EVERY_FIELD,
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

SHAPES, FLAGS, IGNORED = "shapes", "flags", "__ignore__"
NOT_ONE = "the file is no LabelMe file: it has no list of shapes"
EMBEDDED = "Images that were not found beside their files were taken from inside them."
_KNOWN = {"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth", MARK}


def sniff(source: Source) -> bool:
    """Whether the file is one, or the first JSON file of the folder is."""
    paths = _json_files(source)
    return bool(paths) and is_labelme(_read(paths[0]))


def is_labelme(record: Any) -> bool:
    """Whether a JSON value has the form of such a file."""
    return isinstance(record, Mapping) and isinstance(record.get("shapes"), list) and "imagePath" in record


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The files as items, each about one image."""
    notes: list[str] = []
    return RowSource(_rows(source, options, notes), notes)


def _json_files(source: Source) -> list[Path]:
    paths = source.files if source.is_folder else (source.path,)
    return [path for path in paths if path.suffix.lower() == ".json"]


def _read(path: Path) -> Any:
    try:
        return parse_json(path.read_bytes())
    except (ValueError, UnicodeError):
        return None


def _rows(source: Source, options: ImportOptions, notes: list[str]) -> Iterator[Row]:
    finder, said = ImageFinder(source.path), set()
    root = source.path if source.is_folder else source.path.parent
    for row, path in enumerate(_json_files(source), start=1):
        where = path.relative_to(root).as_posix()
        try:
            record = parse_json(path.read_bytes())
        except ValueError as error:
            yield ExchangeReject(row, f"not JSON: {json_cause(error)}", where)
            continue
        if not is_labelme(record):
            yield ExchangeReject(row, NOT_ONE, where)
            continue
        image = _image(record, path, root, finder)
        shapes = read_shapes(record["shapes"], (image.width, image.height))
        said |= shapes.notes | ({EMBEDDED} if image.path is not None and finder.inside(image.path) is None else set())
        yield _item(row, record, image, shapes, options)
    notes += sorted(said)


def _item(row: int, record: Mapping[str, Any], image: ImageFile, shapes: FileShapes, options: ImportOptions) -> Row:
    mark = read_item_mark(record)
    answers = [*_flag_answers(record.get("flags"), mark.labels or FLAGS), *mark.answers]
    if shapes.objects.regions or options.empty_is_answer:
        answers.append(ExchangeAnswer(Claim(SHAPES, "objects", shapes.objects.regions)))
    proposals, proposed = list(mark.proposals), shapes.proposed.regions
    if proposed:
        proposals.append(ExchangeProposal(Claim(SHAPES, "objects", proposed), None, UNNAMED))
    meta = {name: cell for name, cell in record.items() if name not in _KNOWN and cell is not None}
    shown = mark.name or image.name
    return ExchangeItem(
        row,
        shown,
        mark.key or shown,
        "image",
        meta=meta,
        answers=answers,
        proposals=proposals,
        problems=shapes.problems,
        image=image,
    )


def _flag_answers(flags: Any, source: str) -> Iterator[ExchangeAnswer]:
    """The flags that are on; none of them on says nothing, for that is how a file begins."""
    on = [str(name) for name, value in flags.items() if value is True] if isinstance(flags, Mapping) else []
    if IGNORED in on:
        yield ExchangeAnswer(Claim(EVERY_FIELD, "labels", None), verdict="skip", reason=IGNORED)
        on.remove(IGNORED)
    if on:
        yield ExchangeAnswer(Claim(source, "labels", on))


def _image(record: Mapping[str, Any], path: Path, root: Path, finder: ImageFinder) -> ImageFile:
    """The image of a file, named by its place in the folder; from inside the file only where there is none beside."""
    named = str(record.get("imagePath") or "").replace("\\", "/")
    width, height = (_whole(record.get(key)) for key in ("imageWidth", "imageHeight"))
    folder = path.parent.relative_to(root).as_posix()
    base = named.rpartition("/")[2] or path.stem
    found = finder.inside(path.parent / base) if base else None
    found = found or finder.find(named, [folder] if folder != "." else [])
    name = base if folder == "." else f"{folder}/{base}"
    written = record.get("imageData")
    if found is None and isinstance(written, str) and written:
        found = unpack_image(written, Path(base).suffix.lower() or ".png")
    return ImageFile(found, name, width, height)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
