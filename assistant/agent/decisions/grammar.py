"""Decision words: what a person says about the item in hand, read by a fixed grammar before any model runs.

The grammar is strict: what is not certainly a decision is left to the planner. Where the words are a decision but leave
open which one, the answer is one question with options. Nothing here decides: the conversation carries it out.
"""

from __future__ import annotations

import re

from assistant.agent.decisions.decision_bulk import read_bulk
from assistant.agent.decisions.decision_records import CardInHand, Decision, OneDecision, Question, UndoLast
from assistant.agent.decisions.decision_regions import accept_pictured, read_region_words
from assistant.agent.decisions.decision_values import ask_label, decide_value, labels_value, read_value
from assistant.agent.words.names import surface
from assistant.agent.words.sentence import Sentence, read_sentence, sentence_of
from tools.modalities.registry import MODALITIES
from tools.schema import LabelSchema

# Reasons for a rejection that need no colon before them: those that the page offers.
_REASONS = {reason for one in MODALITIES.values() for reason in one.reasons}
_INSTEAD = ("no objects", "reject", "skip")
_IT = r"(?: (?:it|this|that|this one|that one|this item|this message|the item|this card|the card|this suggestion))?"
_LEAD = re.compile(r"(?:please|pls|ok|okay|hmm+|well|so|then|alright|oh|right)[ ,.:;!-]+(?=\w)", re.IGNORECASE)
_TAIL = re.compile(r"[ ,]+(?:please|pls|thanks|thank you|thx|then|for now)[ .!]*$", re.IGNORECASE)
_ACCEPT = re.compile(
    r"(?:accept|approve|confirm)"
    r"(?: (?:it|this|that|this one|that one|this item|this card|the suggestion|this suggestion|the label|as is))?"
    r"|(?:yes|yep|yeah|yup|y|ok|okay|k|correct|right|agreed|agree|lgtm)"
    r"|yes,? (?:please|accept(?: it)?|it is|that is (?:right|correct)|correct|right|i agree)"
    r"|(?:it|that|this|the suggestion) is (?:right|correct|fine|ok|okay|true)|i agree|keep it|as suggested"
    r"|(?:(?:it|that|this) )?looks (?:right|good|correct|fine)(?: to me)?",
    re.IGNORECASE,
)
_PLAIN_YES = re.compile(r"(?:yes|yep|yeah|yup|y|ok|okay|k|right|correct|agreed|agree)\b", re.IGNORECASE)
_NO = re.compile(
    r"no|nope|nah|wrong|incorrect|not right|not correct|(?:it|that|this) is (?:wrong|not right|not correct|incorrect)",
    re.I,
)
_REJECT = re.compile(
    rf"(?:reject|decline)(?: the suggestion|{_IT})"
    r"(?:(?: ?[:(,-] ?| )(?:(?P<cue>because|since|reason:?|as it) )?(?P<reason>.+?)\)?)?",
    re.IGNORECASE,
)
_SKIP = re.compile(rf"(?:skip|pass){_IT}|leave (?:it|this|this one) (?:for later|open|out)", re.IGNORECASE)
_FLAG = re.compile(
    rf"flag{_IT}(?: (?:for|to) (?:the |a )?(?:lead|review|later|discussion|team))?"
    r"(?:(?: ?[:(,-] ?| (?:because|since|as) )(?:because |since )?(?P<reason>.+?)\)?)?",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    r"(?:add (?:a )?|leave (?:a )?)?(?:comment|note)(?P<cue> ?[:,-] ?| that:? | here:? | on this:? | )(?P<reason>.+)",
    re.IGNORECASE,
)
_NO_COMMENT = re.compile(
    r"(?:on|by|of|from|about|rate|rates|count|counts|field|column|was|is|are|how|what)\b", re.IGNORECASE
)
_UNDO = re.compile(
    r"(?:undo|revert)(?: (?:it|that|this|last|(?:the|my) last(?: one| (?P<decision>decision|label|answer))?))?"
    r"|take (?:it|that) back|oops,? undo(?: (?:it|that))?|go back(?: one)?",
    re.IGNORECASE,
)


def read_decision(text: str, card: CardInHand | None, schema: LabelSchema) -> Decision | None:
    """What ``text`` decides, a question where that is open, or ``None`` where it is no decision."""
    sentence = _without_manners(read_sentence(text))
    words = sentence.text.strip(" .!")
    if undone := _UNDO.fullmatch(words):
        return UndoLast(is_decision=undone.group("decision") is not None)
    if not words or sentence.is_question:
        return None
    told = read_region_words(words, card) if card else None
    if told is not None:
        return told
    bulk = read_bulk(words, schema, card.field.id if card else "")
    if bulk is not None:
        return bulk
    if card is None:
        return _without_card(words)
    verb = _read_verb(words, card)
    twin = next((one for one in card.field.answers if surface(words) in (surface(one.name), one.id)), None)
    if verb is not None and twin is not None and not card.field.is_image_region:
        return _verb_or_label(verb, twin.id, card)
    return verb or read_value(words, card)


def _without_manners(sentence: Sentence) -> Sentence:
    """Drop "please" and its kin at both ends, but never the whole sentence."""
    text = sentence.text
    lead = _LEAD.match(text)
    while lead:
        text, lead = text[lead.end() :], _LEAD.match(text[lead.end() :])
    return sentence_of(_TAIL.sub("", text))


def _without_card(words: str) -> Question | None:
    named = _ACCEPT.fullmatch(words) and not _PLAIN_YES.match(words)
    if named or _SKIP.fullmatch(words) or re.fullmatch(rf"(?:reject|flag){_IT}", words, re.IGNORECASE):
        return Question(
            "There is no item in hand to decide on. Open one on the card, or ask what is next.", ("what is next",)
        )
    return None


def _read_verb(words: str, card: CardInHand) -> OneDecision | Question | None:
    if _ACCEPT.fullmatch(words):
        return _accept(card)
    if _NO.fullmatch(words):
        if card.field.is_image_region:
            return Question("What is wrong? Say “remove box 2” or “box 3 is a …”, or change it on the card.", _INSTEAD)
        asked = ask_label(card, "What is it instead?")
        return Question(asked.text, (*asked.options, "reject"))
    if _SKIP.fullmatch(words):
        return OneDecision("skip")
    return _read_remark(words, card)


def _accept(card: CardInHand) -> OneDecision | Question:
    if card.field.is_image_region:
        return accept_pictured(card)
    if card.suggestion is None:
        return ask_label(card, f"Nothing is suggested on this item. What is your answer to {card.field.name}?")
    return OneDecision("accept", card.suggestion)


def _read_remark(words: str, card: CardInHand) -> OneDecision | None:
    """Reject, flag and comment, with the words that go with them."""
    if match := _REJECT.fullmatch(words):
        reason = (match.group("reason") or "").strip()
        told = match.group("cue") or re.search(r"[:(]", words) or reason.lower() in _REASONS
        return OneDecision("reject", reason=reason) if not reason or told else None
    if match := _FLAG.fullmatch(words):
        return OneDecision("flag", reason=(match.group("reason") or "").strip())
    is_own_text = card.field.record.said_as == "text" and words.lower().startswith(card.field.name.lower())
    match = None if is_own_text else _COMMENT.fullmatch(words)
    if match and (match.group("cue").strip() or not _NO_COMMENT.match(match.group("reason"))):
        return OneDecision("comment", reason=match.group("reason").strip())
    return None


def _verb_or_label(verb: OneDecision | Question, label_id: str, card: CardInHand) -> Decision:
    """A label that is called like a decision word: certain only where both readings come to the same."""
    chosen = decide_value(card, labels_value(card, [label_id]))
    if isinstance(verb, Question) or chosen == verb:
        return chosen
    said = {"accept": "accept the suggestion", "skip": "skip this item"}.get(verb.verdict, f"{verb.verdict} this item")
    name = card.field.label(label_id).name
    return Question(f"Is {name!r} the label, or what I shall do?", (f"label: {name}", said))
