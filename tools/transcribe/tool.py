"""The tool that writes down recordings. It proposes; people correct."""

from __future__ import annotations

from pydantic import Field

from tools.backends.speech.registry_speech import DEFAULT, open_transcriber
from tools.context import ToolContext
from tools.records import RunIdentity
from tools.results import Artefact, Fact, ToolResult, WorkPlan
from tools.sentences import count_of
from tools.spec import ToolArgs, tool
from tools.transcribe.plan import Plan, chosen_items, target_field
from tools.transcribe.work import TranscribeWork

VERSION = 1
MOST_NAMED = 1000
_LANGUAGES = {"en": "English"}


class TranscribeArgs(ToolArgs):
    """Which recordings to write down, with what."""

    field: str = Field(default="", description="Field for the transcript; the first one of segments if empty")
    backend: str = Field(
        default="",
        description="Who listens: builtin:whisper-tiny-en or hub:FOLDER of a Whisper model; the project's own, else "
        "the built-in one, if empty",
    )
    items: str = Field(default="", description="Only these items: keys, or numbers like #12, separated by commas")
    limit: int = Field(default=0, description="At most this many items; 0 for all")


@tool(effect="propose", version=VERSION, work=TranscribeWork(), items=("audio",))
def transcribe(args: TranscribeArgs, ctx: ToolContext) -> ToolResult:
    """Write down what is said in recordings, in segments with times. The transcripts are proposals that people correct
    and confirm; the work runs in the background, undone as one batch.
    """
    field = target_field(ctx.schema, args.field)
    where, ids = chosen_items(field, args.items, args.limit, ctx)
    if not len(ids):
        return ToolResult(f"No recording passes: there is nothing to write down for {field.name!r}.", where=where)
    reference = args.backend.strip() or str(ctx.settings.get("backend.transcriber") or "") or DEFAULT
    transcriber = open_transcriber(reference)
    identity = transcriber.identity
    plan = Plan(field.id, field.record.key, identity.reference, identity.revision)
    work = WorkPlan(
        identity=RunIdentity("transcribe", VERSION, identity.reference, identity.revision, dict(identity.settings)),
        field=field.id,
        units=tuple((int(one),) for one in ids),
        artefact=Artefact({"plan": plan.to_json()}, {}),
    )
    minutes = sum(item.length or 0 for item in ctx.items.get(ids.tolist())) / 60_000
    text = f"I will write down {count_of(len(ids), 'recording')} ({minutes:,.1f} min) with {identity.reference}."
    if transcriber.language:
        text += f" It understands {_LANGUAGES.get(transcriber.language, transcriber.language)} only."
    facts = (Fact("recordings to write down", len(ids), where=where), Fact("minutes of sound", round(minutes, 2)))
    return ToolResult(text, facts, items=tuple(ids[:MOST_NAMED].tolist()), where=where, work=work)
