"""Rows in, one columnar batch out: the way of the row-oriented formats."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_args

from tools.errors import InputError
from tools.exchange.batch import DROPPED, ITEMS, LABELS, PROPOSALS, REJECTS, Columns, ImportBatch, excerpt_of
from tools.exchange.fields import FieldFinder, ValueTaker, require_annotator
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_column import ImageColumn
from tools.exchange.region_claims import RegionRouter, is_regions, merged
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, ExchangeProposal, ExchangeReject, Row
from tools.kinds.asked import Subject
from tools.records import ExposureKind, Part, to_json
from tools.schema import FieldSpec, LabelSchema
from tools.sentences import count_of, verb
from tools.values import regions_of

EXPOSURES = get_args(ExposureKind)
Spans = dict[str, Sequence[Mapping[str, Any]]]
TAKEN_VERDICTS = ("accept", "choose", "edit", "reject", "skip", "flag")
EMPTY_TEXT = "the text is empty"
NUL_TEXT = "the row holds a NUL character"
HALF_TEXT = "the row holds half of a surrogate pair, which is not Unicode"
UNSTORABLE = "the answer holds a NUL character or half of a surrogate pair"
SAME_KEY = "another row has the same key and text; its labels were added to that item"
TAKEN_KEY = "the key is already used by another row with another text"
_JSON_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
TWICE = "the same annotator gave another answer for the same item"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a batch says about where it comes from."""

    name: str
    digest: str
    format: str


class AnswerColumns:
    """Labels, proposals and what could not be taken over, filled item by item."""

    def __init__(self, schema: LabelSchema, options: ImportOptions, source_name: str) -> None:
        self.finder = FieldFinder(schema, options.label_columns)
        self.taker = ValueTaker(schema)
        self.labels, self.proposals, self.dropped = Columns(LABELS), Columns(PROPOSALS), Columns(DROPPED)
        self.notes: Counter[str] = Counter()
        self._router = RegionRouter(schema, self.finder)
        self._options, self._source_name = options, source_name
        self._said: dict[tuple[int, str, str], str | None] = {}

    def add_answers(self, row: int, about: Subject, answers: Iterable[ExchangeAnswer]) -> None:
        """The labels of one item, each put to the field it means."""
        pairs: list[tuple[FieldSpec, ExchangeAnswer]] = []
        for answer in answers:
            if is_regions(answer.claim):
                pairs += [(spec, replace(answer, claim=claim)) for spec, claim in self._routed(row, answer.claim)]
                continue
            for spec in self.finder.all(answer.claim):
                if isinstance(spec, str):
                    self.dropped.add(row, answer.claim.source, spec, excerpt_of(str(answer.claim.content)))
                else:
                    pairs.append((spec, answer))
        self.add_pairs(row, about, merged(pairs) if about.size else pairs)

    def add_pairs(self, row: int, about: Subject, pairs: Sequence[tuple[FieldSpec, ExchangeAnswer]]) -> None:
        """The labels of one item, whose fields are known; those of one annotator may join each other's spans."""
        spans: dict[str, Spans] = {}
        for spec, answer in sorted(pairs, key=lambda pair: pair[0].record.joins):
            self._add_answer(row, about, spec, answer, spans.setdefault(answer.annotator, {}))

    def _routed(self, row: int, claim: Claim, mark: str = "") -> list[tuple[FieldSpec, Claim]]:
        routed, problems = self._router.route(claim)
        self.dropped.add_problems(row, claim.source, ((f"{mark}{one}", str(region)) for one, region in problems))
        self.notes.update(self._router.losses(routed))
        return routed

    def _add_answer(self, row: int, about: Subject, spec: FieldSpec, answer: ExchangeAnswer, spans: Spans) -> None:
        value: str | None = None
        if answer.claim.content is not None:
            taken = self.taker.take(spec, answer.claim, replace(about, spans=spans.get(spec.over, ())))
            self.dropped.add_problems(row, spec.id, taken.problems)
            self.notes.update(taken.notes)
            if taken.value is None:
                return
            spans[spec.id] = regions_of(taken.value)
            value = taken.json
        if not is_storable(value, answer.annotator, answer.reason):
            self.dropped.add(row, spec.id, UNSTORABLE, excerpt_of(str(answer.claim.content)))
            return
        annotator = require_annotator(answer.annotator or self._options.annotator, self._source_name)
        if self._is_new(row, spec, annotator, value, answer):
            exposure = answer.exposure if answer.exposure in EXPOSURES else self._options.exposure
            reason = answer.reason
            self.labels.add(row, spec.id, annotator, value, answer.verdict, answer.decided_at, exposure, reason)

    def _is_new(self, row: int, spec: FieldSpec, annotator: str, value: str | None, answer: ExchangeAnswer) -> bool:
        """One answer per item, field and annotator; a repeat says nothing new, a contradiction is listed."""
        place = (row, spec.id, annotator)
        said = value if value is not None else answer.verdict
        if place not in self._said:
            self._said[place] = said
            return True
        if self._said[place] != said:
            self.dropped.add(row, spec.id, TWICE, excerpt_of(said))
        return False

    def add_proposals(self, row: int, about: Subject, proposals: Iterable[ExchangeProposal]) -> None:
        """What models proposed for one item, each put to the field it means."""
        pairs: list[tuple[FieldSpec, ExchangeProposal]] = []
        for one in proposals:
            if is_regions(one.claim):
                found = self._routed(row, one.claim, "proposal: ")
                pairs += [(spec, replace(one, claim=claim)) for spec, claim in found]
                continue
            spec = self.finder.find(one.claim.source, one.claim.shape)
            if isinstance(spec, str):
                self.dropped.add(row, one.claim.source, f"proposal: {spec}", excerpt_of(str(one.claim.content)))
            else:
                pairs.append((spec, one))
        spans: dict[str, Spans] = {}
        for spec, one in sorted(merged(pairs) if about.size else pairs, key=lambda pair: pair[0].record.joins):
            self._add_proposal(row, about, spec, one, spans.setdefault(one.backend, {}))

    def _add_proposal(self, row: int, about: Subject, spec: FieldSpec, one: ExchangeProposal, spans: Spans) -> None:
        taken = self.taker.take(spec, one.claim, replace(about, spans=spans.get(spec.over, ())))
        self.notes.update(taken.notes)
        problems = [(f"proposal: {reason}", excerpt) for reason, excerpt in taken.problems]
        if taken.value is not None and not is_storable(taken.json, one.backend, one.problem):
            problems, taken.value = [(UNSTORABLE, str(one.claim.content))], None
        self.dropped.add_problems(row, spec.id, problems)
        if taken.value is None:
            return
        spans[spec.id] = regions_of(taken.value)
        others = to_json([asdict(alternative) for alternative in one.alternatives])
        self.proposals.add(row, spec.id, taken.json, one.score, one.backend, one.state, one.problem, others)


class BatchBuilder:
    """Collects the rows of one source; :meth:`build` gives the checked batch."""

    def __init__(self, schema: LabelSchema, options: ImportOptions, identity: Identity) -> None:
        self._options, self._identity = options, identity
        self._items, self._rejects = Columns(ITEMS), Columns(REJECTS)
        self._answers = AnswerColumns(schema, options, identity.name)
        self._keys: dict[str, tuple[int, str]] = {}
        self._read = self._left = self._where_seen = 0
        self._images = ImageColumn()

    def add(self, row: Row) -> None:
        """One source row."""
        self._read += 1
        if isinstance(row, ExchangeReject):
            self._rejects.add(row.row, row.reason, excerpt_of(row.excerpt))
            return
        meta = to_json(dict(row.meta)) if row.meta else "{}"
        reason = refused_text(row.text, row.key, meta)
        if reason:
            self._rejects.add(row.row, reason, excerpt_of(row.text))
            return
        seen = self._images.look(row)
        if isinstance(seen, str):
            self._rejects.add(row.row, seen, excerpt_of(row.text))
            return
        home = self._home(row)
        if home is None:
            self._rejects.add(row.row, TAKEN_KEY, excerpt_of(f"{row.key}: {row.text}"))
            return
        if home == row.row:
            self._items.add(row.row, row.key, row.text, row.kind, parts_json(row.parts), meta, seen.media)
        else:
            self._rejects.add(row.row, SAME_KEY, excerpt_of(f"{row.key}: same as row {home}"))
        self._add_answers(
            home, seen.row, Subject(seen.row.text, size=seen.size, length=seen.length, parts=seen.row.parts)
        )

    def look_ahead(self, rows: Sequence[Row]) -> None:
        """Look at the images of rows that are to be added next."""
        self._images.look_ahead(rows)

    def _home(self, row: ExchangeItem) -> int | None:
        """The row whose item this row is about; ``None`` if its key belongs to another text."""
        if row.key is None:
            return row.row
        home, text = self._keys.setdefault(row.key, (row.row, row.text))
        return home if text == row.text else None

    def _add_answers(self, home: int, row: ExchangeItem, about: Subject) -> None:
        self._answers.add_proposals(home, about, row.proposals)
        answers = [one for one in row.answers if one.verdict in TAKEN_VERDICTS]
        if not self._options.take_labels or not self._labels_wanted(row):
            self._left += len(answers)
            return
        for source, reason, excerpt in row.problems:
            self._answers.dropped.add(home, source, reason, excerpt_of(excerpt))
        self._answers.add_answers(home, about, answers)

    def _labels_wanted(self, row: ExchangeItem) -> bool:
        where = self._options.where
        if where is None:
            return True
        self._where_seen += where[0] in row.meta
        return str(row.meta.get(where[0], "")) == where[1]

    def build(self, notes: Sequence[str] = ()) -> ImportBatch:
        """The batch of everything that was added."""
        where = self._options.where
        if where and self._read and not self._where_seen:
            raise InputError(f"{self._identity.name} has no column {where[0]!r} to choose the labelled rows by.")
        said = [*notes, *left_out_note(self._left, self._options), *self._images.notes]
        said += [f"{what}: {count:,}." for what, count in self._answers.notes.items()]
        return ImportBatch(
            self._items.table(),
            self._answers.labels.table(),
            self._answers.proposals.table(),
            self._rejects.table(),
            self._answers.dropped.table(),
            self._read,
            self._identity.name,
            self._identity.digest,
            self._identity.format,
            tuple(dict.fromkeys(said)),
        )


def left_out_note(count: int, options: ImportOptions) -> list[str]:
    """What was left out because somebody asked for it."""
    if not count:
        return []
    why = f"labels are taken where {options.labels_where} only" if options.take_labels else "without labels"
    return [f"{count_of(count, 'label')} {verb(count, 'was', 'were')} left out as asked: {why}."]


def refused_text(text: str, key: str | None, meta: str) -> str:
    """Why a row cannot be stored, or nothing; ``meta`` is JSON."""
    if not text.strip():
        return EMPTY_TEXT
    if "\0" in text or (key and "\0" in key) or json_holds_nul(meta):
        return NUL_TEXT
    return "" if all(one is None or is_unicode(one) for one in (text, key, meta)) else HALF_TEXT


def json_holds_nul(text: str) -> bool:
    """Whether a text in this JSON holds a NUL, which JSON writes as an escape."""
    return "\\u0000" in text and _JSON_NUL.search(text) is not None


def is_unicode(text: str) -> bool:
    """Whether the text can be written at all: JSON can hold half of a surrogate pair, UTF-8 cannot."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def is_storable(value: str | None, *texts: str) -> bool:
    """Whether a value (JSON) and what is said about it can be stored."""
    if value is not None and (json_holds_nul(value) or not is_unicode(value)):
        return False
    return all("\0" not in one and is_unicode(one) for one in texts)


def parts_json(parts: Sequence[Part]) -> str:
    """The stored form of the parts of an item, empty for none."""
    return to_json([asdict(part) for part in parts]) if parts else ""


def moment(value: Any) -> datetime | None:
    """A time written as ISO 8601 or as seconds since 1970; ``None`` where it is neither."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
