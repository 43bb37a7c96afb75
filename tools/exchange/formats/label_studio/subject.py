"""What a Label Studio task is about: its text, its pair or turns, or its image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.codec import MARK
from tools.exchange.fields import FieldFinder
from tools.exchange.formats.label_studio.images import Picture, find_picture, stated_in
from tools.exchange.formats.label_studio.results import Results, read_results
from tools.exchange.formats.lines.records import NO_TEXT
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder
from tools.exchange.rows import Claim, ImageFile
from tools.exchange.tables.compose import NO_TURNS, join_parts, read_parts, read_turns
from tools.exchange.tables.roles import first_of, text_columns
from tools.modalities.registry import MODALITIES
from tools.records import ItemKind, Part

KEY, KIND, PARTS = "key", "item_kind", "item_parts"


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a task, the keys of ``data`` it came from, and where the offsets of each of them count."""

    text: str
    places: tuple[Part, ...]
    names: tuple[str, ...]
    kind: ItemKind
    parts: tuple[Part, ...] = ()
    image: ImageFile | None = None

    def read(self, annotation: Mapping[str, Any]) -> Results:
        """The claims of one annotation or prediction."""
        return read_results(annotation, self.text, self.places)


def subject_of(task: Mapping[str, Any], options: ImportOptions, images: ImageFinder | None) -> Text | Picture | str:
    """What a task is about, or the reason why that is not known."""
    if images is None or (not MODALITIES[options.item_kind].has_file and not any(stated_in(task))):
        found = _text(task["data"], options)
        if images is None or isinstance(found, Text):
            return found
    name = own_part(task["data"], "name")
    return find_picture(task, name if isinstance(name, str) else None, options, images)


def _text(data: Mapping[str, Any], options: ImportOptions) -> Text | str:
    """The text of a task, or the reason why there is none."""
    if isinstance(data.get(PARTS), list) and isinstance(data.get("text"), str):
        return _own_text(data)
    candidates = [name for name, cell in data.items() if isinstance(cell, (str, list))]
    try:
        names, conversation = text_columns(candidates, options.item_kind, options)
    except FormatRefused:
        names, conversation = _only_text(data, options), False
    cells = [data.get(first_of(list(data), [name])) for name in names]
    if conversation:
        try:
            text, parts = join_parts(read_turns(cells[0]))
            return Text(text, parts, names, "conversation", parts)
        except ValueError:
            return NO_TURNS
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    if not names or len(texts) != len(names):
        return NO_TEXT
    if len(texts) == 1:
        return Text(texts[0], (Part(names[0], 0, len(texts[0])),), names, "text")
    text, parts = join_parts(list(zip(names, texts, strict=True)))
    return Text(text, parts, names, "pair", parts)


def _own_text(data: Mapping[str, Any]) -> Text | str:
    """An item that an export of ours wrote: its offsets count in the whole text."""
    text = data["text"]
    try:
        parts = read_parts(data[PARTS], text)
    except ValueError as error:
        return str(error)
    return Text(text, (Part("text", 0, len(text)),), ("text",), str(data.get(KIND, "text")), parts)


def _only_text(data: Mapping[str, Any], options: ImportOptions) -> tuple[str, ...]:
    """The one key of ``data`` that holds text, where its name says nothing and nobody named another."""
    if options.text_column or options.pair_columns:
        return ()
    texts = [name for name, cell in data.items() if isinstance(cell, str) and name != KEY]
    return (texts[0],) if len(texts) == 1 and not texts[0].startswith(("image", "audio", "video")) else ()


def own_part(record: Mapping[str, Any], name: str) -> Any:
    """What stands under a name of our own mark."""
    own = record.get(MARK)
    return own.get(name) if isinstance(own, Mapping) else None


def addressed(claim: Claim, finder: FieldFinder | None) -> Claim:
    """Regions of a control that has the name of a field belong to that field, whatever shapes they have."""
    if claim.shape != "objects" or finder is None:
        return claim
    spec = finder.mapped.get(claim.source.casefold()) or finder.named(claim.source)
    if spec is None or not spec.is_image_region:
        return claim
    return Claim(claim.source, claim.shape, [{**region, "fields": [spec.id]} for region in claim.content])
