"""Texts, pairs of texts and conversations: items that are read."""

from __future__ import annotations

from dataclasses import replace

from tools.modalities.contract import Modality

TEXT = Modality(
    name="text",
    one="text",
    many="texts",
    content="text",
    reasons=("wrong label", "not in the text", "wrong words marked", "several labels fit", "cannot be read"),
    examples=(
        "where do we stand",
        "what is next",
        "suggest labels for 50 items",
        "agreement between annotators",
        "export as csv",
    ),
    how_imported="Drop the file on the Data tab; in the terminal it is “assistant import PROJECT {file}”.",
)
PAIR = replace(TEXT, name="pair", one="pair of texts", many="pairs of texts", told_in="two")
CONVERSATION = replace(TEXT, name="conversation", one="conversation", many="conversations", told_in="turns")
COMPARISON = replace(CONVERSATION, name="comparison", one="comparison", many="comparisons")
"""A prompt and several answers to it, which are parts of the text as turns are."""
