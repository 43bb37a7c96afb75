"""Items as hostile as people's files, and the way they take: written by one export, read back by one import."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import write_export
from tools.records import Item, Part, to_json
from tools.schema import LabelSchema
from tools.values import check_value, same_value

FIELDS = [
    {
        "id": "intent",
        "kind": "choice",
        "labels": [
            {"id": "refund", "name": "Refund"},
            {"id": "formula", "name": "=SUM(A1)"},
            {"id": "a", "name": "b"},
            {"id": "b", "name": "two words; and more"},
            {"id": "cjk", "name": "退款"},
        ],
        "none_of_these": True,
    },
    {"id": "topics", "kind": "multi_choice", "labels": ["Money, cash", "Delivery", "-1", 'quote"d']},
    {"id": "entities", "kind": "spans", "labels": ["PER", "creative-work", "two words"]},
    {"id": "joins", "kind": "relations", "over": "entities", "labels": ["owns", "knows of"]},
    {"id": "stars", "kind": "rating"},
    {"id": "note", "kind": "text"},
]
SCHEMA = LabelSchema.model_validate({"name": "Everything", "fields": FIELDS})
PIECES = (
    "a", "Bc", " ", "\n", "\r\n", "\r", "\t", '"', '""', ",", ";", "|", "'", "=", "+", "-", "@", "'=", "''-", "\\",
    "\\n", "😀", "👩\u200d👧", "e\u0301", "שלום", "\u202e", "\u2028", "\u2029", "\x85", "\ufeff", "\u200b", "日本",
    "&&", "<b>", "{", "[", "]", "null", "1", "0.5", "#", "__label__x", "-DOCSTART-", "\x1e\x1e\x1e", "\x0b", "\x1f",
    "\x7f", "ß", "İ",
)  # fmt: skip
NAMES = ("text", "key", "intent", "Intent", "meta", "meta.x", "=cmd", " edge ", "kind", "parts", "id", "label", "split")
NAMES += ("annotator", "formulas_escaped", "data", "intent.status", "tokens", "status", "a\nb", 'q"', "é", "answer", "")
PEOPLE = ("anna", "bob@example.com", "=cmd|' /C calc'!A0", "Zoë 王")
TIMES = (None, datetime(2026, 1, 2, 3, 4, 5, 678901, UTC), datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC))

texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join).filter(lambda text: text.strip())
words = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)
flat_metas = st.dictionaries(st.sampled_from(NAMES), words, max_size=4)
json_cells = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False, allow_infinity=False), words),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(words, inner, max_size=2)),
    max_leaves=3,
)
json_metas = st.dictionaries(st.sampled_from(NAMES), json_cells, max_size=4)


@st.composite
def values(draw: Any, field: str, text: str, spans: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """One value of a field of :data:`SCHEMA`."""
    spec = SCHEMA.field(field)
    label = st.sampled_from(spec.label_ids or ("",))
    if spec.kind == "choice":
        return {"label": draw(label)}
    if spec.kind == "multi_choice":
        return check_value(spec, {"labels": draw(st.lists(label, unique=True))})
    if spec.kind == "rating":
        return {"rating": draw(st.integers(1, 5))}
    if spec.kind == "text":
        return {"text": draw(words)}
    if spec.kind == "spans":
        found = draw(st.lists(st.tuples(st.integers(0, len(text) - 1), st.integers(1, 4), label), max_size=4))
        bare = {(start, min(start + size, len(text)), name) for start, size, name in found}
        regions = [{"id": f"s{at}", "start": a, "end": b, "label": n} for at, (a, b, n) in enumerate(sorted(bare))]
        return check_value(spec, {"spans": regions}, text)
    ids = [span["id"] for span in spans]
    pairs = [(one, other) for one in ids for other in ids if one != other]
    if not pairs:
        return {"relations": []}
    joined = draw(st.lists(st.tuples(st.sampled_from(pairs), label), max_size=3, unique=True))
    found = [{"id": f"r{at}", "from": a, "to": b, "label": n} for at, ((a, b), n) in enumerate(joined)]
    return check_value(spec, {"relations": found}, text, spans)


@st.composite
def decisions(draw: Any, people: Sequence[str], value: Mapping[str, Any] | None) -> list[ExportDecision]:
    """Decisions that all say ``value``, with events beside them."""
    found = []
    for person in people:
        is_event = value is None or draw(st.integers(0, 5)) == 0
        verdict = draw(st.sampled_from(("reject", "skip", "flag") if is_event else ("accept", "choose", "edit")))
        exposure = draw(st.sampled_from(("blind", "suggested", "imported_unknown")))
        reason = draw(words) if is_event else ""
        when = draw(st.sampled_from(TIMES))
        found.append(ExportDecision(person, verdict, None if is_event else value, when, exposure, 7, None, 1.5, reason))
    return found


@st.composite
def fields(draw: Any, text: str, asked: Sequence[str], has_proposals: bool) -> dict[str, ExportField]:
    """Answers to some of the fields, agreed on by one or two people, or undecided."""
    answers: dict[str, ExportField] = {}
    people = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True))
    spans: Sequence[Mapping[str, Any]] = ()
    for name in asked:
        if not draw(st.booleans()):
            continue
        value = draw(values(name, text, spans))
        said = draw(decisions(people, value))
        if all(one.value is None for one in said):
            answers[name] = ExportField(name, "undecided", None, said, None)
            continue
        proposal = draw(proposals(name, text, spans)) if has_proposals and name != "joins" else None
        answers[name] = ExportField(name, "agreed", value, said, proposal)
        spans = value["spans"] if name == "entities" else spans
    return _without_dangling(answers)


def _without_dangling(answers: dict[str, ExportField]) -> dict[str, ExportField]:
    """Everybody whose relations stand has spans for them, as the project makes sure."""
    joins, entities = answers.get("joins"), answers.get("entities")
    if joins is None:
        return answers
    owners = {one.reviewer for one in entities.decisions if one.value is not None} if entities else set()
    if any(one.value is not None and one.reviewer not in owners for one in joins.decisions):
        del answers["joins"]
    return answers


@st.composite
def proposals(draw: Any, field: str, text: str, spans: Sequence[Mapping[str, Any]]) -> ExportProposal | None:
    """What a model proposed, or nothing."""
    if draw(st.booleans()):
        return None
    value = draw(values(field, text, spans))
    score = draw(st.sampled_from((None, 0.0, 0.25, 1.0)))
    return ExportProposal(11, 3, value, score, "uncalibrated", "builtin:few-shot", "r1", "intent.v1", "abc")


@st.composite
def exports(draw: Any, asked: Sequence[str], metas: Any = json_metas, has_proposals: bool = True) -> list[ExportItem]:
    """A few items under different keys."""
    keys = draw(st.lists(words.filter(lambda key: key.strip()), min_size=1, max_size=3, unique=True))
    items = []
    for number, key in enumerate(keys, start=1):
        text = draw(texts)
        item = Item(number, key, text, meta=draw(metas))
        items.append(ExportItem(item, draw(fields(text, asked, has_proposals))))
    return items


def keep_all(**changed: Any) -> ExportOptions:
    """Options under which every item is written."""
    return ExportOptions(keep_undecided=True, include_unreviewed=True, **changed)


def there_and_back(
    format: str, items: Sequence[ExportItem], schema: LabelSchema, target: Path, options: ExportOptions
) -> ImportBatch:
    """What an import reads of what an export wrote."""
    write_export(format, items, schema, target, options)
    return read_file(target, schema, ImportOptions(format=format, annotator="declared", text_column="text"))


def told(items: Sequence[ExportItem]) -> dict[str, Any]:
    """Everything the items say, in the words of a batch."""
    return {
        "items": sorted(
            (one.item.key, one.item.text, one.item.kind, _parts(one.item.parts), to_json(dict(one.item.meta)))
            for one in items
        ),
        "labels": sorted(
            _decision(one, name, said) for one, name, found in _answers(items) for said in found.decisions
        ),
        "proposals": sorted(
            (one.item.key, name, to_json(found.proposal.value), str(found.proposal.score), found.proposal.backend)
            for one, name, found in _answers(items)
            if found.proposal is not None
        ),
    }


def read(batch: ImportBatch) -> dict[str, Any]:
    """Everything a batch says, in an order of its own."""
    key_of = dict(zip(batch.items["row"].to_pylist(), batch.items["key"].to_pylist(), strict=True))
    columns = ("key", "text", "kind", "parts", "meta")
    return {
        "items": sorted(tuple(one[name] for name in columns) for one in batch.items.to_pylist()),
        "labels": sorted(
            (
                key_of[one["row"]], one["field"], one["annotator"], one["value"] or "", one["verdict"],
                str(one["decided_at"]), one["exposure"], one["reason"],
            )
            for one in batch.labels.to_pylist()
        ),
        "proposals": sorted(
            (key_of[one["row"]], one["field"], one["value"], str(one["score"]), one["backend"])
            for one in batch.proposals.to_pylist()
        ),
    }  # fmt: skip


def _answers(items: Sequence[ExportItem]) -> list[tuple[ExportItem, str, ExportField]]:
    return [(one, name, found) for one in items for name, found in one.fields.items()]


def _decision(item: ExportItem, field: str, one: ExportDecision) -> tuple[str, ...]:
    value = "" if one.value is None else to_json(one.value)
    return (
        item.item.key, field, one.reviewer, value, one.verdict, str(one.decided_at), one.exposure, one.reason,
    )  # fmt: skip


def _parts(parts: Sequence[Part]) -> str:
    return to_json([{"role": one.role, "start": one.start, "end": one.end} for one in parts]) if parts else ""


def exported(batch: ImportBatch, schema: LabelSchema) -> list[ExportItem]:
    """The items of a batch as a project would hand them to an export."""
    labels: dict[int, dict[str, list[ExportDecision]]] = {}
    for one in batch.labels.to_pylist():
        value = json.loads(one["value"]) if one["value"] else None
        said = ExportDecision(
            one["annotator"], one["verdict"], value, one["decided_at"], one["exposure"], reason=one["reason"]
        )
        labels.setdefault(one["row"], {}).setdefault(one["field"], []).append(said)
    items = []
    for one in batch.items.to_pylist():
        parts = tuple(Part(p["role"], p["start"], p["end"]) for p in json.loads(one["parts"] or "[]"))
        key = one["key"] or f"row {one['row']}"
        item = Item(one["row"], key, one["text"], one["kind"], parts, json.loads(one["meta"]))
        found = labels.get(one["row"], {})
        items.append(ExportItem(item, {name: _field(name, said) for name, said in found.items()}))
    return items


def _field(name: str, said: list[ExportDecision]) -> ExportField:
    valued = [one.value for one in said if one.value is not None]
    if not valued:
        return ExportField(name, "undecided", None, said)
    if all(same_value(one, valued[0]) for one in valued):
        return ExportField(name, "agreed", valued[0], said)
    return ExportField(name, "conflict", None, said)
