"""A value said in words: "it's a refund", "refund and delivery", "4", "cannot tell", "also shipping"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from assistant.agent.decisions.decision_records import CardInHand, OneDecision, Question
from assistant.agent.decisions.decision_regions import read_region_words
from assistant.agent.words.names import NameMatch, label_names, likeness, match_name, plurals, surface
from assistant.agent.words.quantities import read_quantities
from tools.errors import ValueRefused
from tools.labels import CANNOT_TELL, NONE_OF_THESE
from tools.records import JsonValue
from tools.values import check_about, same_value

Answer = OneDecision | Question | None

_REASON = re.compile(r"[,;]? (?:because|since|reason ?:) (?P<reason>.+)$", re.IGNORECASE)
_HEDGE = re.compile(r"\b(?:maybe|perhaps|probably|possibly|might be|may be|could be|or maybe)\b ?", re.IGNORECASE)
_NO = (
    r"(?P<no>(?:no|nope|nah|wrong|incorrect|not (?:right|correct|quite))"
    r"(?: ?[,.:;!-]+ ?(?:but )?| but | rather | instead | actually | ))?"
)
_YES = r"(?:(?:yes|yep|yeah|right|ok|okay|actually|well|hmm|sorry|oh)\b[ ,.:;!-]+)?"
_BELIEF = r"(?:i (?:think|believe|would say|say|guess|mean|would call it)(?: that)? )?"
_IS = (
    r"(?:it|this|that|this one|that one|this item|this message)"
    r" (?:is|should be|must be|has to be|ought to be|was|looks like|can only be)"
    r"(?: (?:rather|actually|clearly|definitely|really|more|just|simply|obviously|certainly|about))* "
)
_ORDER = (
    r"(?:label|mark|tag|set|call|make|classify|choose|pick|select|change|correct|put|rate|answer)"
    r"(?: (?:it|this|that|this one|that one|this item|this message|the label|the answer))?"
    r"(?: (?:as|to|into|under))?[ :]+"
)
_DENIAL = re.compile(
    r"(?:(?:it|this|that) (?:is|was) (?:not|no|never)|not|(?P<open>no)) (?:a |an |the |about )?(?P<what>.+)", re.I
)
_CHANGE = re.compile(
    r"(?P<how>also|add|plus|and also|remove|without|drop|minus|take away) (?:the )?(?P<what>.+?)(?: too| as well)?",
    re.I,
)
_NONE = re.compile(
    r"none(?: of (?:these|them|those|the above))?(?: fits?| apply| applies)?"
    r"|neither(?: of (?:these|them))?|nothing fits",
    re.I,
)
_UNSURE = re.compile(
    r"(?:i )?(?:cannot|could not|impossible to|hard to) (?:tell|say|decide|know)|i do not know"
    r"|(?:i am )?(?:not sure|unsure)",
    re.I,
)
_EMPTY = re.compile(
    r"(?:there (?:is|are) )?(?:no|none|nothing)(?: (?:spans?|entities|entity|relations?|links?|to mark|to link|here))?",
    re.I,
)
_SPLIT = re.compile(r",? and |, ?| & | \+ |/| plus ")


@dataclass(frozen=True, slots=True)
class _Said:
    """A value phrase; ``is_framed`` where the words around it say that it is an answer, ``is_denied`` after a "no"."""

    phrase: str
    is_framed: bool = False
    is_denied: bool = False
    is_hedged: bool = False


def read_value(text: str, card: CardInHand) -> Answer:
    """The decision that ``text`` makes by naming a value, a question where it is open, else ``None``."""
    reason = _REASON.search(text)
    told = text[: reason.start()] if reason else text
    for reader in (
        read_region_words,
        _read_own_way,
        _read_reserved,
        _read_empty,
        _read_free_text,
        _read_denial,
        _read_change,
        _read_plain,
    ):
        answer = reader(told, card)
        if answer is not None:
            break
    if reason and isinstance(answer, OneDecision):
        return replace(answer, reason=reason.group("reason").strip())
    return answer


def decide_value(card: CardInHand, value: Mapping[str, JsonValue]) -> OneDecision:
    """The verdict that goes with a value: accepted as suggested, edited, or chosen."""
    if card.suggestion is None:
        return OneDecision("choose", value)
    if same_value(card.suggestion, value):
        return OneDecision("accept", value)
    return OneDecision(card.field.record.verdict, value)


def ask_label(card: CardInHand, text: str, label_ids: tuple[str, ...] = ()) -> Question:
    """One question over some labels of the field, or over the first nine."""
    return Question(
        text, tuple(f"label: {card.field.label(one).name}" for one in (label_ids or card.field.label_ids)[:9])
    )


def _read_own_way(text: str, card: CardInHand) -> Answer:
    """What only answers of this kind are called."""
    record = card.field.record
    try:
        content = record.read_said(text, card.about)
        if content is None:
            return None
        return decide_value(card, check_about(card.field, {record.key: content}, card.about))
    except ValueRefused as refused:
        return Question(str(refused))


def _read_reserved(text: str, card: CardInHand) -> Answer:
    for pattern, label_id, sentence in (
        (_NONE, NONE_OF_THESE, "does not offer 'none of these'"),
        (_UNSURE, CANNOT_TELL, "does not offer 'cannot tell'"),
    ):
        if pattern.fullmatch(text) is None or not card.field.record.said_as:
            continue
        if label_id not in card.field.label_ids:
            return Question(f"{card.field.name} {sentence}. Skip the item, or flag it for the lead?", ("skip", "flag"))
        return decide_value(card, labels_value(card, [label_id]))
    return None


def _read_empty(text: str, card: CardInHand) -> Answer:
    if not card.field.record.has_regions or card.field.record.is_near:
        return None
    own = re.fullmatch(rf"(?:there are )?no {re.escape(card.field.name)}", text, re.IGNORECASE)
    return decide_value(card, {card.field.record.key: []}) if own or _EMPTY.fullmatch(text) else None


def _read_free_text(text: str, card: CardInHand) -> Answer:
    if card.field.record.said_as != "text":
        return None
    match = re.fullmatch(
        rf"(?:answer|text|write|value|{re.escape(card.field.name)}) ?: ?(?P<own>.+)", text, re.IGNORECASE
    )
    return decide_value(card, {"text": match.group("own")}) if match else None


def _read_denial(text: str, card: CardInHand) -> Answer:
    match = _DENIAL.fullmatch(text)
    denied = match_name(match.group("what"), label_names(card.field)) if match and card.field.labels else NameMatch()
    if not denied.key:
        return None
    others = tuple(one for one in card.field.label_ids if one != denied.key)
    name = card.field.label(denied.key).name
    if match and match.group("open"):  # "no refund" is either "no, refund" or "not a refund"
        return ask_label(card, f"Do you mean that it is {name}, or that it is not?", (denied.key, *others))
    return ask_label(card, f"Not {name}: which is it instead?", others)


def _read_change(text: str, card: CardInHand) -> Answer:
    match = _CHANGE.fullmatch(text) if card.field.record.said_as == "labels" else None
    if match is None:
        return None
    found = [match_name(part, label_names(card.field)) for part in _SPLIT.split(match.group("what"))]
    named = [one.key for one in found]
    if not all(one.is_exact for one in found):
        return None
    shown = list((card.suggestion or {}).get("labels", ()))
    is_less = match.group("how").lower() in ("remove", "without", "drop", "minus", "take away")
    kept = (
        [one for one in shown if one not in named] if is_less else [*shown, *(one for one in named if one not in shown)]
    )
    return decide_value(card, labels_value(card, kept))


def _read_plain(text: str, card: CardInHand) -> Answer:
    said = _unframe(text, card)
    reader = _READERS.get(card.field.record.said_as)
    if said is None or reader is None:
        return None
    answer = reader(said, card)
    if said.is_hedged and isinstance(answer, OneDecision):
        return _ask_again(answer, card)
    return answer


def _ask_again(answer: OneDecision, card: CardInHand) -> Question | None:
    label_ids = tuple((answer.value or {}).get("labels") or filter(None, [(answer.value or {}).get("label")]))
    if not label_ids:
        return None
    names = " and ".join(card.field.label(one).name for one in label_ids)
    return Question(f"Shall I record {names}?", (f"label: {names}", "skip"))


def _unframe(text: str, card: CardInHand) -> _Said | None:
    """Take the frame off a value phrase; ``None`` where a "no" leaves open what it denies."""
    hedged = _HEDGE.sub("", text)
    own = rf"(?:(?:the )?(?:label|labels|answer|value|rating|{re.escape(card.field.name)})(?: is)? ?[:= ] ?)"
    frame = re.compile(
        rf"{_NO}{_YES}{_BELIEF}(?P<frame>{_IS}|{_ORDER}|{own})?(?:a |an |the |just |both )?(?P<phrase>.+?)"
        r"(?:,? (?:instead|rather|now))?",
        re.IGNORECASE,
    )
    match = frame.fullmatch(hedged.strip(" ,.!"))
    if match is None:
        return None
    is_denied = match.group("no") is not None
    is_framed = match.group("frame") is not None or is_denied
    return _Said(match.group("phrase").strip(" ,.!\"'"), is_framed, is_denied, hedged != text)


def _read_choice(said: _Said, card: CardInHand) -> Answer:
    # A label that is called like a key of another one is meant by its name.
    called = next((one.id for one in card.field.answers if surface(said.phrase) == surface(one.name)), "")
    if called:
        return decide_value(card, {"label": called})
    if said.phrase in card.keys:
        return decide_value(card, {"label": card.keys[said.phrase]})
    if said.phrase.isdigit() and len(said.phrase) == 1 and not said.is_framed:
        return Question(f"There is no key {said.phrase} on this card.")
    parts = [part for part in re.split(r" or |,? and ", said.phrase) if part]
    whole = _find(said.phrase, said, card)
    if whole.key:
        return decide_value(card, {"label": whole.key})
    found = [match_name(part, label_names(card.field)) for part in parts]
    if len(parts) > 1 and all(one.key for one in found):
        several = tuple(dict.fromkeys(one.key for one in found))
        return ask_label(card, f"{card.field.name} takes one label. Which one?", several)
    return _not_found(said, whole, card)


def _read_multi(said: _Said, card: CardInHand) -> Answer:
    whole = _find(said.phrase, said, card)
    if whole.key:
        return decide_value(card, labels_value(card, [whole.key]))
    found = []
    for part in filter(None, _SPLIT.split(said.phrase)):
        key = card.keys.get(part)
        found.append(NameMatch(key, True) if key else _find(part, said, card))
    if found and all(one.key for one in found):
        return decide_value(card, labels_value(card, [one.key for one in found]))
    return _not_found(said, next((one for one in found if not one.key), whole), card)


def _read_rating(said: _Said, card: CardInHand) -> Answer:
    phrase = re.sub(rf"(?: ?(?:/|of|out of) ?{card.field.max}| stars?| points?)$", "", said.phrase, flags=re.IGNORECASE)
    numbers = read_quantities(phrase.lower())
    is_alone = len(numbers) == 1 and not numbers[0].bound and (numbers[0].start, numbers[0].end) == (0, len(phrase))
    if not is_alone or not numbers[0].is_count:
        return None
    rating = int(numbers[0].value)
    if not card.field.min <= rating <= card.field.max:
        return Question(f"{card.field.name} runs from {card.field.min} to {card.field.max}; {rating} is outside.")
    return decide_value(card, {"rating": rating})


def _find(phrase: str, said: _Said, card: CardInHand) -> NameMatch:
    names = label_names(card.field)
    if said.is_framed:
        return match_name(phrase, names)
    # Without a frame only the name itself, or the name with a typing error, is certainly an answer.
    exact = match_name(phrase, names, with_plural=False)
    wanted = surface(phrase)
    return exact if exact.is_exact or (exact.key and _is_typo(wanted, names[exact.key])) else NameMatch()


def _is_typo(wanted: str, ways: tuple[str, ...]) -> bool:
    names = {surface(way) for way in ways}
    if any(wanted in plurals(name) for name in names):
        return False
    return any(likeness(wanted, name) >= 90 and len(wanted.split()) == len(name.split()) for name in names)


def _not_found(said: _Said, match: NameMatch, card: CardInHand) -> Answer:
    if not said.is_framed:
        return None
    if match.near:
        return ask_label(card, f"Which label is meant by {said.phrase!r}?", match.near)
    wanted = surface(said.phrase)
    inside = [
        key
        for key, ways in label_names(card.field).items()
        if any(f" {surface(way)} " in f" {wanted} " for way in ways)
    ]
    if inside and len(wanted.split()) <= 4:
        return ask_label(card, f"{said.phrase!r} is no label of {card.field.name}. Which one is meant?", tuple(inside))
    if wanted in card.elsewhere:
        return Question(f"This card asks {card.field.name}; {said.phrase!r} is a label of {card.elsewhere[wanted]}.")
    if said.is_denied and len(wanted.split()) <= 4:
        return ask_label(card, f"{said.phrase!r} is no label of {card.field.name}. Which one is it?")
    return None


def labels_value(card: CardInHand, label_ids: list[str]) -> dict[str, JsonValue]:
    """The value that these labels make: the one of a choice, or all in schema order."""
    record = card.field.record
    return {record.key: record.of_labels(card.field, label_ids)}


_READERS: dict[str, Callable[[_Said, CardInHand], Answer]] = {
    "label": _read_choice,
    "labels": _read_multi,
    "number": _read_rating,
}
"""By how an answer is said."""
