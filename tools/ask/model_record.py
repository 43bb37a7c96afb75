"""How right the model of a field is on answers that nobody steered, as its newest run found out.

Card, status and chat say this one number, because all of them read it from that run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.ask.metrics import share_fact
from tools.backends.learning.blind_record import FEWEST, BlindRecord, blind_record
from tools.context import Answer, ToolContext
from tools.results import Fact


def learned_rows(ctx: ToolContext) -> Answer:
    """The newest run of each field that learned from labels, with what it found out about itself."""
    return ctx.ask("learned", with_bulk=bool(ctx.settings.get("train_on_bulk")))


def record_of(row: Mapping[str, Any]) -> BlindRecord | None:
    """What the newest run that judged itself found out; ``None`` where none did yet."""
    return blind_record(row) if row["judged_run"] is not None else None


def record_words(name: str, row: Mapping[str, Any]) -> str:
    """How right the model of the field ``name`` is, in a sentence; empty where no run looked at it yet."""
    found = record_of(row)
    return "" if found is None else found.sentence(f"the model of {name} (run {row['judged_run']})")


def model_record(field_id: str, name: str, ctx: ToolContext) -> tuple[str, Fact | None]:
    """(sentence, fact) about the model of a field; empty where nothing learned yet."""
    answer = learned_rows(ctx)
    row = next((one for one in answer.as_dicts() if one["field"] == field_id), None)
    found = record_of(row) if row else None
    if row is None or found is None:
        return "", None
    n, right = (found.n, found.right) if found.is_known else (0, 0)
    nothing = f"{found.n} of {FEWEST} answers given without a suggestion"
    return record_words(name, row), share_fact("accuracy_of_model", right, n, answer, nothing)
