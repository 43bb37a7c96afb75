"""Prodigy's JSONL: one task and its answer a line.

``accept`` gives what the task shows: its spans and relations, the chosen options, or the one label. ``reject`` of
one label says that this label is absent; of anything else, only that it was wrong. ``ignore`` is a skip.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tools.exchange.builder import moment
from tools.exchange.codec import MARK, answer_about, proposal_from
from tools.exchange.fields import FieldFinder
from tools.exchange.files.source import Source
from tools.exchange.formats.lines.lines import first_objects, objects
from tools.exchange.options import ImportOptions
from tools.exchange.rows import (
    Claim,
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ExchangeReject,
    Row,
    RowSource,
)
from tools.exchange.tables.compose import read_parts
from tools.records import VALUED_VERDICTS, ItemKind, Verdict, to_json
from tools.schema import LabelSchema

SPANS, RELATIONS, CHOICE, LABEL = "spans", "relations", "accept", "label"
ABSENT = "not "
_SPAN_VIEWS = ("ner", "spans", "rel")
_ANSWERS = ("accept", "reject", "ignore")
_USED = {"text", "meta", "tokens", "spans", "relations", "options", "accept", "label", "answer", "key"}
_USED |= {"_timestamp", "_annotator_id", "_session_id"}


def sniff(source: Source) -> bool:
    """Whether the file holds Prodigy tasks."""
    found = first_objects(source)
    return bool(found) and (found[0].get("answer") in _ANSWERS or "_task_hash" in found[0])


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The tasks of the file as items."""
    notes = list(source.encoding_notes)
    return RowSource(_Reader(source, options, schema, notes).rows(), notes)


class _Reader:
    def __init__(self, source: Source, options: ImportOptions, schema: LabelSchema | None, notes: list[str]) -> None:
        self._source, self._options, self._notes = source, options, notes
        self._finder = FieldFinder(schema, options.label_columns) if schema else None
        self._deduced = self._unanswered = self._tokens = 0

    def rows(self) -> Iterator[Row]:
        for number, record in objects(self._source):
            if isinstance(record, ExchangeReject):
                yield record
            else:
                yield self._item(number, record)
        self._say(self._tokens, "token lists were left out: they follow from the text")
        self._say(self._deduced, "rejections of one of two labels were taken as the other label")
        self._say(self._unanswered, "tasks have no answer and were taken without labels")

    def _say(self, count: int, what: str) -> None:
        if count:
            self._notes.append(f"{count} {what}.")

    def _item(self, number: int, record: Mapping[str, Any]) -> Row:
        text = record.get(self._options.text_column or "text")
        if not isinstance(text, str) or not text.strip():
            return ExchangeReject(number, "there is no text", to_json(record)[:200])
        own = record.get(MARK)
        own = own if isinstance(own, Mapping) else {}
        try:
            parts = read_parts(own.get("parts") or (), text)
        except ValueError as error:
            return ExchangeReject(number, str(error), text)
        kind: ItemKind = "text" if not parts else "conversation" if own.get("kind") == "conversation" else "pair"
        self._tokens += "tokens" in record
        key = record.get(self._options.key_column or "key")
        named = None if key is None else str(key)
        answers, proposals = self._answers(record), _own_proposals(record)
        return ExchangeItem(number, text, named, kind, parts, _meta(record), answers, proposals)

    def _answers(self, record: Mapping[str, Any]) -> list[ExchangeAnswer]:
        said = record.get("answer")
        if said not in _ANSWERS:
            self._unanswered += 1
            return []
        claims = _claims(record)
        own = self._own_answers(record, claims)
        if own is not None:
            return own
        if said == "accept":
            return [_answer(record, claim, "accept" if claim.source == LABEL else "choose") for claim in claims]
        if said == "ignore":
            return [_answer(record, Claim(claim.source, claim.shape, None), "skip") for claim in claims]
        return [self._rejected(record, claim) for claim in claims]

    def _own_answers(self, record: Mapping[str, Any], claims: list[Claim]) -> list[ExchangeAnswer] | None:
        """The answers with all that an export of ours says about them, if the task is still the one it wrote."""
        own = record.get(MARK)
        fields = own.get("fields") if isinstance(own, Mapping) else None
        if not isinstance(fields, Mapping) or self._finder is None:
            return None
        found = {spec.id: c for c in claims if not isinstance(spec := self._finder.find(c.source, c.shape), str)}
        answers = []
        for name, told in fields.items():
            is_event = isinstance(told, Mapping) and told.get("verdict") not in VALUED_VERDICTS
            claim = Claim(name, "labels", None) if is_event else found.get(name)
            if claim is None or told.get("reviewer") != record.get("_annotator_id"):
                return None
            try:
                answers.append(answer_about(claim, told))
            except ValueError:
                return None
        return answers

    def _rejected(self, record: Mapping[str, Any], claim: Claim) -> ExchangeAnswer:
        """A rejected label is absent; what that says depends on the field."""
        event = Claim(claim.source, claim.shape, None)
        if claim.source != LABEL:
            return _answer(record, event, "reject", "rejected in Prodigy")
        name = str(claim.content[0])
        spec = self._finder.find(claim.source, claim.shape) if self._finder else ""
        if isinstance(spec, str) or not spec.record.is_labels:
            return _answer(record, event, "reject", f"{ABSENT}{name}")
        if spec.kind == "multi_choice":
            return _answer(record, Claim(claim.source, claim.shape, []), "choose")
        others = [one.id for one in spec.answers if name.strip().casefold() not in (one.id, one.name.casefold())]
        if len(spec.answers) == 2 and len(others) == 1:
            self._deduced += 1
            return _answer(record, Claim(claim.source, claim.shape, others), "choose", f"{ABSENT}{name}")
        return _answer(record, event, "reject", f"{ABSENT}{name}")


def _meta(record: Mapping[str, Any]) -> dict[str, Any]:
    """The object under ``meta``, and what else stands in the task and is no part of the question."""
    used = _USED | ({MARK, "status", "flagged"} if MARK in record else set())
    beside = {name: cell for name, cell in record.items() if name not in used and cell is not None}
    inner = record.get("meta")
    return {**(inner if isinstance(inner, Mapping) else {}), **beside}


def _own_proposals(record: Mapping[str, Any]) -> list[ExchangeProposal]:
    """What models proposed, where an export of ours says so."""
    own = record.get(MARK)
    told = own.get("proposals") if isinstance(own, Mapping) else None
    if not isinstance(told, Mapping):
        return []
    try:
        return [found for name, one in told.items() if (found := proposal_from(str(name), one))]
    except ValueError:
        return []


def _answer(record: Mapping[str, Any], claim: Claim, verdict: Verdict, reason: str = "") -> ExchangeAnswer:
    who = next((str(record[key]) for key in ("_annotator_id", "_session_id") if record.get(key)), "")
    return ExchangeAnswer(claim, who, verdict, moment(record.get("_timestamp")), reason=reason)


def _claims(record: Mapping[str, Any]) -> list[Claim]:
    """The questions that a task asks, with what it shows for each."""
    claims: list[Claim] = []
    view = str(record.get("_view_id") or "")
    asks_nothing_else = not any(key in record for key in (LABEL, CHOICE, "options"))
    if SPANS in record or view.startswith(_SPAN_VIEWS) or ("tokens" in record and asks_nothing_else):
        spans = [_span(one, RELATIONS in record) for one in record.get(SPANS) or ()]
        claims.append(Claim(SPANS, "spans", spans))
        if RELATIONS in record:
            claims.append(Claim(RELATIONS, "relations", [_relation(one) for one in record[RELATIONS] or ()]))
    if CHOICE in record or "options" in record:
        claims.append(Claim(CHOICE, "labels", record.get(CHOICE) or []))
    elif isinstance(record.get(LABEL), str):
        claims.append(Claim(LABEL, "labels", [record[LABEL]]))
    own = record.get(MARK)
    asks = own.get("asks") if isinstance(own, Mapping) else None
    if not isinstance(asks, Mapping):
        return claims
    # An export of ours says which field each part of the task is about.
    return [replace(claim, source=str(asks.get(claim.source, claim.source))) for claim in claims]


def _span(one: Any, is_joined: bool) -> Any:
    if not isinstance(one, Mapping):
        return {}
    named = {"id": span_id(one)} if is_joined or one.get("id") else {}
    return {**named, **{key: one.get(key) for key in ("start", "end", "label")}}


def _relation(one: Any) -> Any:
    """Relations name their ends by token numbers and repeat the spans: the offsets are what counts."""
    if not isinstance(one, Mapping):
        return {}
    ends = {end: one.get(side) for end, side in (("from", "head_span"), ("to", "child_span"))}
    named = {end: span_id(span) if isinstance(span, Mapping) else "" for end, span in ends.items()}
    own = {"id": str(one["id"])} if one.get("id") else {}
    return {"label": one.get("label"), **named, **own}


def span_id(span: Mapping[str, Any]) -> str:
    """A span's own id, else one made of its place and label, which relations can be matched by."""
    return str(span.get("id") or f"s{span.get('start')}_{span.get('end')}_{span.get('label')}")
