"""Which items get a suggestion, by which back-end, learned from what: everything that is settled before work begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tools.backends.contract import CALIBRATING_LABELS, Embedder, Example, Input, Labeller
from tools.backends.learning.material import make_examples, make_inputs, spread
from tools.backends.registry import ChosenEmbedder, NoPaidCalls, default_reference, open_embedder, split_reference
from tools.backends.remote.labeller import settings_from
from tools.backends.remote.prompts import load_prompt
from tools.backends.texts.builtin_few_shot import REFERENCE as FEW_SHOT
from tools.backends.texts.builtin_few_shot import ZERO_SHOT
from tools.context import IdArray, LabelTable, ToolContext
from tools.filters import ItemFilter
from tools.learning.material import labelled_examples, pool_inputs, project_embedder
from tools.prelabel.confirmed import KnownReplies, confirmed_examples
from tools.prelabel.more_labels import say_how_many_more
from tools.prelabel.settled import Settled, open_anew, with_plan
from tools.prelabel.spans import joined_spans
from tools.records import JsonValue
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of, verb
from tools.values import value_labels

NEW_POOL_VECTORS = 2000
"""Unlabelled items whose vectors are made before the job begins; more are used where they are there already."""

NEW_LABEL_VECTORS = 5000
_ESTIMATE_FROM = 200
_MARGIN = 1.2
_POOL_OF_IMAGES = 24


@dataclass(frozen=True)
class Task:
    """A back-end that is settled and not fitted yet."""

    labeller: Labeller
    settled: Settled


@dataclass(frozen=True)
class Learned:
    """What a back-end learned, and what has to be said about it; ``settings`` describe the run."""

    artefact: Artefact
    settings: Mapping[str, JsonValue]
    reference: str
    labels: int
    notes: tuple[str, ...]


def open_task(reference: str, prompt_name: str, field: FieldSpec, ctx: ToolContext) -> Task:
    """Settle back-end, embedder and prompt; ``Conflict`` where the back-end needs people's answers and has none."""
    prompt = None
    if split_reference(reference)[0] == "remote":
        default_reference(field)
        own = ctx.own_prompt(prompt_name) if prompt_name else None
        prompt = load_prompt(prompt_name, field.kind, own, ctx.schema.modality.content)
    chosen = _embedder(reference, ctx)
    settled = Settled(
        spec=field,
        reference=reference,
        item=ctx.schema.item,
        embedder=chosen.embedder.reference if chosen else "",
        prompt=prompt,
        remote=settings_from(ctx.settings),
        notes=chosen.notes if chosen else (),
    )
    labeller = open_anew(settled, NoPaidCalls(), ctx.seed)
    if labeller.needs_answers and not _has_answers(field, reference, ctx):
        labeller.fit([], [], ctx.seed)
    return Task(labeller, settled)


def _has_answers(field: FieldSpec, reference: str, ctx: ToolContext) -> bool:
    return reference != ZERO_SHOT and len(ctx.labels.training(field.id)) > 0


def learn(settled: Settled, ctx: ToolContext) -> Learned:
    """Fit the back-end of a task on what people confirmed; takes seconds to minutes."""
    labeller = open_anew(settled, KnownReplies(ctx), ctx.seed)
    examples, pool, notes = _material(labeller, settled, ctx)
    artefact = labeller.fit(examples, pool, ctx.seed)
    whole = with_plan(artefact, settled)
    settings = {key: artefact.json[key] for key in labeller.states if key in artefact.json}
    return Learned(whole, settings, settled.reference, int(artefact.json.get("labels", len(examples))), notes)


def reference_for(wanted: str, field: FieldSpec, settings: Mapping[str, JsonValue]) -> str:
    """The back-end that was asked for, else the one the project sets for the field, else the built-in one."""
    return wanted or str(settings.get(f"backend.{field.id}") or "") or default_reference(field)


def _embedder(reference: str, ctx: ToolContext) -> ChosenEmbedder | None:
    if reference not in (FEW_SHOT, ZERO_SHOT):
        return None
    return project_embedder(ctx)


def _material(
    labeller: Labeller, settled: Settled, ctx: ToolContext
) -> tuple[list[Example], list[Input], tuple[str, ...]]:
    """(examples, pool, notes); back-ends that do not learn get nothing."""
    field, table = settled.spec, ctx.labels.training(settled.spec.id)
    if labeller.learns_from == "replies":
        return confirmed_examples(field, table, ctx), [], ()
    if labeller.learns_from == "images":
        return *_with_images(table, ctx), ()
    if labeller.learns_from == "vectors":
        return _with_vectors(table, open_embedder(settled.embedder), ctx)
    if labeller.learns_from == "texts":
        contents = ctx.items.contents(table.item_ids.tolist())
        inputs = make_inputs(table.item_ids, contents, spans=joined_spans(field, table.item_ids, ctx))
        return make_examples(inputs, table.values, table.calibrates.tolist()), [], ()
    return [], [], ()


def _with_images(table: LabelTable, ctx: ToolContext) -> tuple[list[Example], list[Input]]:
    """Confirmed boxes, which teach a detector how far to believe itself, and some images as they come."""
    inputs = make_inputs(table.item_ids, ctx.items.contents(table.item_ids.tolist()))
    some = spread(ctx.items.all_ids(), _POOL_OF_IMAGES)
    return make_examples(inputs, table.values, table.calibrates.tolist()), make_inputs(some, ctx.items.contents(some))


def _with_vectors(
    table: LabelTable, embedder: Embedder, ctx: ToolContext
) -> tuple[list[Example], list[Input], tuple[str, ...]]:
    rng = np.random.default_rng(ctx.seed)
    found = labelled_examples(ctx, embedder, table, NEW_LABEL_VECTORS, rng)
    whose = verb(
        found.late, "waits for the next run, because its item has", "wait for the next run, because their items have"
    )
    told = f"{count_of(found.late, 'label')} {whose} no vector yet."
    return found.examples, pool_inputs(ctx, embedder, NEW_POOL_VECTORS, rng), (told,) if found.late else ()


def choose_items(
    field: FieldSpec, state: str, words: str, saved: str, items: str, ctx: ToolContext
) -> tuple[ItemFilter, IdArray]:
    """The filter that was meant and the items that pass it, ascending. Named items are taken in whatever state."""
    if items:
        named = [one.strip() for one in items.replace(";", ",").split(",") if one.strip()]
        where = ItemFilter(field=field.id, ids=tuple(sorted(set(ctx.items.resolve(named)))))
        return where, np.array(where.ids, dtype=np.int64)
    base = ctx.saved_filter(saved) if saved else ItemFilter()
    where = replace(base, words=" ".join(part for part in (base.words, words) if part))
    if not saved or base.state == "any" or state != "undecided":
        where = replace(where, field=field.id, state=state)  # type: ignore[arg-type]
    return where, ctx.items.find(where).ids


def estimate(labeller: Labeller, ids: IdArray, field: FieldSpec, ctx: ToolContext) -> tuple[int, int] | None:
    """(prompt tokens, most answer tokens) of labelling the items, from a sample of them; ``None`` where it is free."""
    count = getattr(labeller, "estimate", None)
    if count is None:
        return None
    inputs, known, scale = _looked_at(ids, field, ctx)
    asked, answered = count(inputs, known, ctx.seed)
    return round(asked * scale), round(answered * scale)


def most_of(labeller: Labeller, ids: IdArray, field: FieldSpec, ctx: ToolContext) -> int | None:
    """Tokens that labelling the items may take at the very most, with room for a second question; ``None`` where it is
    free. Where only a sample is looked at, its mean counts for a fifth more."""
    count = getattr(labeller, "most", None)
    if count is None:
        return None
    inputs, known, scale = _looked_at(ids, field, ctx)
    firsts, second = count(inputs, known, ctx.seed)
    return int(firsts * scale * (_MARGIN if scale > 1 else 1)) + int(second)


def refuse_absent(labeller: Labeller) -> None:
    """Say that a service is not there before anything is made; those that need none always are."""
    check = getattr(labeller, "refuse_absent", None)
    if check is not None:
        check()


def _looked_at(ids: IdArray, field: FieldSpec, ctx: ToolContext) -> tuple[list[Input], list[Example], float]:
    """(a sample of the items, what their prompts may show, how many items each stands for)."""
    some = spread(ids, _ESTIMATE_FROM)
    spans = joined_spans(field, some, ctx)
    known = confirmed_examples(field, ctx.labels.training(field.id), ctx)
    return make_inputs(some, ctx.items.contents(some), spans=spans), known, len(ids) / len(some)


def describe_learning(learned: Learned, field: FieldSpec, table: LabelTable) -> str:
    """What the suggestions rest on, in sentences."""
    said = learned.artefact.json
    if "said" in said or split_reference(learned.reference)[0] != "builtin":
        return str(said.get("said", ""))
    if learned.reference == ZERO_SHOT:
        return ""
    if not learned.labels:
        return (
            f"Nobody has labelled {field.name!r} yet, so the names and descriptions of the labels are all there is to "
            "go by: people's labels come first, and suggestions follow them. "
            + say_how_many_more(learned.artefact, field, ())
        )
    text = f"It learned from {learned.labels:,} confirmed {'answer' if learned.labels == 1 else 'answers'}."
    if field.record.learns_as == "class":
        text += _gaps(field, table)
    on = int(said.get("calibrated_on", 0))
    if on:
        text += f" Scores are calibrated on {on:,} labels that were given without a suggestion."
    else:
        text += f" Scores are not calibrated: that takes {CALIBRATING_LABELS} labels given without a suggestion."
    if learned.reference == FEW_SHOT:
        text += " " + say_how_many_more(learned.artefact, field, table.values)
    return text


def calibration_words(learned: Learned) -> str:
    """How the scores were calibrated, "" where they were not; it stands in the run's settings."""
    on = int(learned.artefact.json.get("calibrated_on", 0))
    if "calibration_words" in learned.artefact.json:
        return str(learned.artefact.json["calibration_words"])
    if split_reference(learned.reference)[0] == "remote":
        return str(learned.artefact.json.get("calibration_words", ""))
    return f"one parameter, out of fold, on {on} labels given without a suggestion" if on else ""


def _gaps(field: FieldSpec, table: LabelTable) -> str:
    seen = {label for value in table.values for label in value_labels(value)}
    missing = [label.name for label in field.labels if label.id not in seen]
    if not missing:
        return ""
    named = ", ".join(missing[:5]) + (" and others" if len(missing) > 5 else "")
    return f" {len(missing)} of {len(field.labels)} labels have no confirmed example yet: {named}."
