"""How one batch of items becomes drafts: loading in the owner, computing anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tools.backends.contract import TextInput
from tools.backends.learning.blind_record import ANSWERS, RIGHT
from tools.backends.learning.material import make_inputs
from tools.backends.learning.vectors import vectors_of
from tools.backends.registry import Resources, open_embedder, open_labeller, split_reference
from tools.backends.remote.labeller import RemoteSettings, settings_from
from tools.backends.remote.prompts import read_prompt
from tools.context import CallLog, ToolContext
from tools.errors import BackendFailed, StoppedShort
from tools.prelabel.injection import MARK, injection_score
from tools.prelabel.plan import calibration_words, describe_learning, learn
from tools.prelabel.spans import spans_of
from tools.records import Draft
from tools.results import Artefact, Prepared
from tools.schema import FieldSpec

REMOTE_UNITS = 6
LEARNED_SETTINGS = (
    *("labels", "mode", "c", "spans", "relations", "examples_shown", "exemplars", "scores"),
    *(ANSWERS, RIGHT),
)


@dataclass(frozen=True)
class Batch:
    """What one computation needs beside the artefact."""

    inputs: tuple[TextInput, ...]
    secret: int
    remote: RemoteSettings = field(default_factory=RemoteSettings)


class PrelabelWork:
    """The work of the tool ``prelabel``; the artefact says which back-end, field and prompt."""

    def prepare(self, ctx: ToolContext, artefact: Artefact) -> Prepared:
        """Learn from what people confirmed, once for the whole job."""
        learned = learn(artefact.json["plan"], ctx)
        field = FieldSpec.model_validate(artefact.json["plan"]["field"])
        said = learned.artefact.json
        settings = {key: said[key] for key in LEARNED_SETTINGS if key in said}
        settings["calibration"] = calibration_words(learned)
        sentence = " ".join((describe_learning(learned, field, ctx.labels.training(field.id)), *learned.notes))
        return Prepared(learned.artefact, settings, sentence.strip())

    def units_at_once(self, artefact: Artefact) -> int:
        """Several where a model elsewhere is waited for: one slow answer must not leave its connections idle."""
        return REMOTE_UNITS if split_reference(str(artefact.json["plan"]["reference"]))[0] == "remote" else 1

    def kept(self, ctx: ToolContext, artefact: Artefact) -> str:
        """Another number of repeats or of answer tokens is another question, whose answers are for another run."""
        plan = artefact.json["plan"]
        if split_reference(str(plan["reference"]))[0] != "remote":
            return ""
        began, now = RemoteSettings(**plan.get("remote", {})), settings_from(ctx.settings)
        same = {
            "remote_repeats": (began.repeats, now.repeats),
            "remote_answer_tokens": (began.answer_tokens, now.answer_tokens),
        }
        told = [f"{name} {old or 'as usual'}" for name, (old, new) in same.items() if old != new]
        return f"This run keeps {' and '.join(told)}, as it began; a new run takes what is set now." if told else ""

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> Batch:
        """Texts of the items, with their vectors or spans where the back-end uses them."""
        plan = artefact.json["plan"]
        field = FieldSpec.model_validate(plan["field"])
        texts = ctx.items.contents(unit)
        vectors = None
        if plan["embedder"]:
            vectors = vectors_of(ctx.cache, open_embedder(plan["embedder"]), list(unit), texts).matrix
        spans = spans_of(field, list(unit), ctx) if field.kind == "relations" else None
        return Batch(tuple(make_inputs(unit, texts, vectors, spans)), ctx.seed, _asked_now(plan, ctx))

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """One draft for each item of the batch; texts that speak to the labeller are marked."""
        batch: Batch = payload
        plan = artefact.json["plan"]
        prompt = read_prompt(plan["prompt"], plan["prompt_source"]) if plan["prompt"] else None
        resources = Resources(plan["embedder"], prompt, calls, batch.secret, batch.remote)
        labeller = open_labeller(plan["reference"], FieldSpec.model_validate(plan["field"]), resources)
        # The text of an image is the path of its file, which speaks to nobody.
        texts = {one.item_id: "" if plan.get("item") == "image" else one.text for one in batch.inputs}
        try:
            drafts = labeller.predict(artefact, batch.inputs)
        except StoppedShort as stop:
            raise stop.with_made([mark_suspicious(one, texts[one.item_id]) for one in stop.made]) from None
        if [draft.item_id for draft in drafts] != [one.item_id for one in batch.inputs]:
            raise BackendFailed(f"{plan['reference']} gave {len(drafts)} answers for {len(batch.inputs)} items.")
        return [mark_suspicious(draft, texts[draft.item_id]) for draft in drafts]


def _asked_now(plan: Mapping[str, Any], ctx: ToolContext) -> RemoteSettings:
    """How the run asks from here on: patience and connections as they are set now, the question as it began."""
    began, now = RemoteSettings(**plan.get("remote", {})), settings_from(ctx.settings)
    return replace(began, connections=now.connections, timeout=now.timeout)


def mark_suspicious(draft: Draft, text: str) -> Draft:
    """The draft with a warning before its reason, where the item's text holds instructions."""
    found = injection_score(text)
    if not found.is_suspicious:
        return draft
    warning = f"{MARK}the text {' and '.join(found.what)}"
    return replace(draft, reason=f"{warning}; {draft.reason}" if draft.reason else warning)
