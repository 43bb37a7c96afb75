"""Answers to what was asked just before: yes or no to a change that waits, or one of the quick replies."""

from __future__ import annotations

import re
from typing import Literal

from assistant.agent.decisions.decision_records import CardInHand
from assistant.agent.planner.plans import Choice
from assistant.agent.turn.waiting import Waiting
from assistant.agent.words.sentence import bare, read_sentence

_CERTAIN = re.compile(
    r"(?:(?:yes|yep|yeah|ok|okay|sure)[ ,]+)?(?:please )?(?:do it|do that|go ahead|go for it|proceed|make it so"
    r"|carry (?:it|that) out|confirm(?:ed)?(?: (?:it|that|this))?)(?: please)?|yes,? (?:please|confirm)"
)
_YES = re.compile(r"(?:yes|yep|yeah|yup|y|ok|okay|sure)")
_NO = re.compile(
    r"(?:no|nope|nah)(?:,? (?:thanks|thank you|do not|stop|cancel|wait))?|stop|wait|hold on|leave it"
    r"|do not(?: do (?:it|that))?|(?:no,? )?(?:please )?do not"
)
# These can mean nothing but the card, also when something else was said since.
_DROP = re.compile(
    r"(?:cancel|dismiss|discard)(?: (?:it|that|this|(?:the|that|this) (?:card|change|action)))?"
    r"|never ?mind|forget (?:it|about it|that)"
)
# Of these, the ones that are no answer to an item and no order to a job.
_DISMISS = re.compile(
    r"(?:dismiss|discard)(?: (?:it|that|this|(?:the|that|this) (?:card|change|action)))?|never ?mind"
    r"|forget (?:it|about it|that)|cancel (?:the|that|this) (?:card|change|action)"
)
_TAKE_BACK = re.compile(
    r"(?:undo|revert)(?: (?:it|that|this|last|the last(?: one)?))?|take (?:it|that) back|oops,? undo(?: (?:it|that))?"
    r"|go back(?: one)?"
)

Answer = Literal["yes", "no", "which", "which undo", "button", "late"]
"""``which``: the words may mean the item in hand too; ``which undo``: something was decided since the card came up;
``button``: not asked for in this person's own words in this sign-in; ``late``: something else was said since it came
up."""


def confirm_words(text: str, waiting: Waiting | None, card: CardInHand | None) -> Answer | None:
    """What the words say to the change that waits, ``None`` where they are about something else."""
    if waiting is None:
        return None
    words = bare(read_sentence(text).text)
    if _CERTAIN.fullmatch(words):
        return _to_certain(waiting)
    if _DROP.fullmatch(words):
        return "no"
    if _TAKE_BACK.fullmatch(words):
        if waiting.decided_since:
            return "which undo"
        # What was just done is meant before what only waits.
        return None if waiting.batch_last else "which undo" if waiting.batch_since else "no"
    if not waiting.is_last:
        return None
    if _YES.fullmatch(words):
        in_hand = card is not None and card.suggestion is not None
        return "button" if not waiting.is_asked_for else "which" if in_hand else "yes"
    return "no" if _NO.fullmatch(words) else None


def drops_nothing(text: str, waiting: Waiting | None, asked: bool, is_free: bool) -> str:
    """What is said to a dismissal with nothing to dismiss; empty where the words are about something else.

    ``asked``: a question of the assistant is open; ``is_free``: there is neither a card nor a job that "no" or "cancel"
    could mean.
    """
    words = bare(read_sentence(text).text)
    if not (_DISMISS.fullmatch(words) or (is_free and (_DROP.fullmatch(words) or _NO.fullmatch(words)))):
        return ""
    if waiting is not None:
        return f"A change still waits: {waiting.sentence} Say “dismiss the card”, or press its button."
    return "All right, nothing was done." if asked else "Nothing is waiting."


def _to_certain(waiting: Waiting) -> Answer:
    if not waiting.is_asked_for:
        return "button"
    return "yes" if waiting.is_last else "late"


def is_plain_answer(text: str) -> bool:
    """Whether the words are no more than a yes or a no, which mean something only together with a question."""
    words = bare(read_sentence(text).text)
    return any(pattern.fullmatch(words) is not None for pattern in (_YES, _NO, _CERTAIN))


def is_plain_yes(text: str) -> bool:
    """Whether the words are no more than a yes."""
    return _YES.fullmatch(bare(read_sentence(text).text)) is not None


def picked(text: str, choices: tuple[Choice, ...]) -> Choice | None:
    """The quick reply that the words pick: by its text, by its number, or by "yes" where there is only one."""
    words = bare(text)
    for at, one in enumerate(choices, 1):
        if words in (bare(one.text), str(at), f"{at}."):
            return one
    return choices[0] if len(choices) == 1 and _YES.fullmatch(words) else None
