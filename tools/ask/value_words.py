"""Values and scores in words that hold nothing of an item's text, so that they may stand in answers."""

from __future__ import annotations

from tools.naming import label_name
from tools.records import Proposal
from tools.schema import FieldSpec
from tools.sentences import count_of
from tools.values import Value, describe_value


def value_words(field: FieldSpec, value: Value | None) -> str:
    """Labels by name; spans by their place; a text by its length only."""
    if value is None:
        return "nothing"
    if "text" in value:
        return f"a text of {count_of(len(value['text']), 'character')}"
    if "spans" in value:
        places = [f"{label_name(field, s['label'])} at {s['start']}–{s['end']}" for s in value["spans"]]
        return ", ".join(places) or "no spans"
    return describe_value(field, value)


def score_word(proposal: Proposal | None) -> str:
    """A score as a cell: only one that was calibrated is shown, others would be read as confidence."""
    if proposal is None or proposal.draft.score is None:
        return ""
    return f"{proposal.draft.score:.2f}" if proposal.draft.score_source == "calibrated" else "not calibrated"
