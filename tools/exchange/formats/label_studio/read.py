"""Label Studio: task exports with annotations and predictions, and the flat JSON_MIN form.

Labels of the kinds choices, labels, relation, rating, number, textarea and pairwise are read, on images rectangles,
polygons, ellipses, brush strokes and key points too. Everything else (taxonomies, audio regions, …) is listed as
dropped. Text offsets are UTF-16 code units in files that the page wrote and code points in some that programs wrote;
the quoted text decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.exchange.builder import moment
from tools.exchange.codec import MARK, UNNAMED, answer_about, score_of
from tools.exchange.fields import FieldFinder
from tools.exchange.files.source import Source
from tools.exchange.formats.label_studio.flat import flat_item, is_flat
from tools.exchange.formats.label_studio.images import Picture
from tools.exchange.formats.label_studio.results import Problem, Results, annotator_of
from tools.exchange.formats.label_studio.subject import KEY, KIND, PARTS, Text, addressed, own_part, subject_of
from tools.exchange.formats.lines.lines import first_objects, objects
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder
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
from tools.modalities.registry import MODALITIES
from tools.records import VALUED_VERDICTS, to_json
from tools.schema import LabelSchema
from tools.sentences import count_of, verb

_REGIONS: dict[str, Shape] = {"spans": "spans", "relations": "relations"}


def sniff(source: Source) -> bool:
    """Whether the file holds tasks, or the flat form."""
    found = first_objects(source)
    return bool(found) and (is_task(found[0]) or is_flat(found[0]))


def is_task(record: Mapping[str, Any]) -> bool:
    """Whether the object is a task."""
    marks = {"annotations", "predictions", "completions", "drafts"} & set(record)
    return isinstance(record.get("data"), Mapping) and (bool(marks) or set(record) <= {"data", "id", "meta"})


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The tasks of the file as items."""
    notes = list(source.encoding_notes)
    finder = FieldFinder(schema, options.label_columns) if schema else None
    return RowSource(_rows(source, options, finder, notes), notes)


def _rows(source: Source, options: ImportOptions, finder: FieldFinder | None, notes: list[str]) -> Iterator[Row]:
    # Without a schema it shows in the tasks themselves what they are about.
    images = ImageFinder(source.path) if MODALITIES[options.item_kind].has_file or finder is None else None
    skipped = drafts = 0
    shown: set[str] = set()
    for number, record in objects(source):
        if isinstance(record, ExchangeReject):
            yield record
            continue
        if not isinstance(record.get("data"), Mapping):
            yield flat_item(number, record, options, finder, images)
            continue
        drafts += len(record.get("drafts") or ())
        item = _task_item(number, record, options, finder, images, shown)
        if isinstance(item, ExchangeItem):
            skipped += sum(one.verdict == "skip" for one in item.answers)
        yield item
    taken = verb(skipped, "was taken as a skip", "were taken as skips")
    notes += [f"{count_of(skipped, 'cancelled annotation')} {taken}."] if skipped else []
    left = verb(drafts, "was left out: nobody submitted it", "were left out: nobody submitted them")
    notes += [f"{count_of(drafts, 'draft')} {left}."] if drafts else []
    notes += sorted(shown)


def _task_item(
    number: int,
    task: Mapping[str, Any],
    options: ImportOptions,
    finder: FieldFinder | None,
    images: ImageFinder | None,
    shown: set[str],
) -> Row:
    data = task["data"]
    found = subject_of(task, options, images)
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
    if isinstance(found, Picture):
        shown |= found.notes
        named = named if KEY in data or wanted else found.text
    meta = _meta(task, {*found.names, KEY, KIND, PARTS, MARK, *([wanted] if wanted else [])})
    return ExchangeItem(
        number,
        found.text,
        named,
        found.kind,
        found.parts,
        meta,
        answers,
        proposals,
        problems,
        found.image,
    )


def _meta(task: Mapping[str, Any], used: set[str]) -> dict[str, Any]:
    """The columns of the task, its own notes, and columns that an export of ours had to put aside."""
    meta = {name: cell for name, cell in task["data"].items() if name not in used and cell is not None}
    for aside in (task.get("meta"), own_part(task["data"], "meta")):
        meta |= aside if isinstance(aside, Mapping) else {}
    return meta


def _claims(annotation: Mapping[str, Any], results: Results, finder: FieldFinder | None) -> list[Claim]:
    """The claims of the results, and the fields that were answered with nothing."""
    answered = own_part(annotation, "answered")
    found = [addressed(claim, finder) for claim in results.claims]
    for name in answered if isinstance(answered, list) and finder else ():
        spec = finder.named(str(name)) if finder else None
        if spec is not None and all(claim.source != name for claim in found):
            shape: Shape = "objects" if spec.is_image_region else _REGIONS.get(spec.kind, "labels")
            found.append(Claim(str(name), shape, []))
    return found


def _read_annotation(
    annotation: Mapping[str, Any],
    found: Text | Picture,
    finder: FieldFinder | None,
    answers: list[ExchangeAnswer],
    problems: list[Problem],
) -> None:
    who = annotator_of(annotation.get("completed_by"))
    when = moment(annotation.get("updated_at") or annotation.get("created_at"))
    results = found.read(annotation)
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
        if claim is None or not isinstance(told, Mapping) or told.get("reviewer") != who:
            return None
        try:
            answers.append(answer_about(claim, told))
        except ValueError:
            return None
    return None if by_source else answers


def _read_prediction(
    prediction: Mapping[str, Any],
    found: Text | Picture,
    finder: FieldFinder | None,
    proposals: list[ExchangeProposal],
    problems: list[Problem],
) -> None:
    results = found.read(prediction)
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


def _objects(given: Any) -> Sequence[Mapping[str, Any]]:
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
