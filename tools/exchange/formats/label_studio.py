"""Label Studio: task exports with annotations and predictions, and the flat JSON_MIN form.

Labels of the kinds choices, labels, relation, rating, number, textarea and pairwise are read. Everything else
(taxonomies, boxes, audio regions, …) is listed as dropped. Text offsets are UTF-16 code units in files that the page
wrote and code points in some that programs wrote; the quoted text decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.builder import moment
from tools.exchange.codec import UNNAMED, answer_about, score_of
from tools.exchange.compose import NO_TURNS, join_parts, read_parts, read_turns
from tools.exchange.fields import FieldFinder
from tools.exchange.formats.label_studio_results import Problem, Results, min_claims, read_results
from tools.exchange.formats.lines import first_objects, objects
from tools.exchange.formats.own_jsonl import MARK
from tools.exchange.formats.records import NO_TEXT
from tools.exchange.options import ImportOptions
from tools.exchange.roles import LABEL_NAMES, first_of, text_columns
from tools.exchange.rows import (
    EVERY_FIELD,
    Claim,
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ExchangeReject,
    Row,
    RowSource,
    Shape,
)
from tools.exchange.source import Source
from tools.records import VALUED_VERDICTS, Part, to_json
from tools.schema import LabelSchema

MIN_KEYS = ("annotator", "annotation_id", "lead_time", "created_at", "updated_at")
KEY, KIND, PARTS = "key", "item_kind", "item_parts"


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a task, the keys of ``data`` it came from, and where the offsets of each of them count."""

    text: str
    places: tuple[Part, ...]
    names: tuple[str, ...]
    kind: str
    parts: tuple[Part, ...] = ()


def sniff(source: Source) -> bool:
    """Whether the file holds tasks, or the flat form."""
    found = first_objects(source)
    return bool(found) and (is_task(found[0]) or is_flat(found[0]))


def is_task(record: Mapping[str, Any]) -> bool:
    """Whether the object is a task."""
    marks = {"annotations", "predictions", "completions", "drafts"} & set(record)
    return isinstance(record.get("data"), Mapping) and (bool(marks) or set(record) <= {"data", "id", "meta"})


def is_flat(record: Mapping[str, Any]) -> bool:
    """Whether the object is a row of JSON_MIN."""
    return sum(key in record for key in MIN_KEYS) >= 3 and "annotation_id" in record


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The tasks of the file as items."""
    notes = list(source.encoding_notes)
    finder = FieldFinder(schema, options.label_columns) if schema else None
    return RowSource(_rows(source, options, finder, notes), notes)


def _rows(source: Source, options: ImportOptions, finder: FieldFinder | None, notes: list[str]) -> Iterator[Row]:
    skipped = drafts = 0
    for number, record in objects(source):
        if isinstance(record, ExchangeReject):
            yield record
            continue
        if not isinstance(record.get("data"), Mapping):
            yield _flat_item(number, record, options, finder)
            continue
        drafts += len(record.get("drafts") or ())
        item = _task_item(number, record, options, finder)
        if isinstance(item, ExchangeItem):
            skipped += sum(one.verdict == "skip" for one in item.answers)
        yield item
    notes += [f"{skipped} cancelled annotations were taken as skips."] if skipped else []
    notes += [f"{drafts} drafts were left out: nobody submitted them."] if drafts else []


def _task_item(number: int, task: Mapping[str, Any], options: ImportOptions, finder: FieldFinder | None) -> Row:
    data = task["data"]
    found = _text(data, options)
    if isinstance(found, str):
        return ExchangeReject(number, found, to_json(data)[:200])
    answers: list[ExchangeAnswer] = []
    proposals: list[ExchangeProposal] = []
    problems: list[tuple[str, str, str]] = []
    for annotation in _objects(task.get("annotations") or task.get("completions")):
        _read_annotation(annotation, found, finder, answers, problems)
    for prediction in _objects(task.get("predictions")):
        _read_prediction(prediction, found, finder, proposals, problems)
    wanted = options.key_column
    key = task.get(wanted, data.get(wanted)) if wanted else data.get(KEY, task.get("id"))
    named = None if key is None else str(key)
    meta = _meta(task, {*found.names, KEY, KIND, PARTS, MARK, *([wanted] if wanted else [])})
    return ExchangeItem(number, found.text, named, found.kind, found.parts, meta, answers, proposals, problems)  # type: ignore[arg-type]


def _text(data: Mapping[str, Any], options: ImportOptions) -> _Text | str:
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
            return _Text(text, parts, names, "conversation", parts)
        except ValueError:
            return NO_TURNS
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    if not names or len(texts) != len(names):
        return NO_TEXT
    if len(texts) == 1:
        return _Text(texts[0], (Part(names[0], 0, len(texts[0])),), names, "text")
    text, parts = join_parts(list(zip(names, texts, strict=True)))
    return _Text(text, parts, names, "pair", parts)


def _own_text(data: Mapping[str, Any]) -> _Text | str:
    """An item that an export of ours wrote: its offsets count in the whole text."""
    text = data["text"]
    try:
        parts = read_parts(data[PARTS], text)
    except ValueError as error:
        return str(error)
    return _Text(text, (Part("text", 0, len(text)),), ("text",), str(data.get(KIND, "text")), parts)


def _only_text(data: Mapping[str, Any], options: ImportOptions) -> tuple[str, ...]:
    """The one key of ``data`` that holds text, where its name says nothing and nobody named another."""
    if options.text_column or options.pair_columns:
        return ()
    texts = [name for name, cell in data.items() if isinstance(cell, str) and name != KEY]
    return (texts[0],) if len(texts) == 1 and not texts[0].startswith(("image", "audio", "video")) else ()


def _meta(task: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
    """The columns of the task, its own notes, and columns that an export of ours had to put aside."""
    meta = {name: cell for name, cell in task["data"].items() if name not in used and cell is not None}
    for aside in (task.get("meta"), own_part(task["data"], "meta")):
        meta |= aside if isinstance(aside, Mapping) else {}
    return meta


def own_part(record: Mapping[str, Any], name: str) -> Any:
    """What stands under a name of our own mark."""
    own = record.get(MARK)
    return own.get(name) if isinstance(own, Mapping) else None


def _claims(annotation: Mapping[str, Any], results: Results, finder: FieldFinder | None) -> list[Claim]:
    """The claims of the results, and the fields that were answered with nothing."""
    answered = own_part(annotation, "answered")
    found = list(results.claims)
    for name in answered if isinstance(answered, list) and finder else ():
        spec = finder.named(str(name)) if finder else None
        if spec is not None and all(claim.source != name for claim in found):
            shape: Shape = {"spans": "spans", "relations": "relations"}.get(spec.kind, "labels")  # type: ignore[assignment]
            found.append(Claim(str(name), shape, []))
    return found


def _read_annotation(
    annotation: Mapping[str, Any],
    found: _Text,
    finder: FieldFinder | None,
    answers: list[ExchangeAnswer],
    problems: list[Problem],
) -> None:
    who = annotator_of(annotation.get("completed_by"))
    when = moment(annotation.get("updated_at") or annotation.get("created_at"))
    results = read_results(annotation, found.text, found.places)
    claims = _claims(annotation, results, finder)
    own = _own_answers(annotation, claims, who)
    if own is not None:
        answers += own
    elif annotation.get("was_cancelled") or annotation.get("skipped"):
        answers.append(ExchangeAnswer(Claim(EVERY_FIELD, "labels", None), who, "skip", when))
        return
    else:
        answers += [ExchangeAnswer(claim, who, "choose", when) for claim in claims]
    problems += results.problems


def _own_answers(annotation: Mapping[str, Any], claims: Sequence[Claim], who: str) -> list[ExchangeAnswer] | None:
    """The answers with all that an export of ours says about them, if it is about the same person."""
    fields = own_part(annotation, "fields")
    if not isinstance(fields, Mapping):
        return None
    by_source = {claim.source: claim for claim in claims}
    answers = []
    for name, told in fields.items():
        is_value = isinstance(told, Mapping) and told.get("verdict") in VALUED_VERDICTS
        claim = by_source.pop(str(name), None) if is_value else Claim(str(name), "labels", None)
        if claim is None or told.get("reviewer") != who:
            return None
        try:
            answers.append(answer_about(claim, told))
        except ValueError:
            return None
    return None if by_source else answers


def _read_prediction(
    prediction: Mapping[str, Any],
    found: _Text,
    finder: FieldFinder | None,
    proposals: list[ExchangeProposal],
    problems: list[Problem],
) -> None:
    results = read_results(prediction, found.text, found.places)
    problems += [(source, f"prediction: {reason}", excerpt) for source, reason, excerpt in results.problems]
    backend = str(prediction.get("model_version") or UNNAMED)
    for claim in _claims(prediction, results, finder):
        proposals.append(ExchangeProposal(claim, _score(prediction, results, claim), backend))


def _score(prediction: Mapping[str, Any], results: Results, claim: Claim) -> float | None:
    """The score that an export of ours noted for the field, else the prediction's, else what all results agree on."""
    runs = own_part(prediction, "runs")
    if isinstance(runs, Mapping):
        run = runs.get(claim.source)
        return score_of(run.get("score")) if isinstance(run, Mapping) else None
    whole = score_of(prediction.get("score"))
    scores = results.scores.get(claim.source, [])
    return whole if whole is not None else score_of(scores[0]) if len(set(scores)) == 1 else None


def annotator_of(completed_by: Any) -> str:
    """A user as Label Studio writes them: a number, an e-mail address, or an object with either."""
    if isinstance(completed_by, Mapping):
        names = (completed_by.get(key) for key in ("email", "username", "id"))
        completed_by = next((one for one in names if one not in (None, "")), None)
    return "" if completed_by is None else str(completed_by)


def _flat_item(number: int, record: Mapping[str, Any], options: ImportOptions, finder: FieldFinder | None) -> Row:
    """A row of JSON_MIN: one annotation with its results under their own names."""
    found = _text({name: cell for name, cell in record.items() if name not in MIN_KEYS}, options)
    if isinstance(found, str):
        return ExchangeReject(number, found, to_json(record)[:200])
    free = {name: cell for name, cell in record.items() if name not in {*found.names, *MIN_KEYS, "id", KEY}}
    results = min_claims(free, lambda name: _is_answer(name, finder), found.text, found.places)
    who = annotator_of(record.get("annotator"))
    when = moment(record.get("updated_at") or record.get("created_at"))
    answers = [ExchangeAnswer(claim, who, "choose", when) for claim in results.claims]
    used = {*found.names, *MIN_KEYS, "id", KEY, *(claim.source for claim in results.claims)}
    used |= {source for source, _, _ in results.problems}
    meta = {name: cell for name, cell in record.items() if name not in used and cell is not None}
    key = record.get(options.key_column) if options.key_column else record.get(KEY, record.get("id"))
    named = None if key is None else str(key)
    return ExchangeItem(number, found.text, named, found.kind, found.parts, meta, answers, problems=results.problems)  # type: ignore[arg-type]


def _is_answer(name: str, finder: FieldFinder | None) -> bool:
    """Whether a plain cell of JSON_MIN is an answer: its name is that of a field, or a usual one for labels."""
    if finder and (name.casefold() in finder.mapped or finder.named(name) is not None):
        return True
    return name.casefold() in LABEL_NAMES


def _objects(given: Any) -> Sequence[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
