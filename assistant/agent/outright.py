"""Words behind a language model's: what could be an answer to it decides nothing on the card.

A model may ask, or say "say ok to go on", in any language and without a question mark. So nothing is read out of its
words: while a model spoke last, only a sentence that names its decision outright decides, such as "accept this",
"label it refund" or "M174 is refund". Of all others it is asked which they mean, with replies that say it outright.
"""

from __future__ import annotations

import re

from assistant.agent.decisions.decision_records import CardInHand, Decision, OneDecision, Question, UndoLast
from assistant.agent.decisions.region_words import NOUN
from assistant.agent.words.names import surface
from assistant.agent.words.sentence import read_sentence

TO_ASSISTANT = "answer the assistant: "
_TO_ASSISTANT = re.compile(r"(?:please )?answer the assistant ?: ?(?P<words>.+)", re.IGNORECASE | re.DOTALL)
WHICH = "Do you mean the item in hand, or are you answering the assistant?"
_WHICH_CARD = "Do you mean the change that waits, or are you answering the assistant?"
_WHICH_UNDO = "Shall I take back your last decision, or are you answering the assistant?"

_NOUNS = r"(?:one|item|message|text|card|suggestion|label|picture|photo|image)"
_THIS = rf"(?:this(?: {_NOUNS})?|the (?:item|message|card|suggestion|suggested label|picture|photo|image))"
_VERBS = r"(?:accept|approve|confirm|reject|decline|skip|flag)"
_OUTRIGHT = re.compile(
    rf"{_VERBS} {_THIS}\b.*"
    rf"|(?:label|tag|classify) (?:it|{_THIS})\b.+"
    rf"|(?:mark|set|change|rate|correct) {_THIS}\b.+"
    rf"|this {_NOUNS} (?:is|should be|must be)\b.+"
    r"|(?:label|answer|rating|flag|reject|comment|note) ?: .+",
    re.IGNORECASE,
)
_REGION = re.compile(rf"\b{NOUN} (?:number )?#?\d", re.IGNORECASE)
_UNDO = re.compile(r"(?:undo|revert)\b.*", re.IGNORECASE)
_THE_CARD = re.compile(r"\b(?:card|change|action)\b", re.IGNORECASE)
_OWN_WORDS = re.compile(r"(?:add (?:a )?|leave (?:a )?)?(?:comment|note)\b|(?:flag|reject|decline)\b.+", re.IGNORECASE)


def answer_to_assistant(text: str) -> str:
    """The words that shall go to the assistant and nowhere else; empty where the sentence does not say so."""
    match = _TO_ASSISTANT.fullmatch(text.strip())
    return match.group("words").strip() if match else ""


def on_this(text: str, key: str, card: CardInHand | None) -> str:
    """The sentence without the name of the item in hand where it says that it is about it: "accept Refund on M174".

    Empty where it does not. What a person writes about an item is never cut.
    """
    if card is None or not key:
        return ""
    words = read_sentence(text).text.strip(" .!")
    named = re.fullmatch(rf"(?P<verb>{_VERBS}) {re.escape(key)}(?P<rest>.*)", words, re.IGNORECASE)
    if named:
        return f"{named.group('verb')} this{named.group('rest')}"
    match = re.fullmatch(rf"(?P<words>.+?) on {re.escape(key)}", words, re.IGNORECASE)
    if match is None or card.field.record.said_as == "text" or _OWN_WORDS.match(match.group("words")):
        return ""
    accepted = re.fullmatch(r"accept (?P<value>.+)", match.group("words"), re.IGNORECASE)
    is_suggested = accepted and surface(accepted.group("value")) == surface(_named(card, card.suggestion))
    return "accept this" if is_suggested else match.group("words")


def is_outright(text: str, card: CardInHand | None) -> bool:
    """Whether a sentence names its decision, so that it can be no answer to anything else."""
    words = read_sentence(text).text.strip(" .!")
    is_region = card is not None and card.field.is_image_region and _REGION.search(words) is not None
    return is_region or _OUTRIGHT.fullmatch(words) is not None or _UNDO.fullmatch(words) is not None


def which_is_meant(text: str, decision: Decision | None, card: CardInHand | None, key: str) -> Question | None:
    """The question that is asked instead of carrying out ``decision``; ``None`` where it decides nothing by itself."""
    words = " ".join(text.split())
    to_assistant = f"{TO_ASSISTANT}{words}"
    if isinstance(decision, UndoLast):
        return Question(_WHICH_UNDO, ("undo my last decision", to_assistant))
    if card is None or not isinstance(decision, (OneDecision, Question)):
        return None
    if isinstance(decision, Question):
        return Question(WHICH, (f"{words.strip(' .!')} on {key}", to_assistant)) if decision.options else None
    return Question(WHICH, (_reply(words, decision, card, key), to_assistant))


def which_answer(text: str, answer: str | None, is_last: bool) -> Question | None:
    """The question where words would dismiss a card that was not shown just now, but may be an answer to the model."""
    if answer not in ("no", "which undo") or is_last or _THE_CARD.search(text) or _UNDO.match(text.strip()):
        return None
    return Question(_WHICH_CARD, ("dismiss the card", f"{TO_ASSISTANT}{' '.join(text.split())}"))


def _reply(words: str, decision: OneDecision, card: CardInHand, key: str) -> str:
    """A sentence for exactly this decision, which cannot be taken for anything else."""
    reason = f": {decision.reason}" if decision.reason else ""
    if decision.verdict == "comment":
        return f"comment{reason}"
    if decision.verdict in ("skip", "reject", "flag"):
        return f"{decision.verdict} {key}{reason}"
    if card.field.record.said_as == "text" and decision.verdict != "accept":
        return f"answer: {(decision.value or {}).get('text', '')}"
    name = _named(card, decision.value)
    if reason and (name or card.field.record.said_as == "number"):
        return f"answer: {name or (decision.value or {})['rating']} because {decision.reason}"
    if decision.verdict == "accept" and not card.field.is_image_region:
        return f"accept {name} on {key}" if name else f"accept {key}"
    return f"label: {name} on {key}" if name else f"{words.strip(' .!')} on {key}"


def _named(card: CardInHand, value: object) -> str:
    """The labels of a value by name; empty for answers of other kinds."""
    if not isinstance(value, dict) or not card.field.record.is_labels:
        return ""
    ids = value.get("labels") or [one for one in [value.get("label")] if one]
    return " and ".join(card.field.label(one).name for one in ids if one in card.field.label_ids)
