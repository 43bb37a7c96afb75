"""Values and scores in words that hold nothing of an item's text, so that they may stand in answers."""

from __future__ import annotations

from tools.kinds.registry import kind_of_value
from tools.records import Proposal
from tools.schema import FieldSpec
from tools.values import Value


def value_words(field: FieldSpec, value: Value | None) -> str:
    """Labels by name; spans by their place; a text by its length only."""
    kind = kind_of_value(value)
    return "nothing" if kind is None or value is None else kind.describe_apart(field, value[kind.key])


def score_word(proposal: Proposal | None) -> str:
    """A score as a cell: only one that was calibrated is shown, others would be read as confidence."""
    if proposal is None or proposal.draft.score is None:
        return ""
    return f"{proposal.draft.score:.2f}" if proposal.draft.score_source == "calibrated" else "not calibrated"
