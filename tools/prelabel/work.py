"""How one batch of items becomes drafts: loading in the owner, computing anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tools.backends.contract import Input
from tools.backends.learning.material import make_inputs
from tools.backends.learning.vectors import vectors_of
from tools.backends.registry import open_embedder
from tools.backends.remote.labeller import RemoteSettings, settings_from
from tools.content import words_of
from tools.context import CallLog, ToolContext
from tools.errors import BackendFailed, StoppedShort
from tools.prelabel.injection import MARK, injection_score
from tools.prelabel.plan import calibration_words, describe_learning, learn
from tools.prelabel.settled import Settled, open_kept, settled_in
from tools.prelabel.spans import joined_spans
from tools.records import Draft
from tools.results import Artefact, Prepared
from tools.sentences import count_of

REMOTE_UNITS = 6


@dataclass(frozen=True)
class Batch:
    """What one computation needs beside the artefact."""

    inputs: tuple[Input, ...]
    secret: int
    remote: RemoteSettings = field(default_factory=RemoteSettings)


class PrelabelWork:
    """The work of the tool ``prelabel``; the artefact says which back-end, field and prompt."""

    def prepare(self, ctx: ToolContext, artefact: Artefact) -> Prepared:
        """Learn from what people confirmed, once for the whole job."""
        settled = settled_in(artefact)
        field, learned = settled.spec, learn(settled, ctx)
        settings = {**learned.settings, "calibration": calibration_words(learned)}
        sentence = " ".join((describe_learning(learned, field, ctx.labels.training(field.id)), *learned.notes))
        return Prepared(learned.artefact, settings, sentence.strip())

    def units_at_once(self, artefact: Artefact) -> int:
        """Several where a model elsewhere is waited for: one slow answer must not leave its connections idle."""
        return REMOTE_UNITS if settled_in(artefact).is_remote else 1

    def kept(self, ctx: ToolContext, artefact: Artefact) -> str:
        """Another number of repeats or of answer tokens is another question, whose answers are for another run."""
        settled = settled_in(artefact)
        if not settled.is_remote:
            return ""
        began, now = settled.remote, settings_from(ctx.settings)
        same = {
            "remote_repeats": (began.repeats, now.repeats),
            "remote_answer_tokens": (began.answer_tokens, now.answer_tokens),
        }
        told = [f"{name} {old or 'as usual'}" for name, (old, new) in same.items() if old != new]
        return f"This run keeps {' and '.join(told)}, as it began; a new run takes what is set now." if told else ""

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> Batch:
        """Texts of the items, with their vectors or spans where the back-end uses them."""
        settled = settled_in(artefact)
        contents = ctx.items.contents(unit)
        vectors = None
        if settled.embedder:
            vectors = vectors_of(ctx.cache, open_embedder(settled.embedder), list(unit), contents).matrix
        spans = joined_spans(settled.spec, list(unit), ctx)
        return Batch(tuple(make_inputs(unit, contents, vectors, spans)), ctx.seed, _asked_now(settled, ctx))

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """One draft for each item of the batch; texts that speak to the labeller are marked."""
        batch: Batch = payload
        settled = replace(settled_in(artefact), remote=batch.remote)
        labeller = open_kept(settled, calls, batch.secret)
        texts = {one.item_id: words_of(one.content) for one in batch.inputs}
        try:
            drafts = labeller.predict(artefact, batch.inputs)
        except StoppedShort as stop:
            raise stop.with_made([mark_suspicious(one, texts[one.item_id]) for one in stop.made]) from None
        if [draft.item_id for draft in drafts] != [one.item_id for one in batch.inputs]:
            raise BackendFailed(
                f"{settled.reference} gave {count_of(len(drafts), 'answer')} for {count_of(len(batch.inputs), 'item')}."
            )
        return [mark_suspicious(draft, texts[draft.item_id]) for draft in drafts]


def _asked_now(settled: Settled, ctx: ToolContext) -> RemoteSettings:
    """How the run asks from here on: patience and connections as they are set now, the question as it began."""
    now = settings_from(ctx.settings)
    return replace(settled.remote, connections=now.connections, timeout=now.timeout)


def mark_suspicious(draft: Draft, text: str) -> Draft:
    """The draft with a warning before its reason, where the item's text holds instructions."""
    found = injection_score(text)
    if not found.is_suspicious:
        return draft
    warning = f"{MARK}the text {' and '.join(found.what)}"
    return replace(draft, reason=f"{warning}; {draft.reason}" if draft.reason else warning)
