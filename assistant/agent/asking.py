"""Answers to what was asked just before: yes or no to a pending action, or one of the quick replies."""

from __future__ import annotations

import re
from typing import Literal

from assistant.agent.decision_records import CardInHand
from assistant.agent.memory import Memory
from assistant.agent.plans import Choice
from assistant.agent.sentence import bare, read_sentence

_CERTAIN = re.compile(
    r"(?:(?:yes|yep|yeah|ok|okay|sure)[ ,]+)?(?:please )?(?:do it|do that|go ahead|go for it|proceed|make it so"
    r"|carry (?:it|that) out|confirm(?:ed)?(?: (?:it|that|this))?)(?: please)?|yes,? (?:please|confirm)"
)
_YES = re.compile(r"(?:yes|yep|yeah|yup|y|ok|okay|sure)")
_NO = re.compile(
    r"(?:no|nope|nah)(?:,? (?:thanks|thank you|do not|stop|cancel))?|cancel(?: (?:it|that|this))?"
    r"|do not(?: do (?:it|that))?"
    r"|dismiss(?: (?:it|that))?|never ?mind|forget (?:it|about it)|stop|leave it"
)

Answer = Literal["yes", "no", "which"]


def confirm_words(text: str, memory: Memory, card: CardInHand | None) -> Answer | None:
    """What the words say to the action shown in the turn before; ``which`` where they may mean the item in hand too."""
    if memory.pending is None:
        return None
    words = bare(read_sentence(text).text)
    if _CERTAIN.fullmatch(words):
        return "yes"
    if _YES.fullmatch(words):
        return "which" if card is not None and card.suggestion is not None else "yes"
    return "no" if _NO.fullmatch(words) else None


def picked(text: str, choices: tuple[Choice, ...]) -> Choice | None:
    """The quick reply that the words pick: by its text, by its number, or by "yes" where there is only one."""
    words = bare(text)
    for at, one in enumerate(choices, 1):
        if words in (bare(one.text), str(at), f"{at}."):
            return one
    return choices[0] if len(choices) == 1 and _YES.fullmatch(words) else None
