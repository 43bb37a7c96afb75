"""How one recording becomes a draft of its transcript."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.backends.speech.contract_speech import Transcriber
from tools.backends.speech.registry_speech import open_transcriber
from tools.backends.speech.whisper import as_segments
from tools.content import AudioFile, recording_of
from tools.context import CallLog, ToolContext
from tools.errors import InputError
from tools.records import Draft
from tools.results import Artefact
from tools.sentences import count_of
from tools.transcribe.plan import Plan


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a batch."""

    item_id: int
    content: AudioFile


class TranscribeWork:
    """The work of the tool ``transcribe``; the artefact says with what and into which field."""

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> tuple[Recording, ...]:
        """Where the recordings are, and how long."""
        contents = map(recording_of, ctx.items.contents(unit))
        return tuple(Recording(int(one), content) for one, content in zip(unit, contents, strict=True))

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """One draft for each recording; one that cannot be read is a draft with the reason."""
        plan = Plan.of(artefact.json["plan"])
        transcriber = open_transcriber(plan.reference)
        return [_draft(one, plan, transcriber, calls) for one in payload]


def _draft(one: Recording, plan: Plan, transcriber: Transcriber, calls: CallLog) -> Draft:
    try:
        heard = transcriber.transcribe(one.content, lambda: calls.stopping() == "now")
    except InputError as unreadable:
        return Draft(one.item_id, plan.field, None, state="unread", problem=str(unreadable))
    segments = as_segments(heard)
    words = [word["score"] for segment in segments for word in segment["words"]]
    told = f"{count_of(len(words), 'word')} heard" if segments else "no speech was found"
    score = statistics.fmean(words) if words else None
    return Draft(
        one.item_id,
        plan.field,
        {plan.key: segments},
        score,
        "none" if score is None else "uncalibrated",
        reason=told,
    )
