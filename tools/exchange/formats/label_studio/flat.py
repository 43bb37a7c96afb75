"""Label Studio's JSON_MIN: one annotation a row, its results under the names of their controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.exchange.builder import moment
from tools.exchange.fields import FieldFinder
from tools.exchange.formats.label_studio.images import Picture, flat_results
from tools.exchange.formats.label_studio.results import annotator_of, min_claims
from tools.exchange.formats.label_studio.subject import KEY, Text, addressed, subject_of
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder
from tools.exchange.rows import ExchangeAnswer, ExchangeItem, ExchangeReject, Row
from tools.kinds.choice import LABEL_COLUMNS
from tools.records import to_json

MIN_KEYS = ("annotator", "annotation_id", "lead_time", "created_at", "updated_at")


def is_flat(record: Mapping[str, Any]) -> bool:
    """Whether the object is a row of JSON_MIN."""
    return sum(key in record for key in MIN_KEYS) >= 3 and "annotation_id" in record


def flat_item(
    number: int,
    record: Mapping[str, Any],
    options: ImportOptions,
    finder: FieldFinder | None,
    images: ImageFinder | None,
) -> Row:
    """A row of JSON_MIN: one annotation with its results under their own names."""
    bare = {name: cell for name, cell in record.items() if name not in MIN_KEYS}
    marked = flat_results(bare) if images is not None else []
    found = subject_of({"data": bare, "annotations": [{"result": marked}]}, options, images)
    if isinstance(found, str):
        return ExchangeReject(number, found, to_json(record)[:200])
    regions = {one["from_name"] for one in marked}
    free = {name: cell for name, cell in record.items() if name not in {*found.names, *MIN_KEYS, "id", KEY, *regions}}
    places = found.places if isinstance(found, Text) else ()
    results = min_claims(free, lambda name: _is_answer(name, finder), found.text, places)
    if isinstance(found, Picture):
        drawn = found.read({"result": marked})
        results.claims += [addressed(claim, finder) for claim in drawn.claims]
        results.problems += drawn.problems
    who = annotator_of(record.get("annotator"))
    when = moment(record.get("updated_at") or record.get("created_at"))
    answers = [ExchangeAnswer(claim, who, "choose", when) for claim in results.claims]
    used = {*found.names, *MIN_KEYS, "id", KEY, *(claim.source for claim in results.claims)}
    used |= {source for source, _, _ in results.problems}
    meta = {name: cell for name, cell in record.items() if name not in used and cell is not None}
    key = record.get(options.key_column) if options.key_column else record.get(KEY, record.get("id"))
    named = None if key is None else str(key)
    return ExchangeItem(
        number,
        found.text,
        named,
        found.kind,
        found.parts,
        meta,
        answers,
        (),
        results.problems,
        found.image,
    )


def _is_answer(name: str, finder: FieldFinder | None) -> bool:
    """Whether a plain cell of JSON_MIN is an answer: its name is that of a field, or a usual one for labels."""
    if finder and (name.casefold() in finder.mapped or finder.named(name) is not None):
        return True
    return name.casefold() in LABEL_COLUMNS
