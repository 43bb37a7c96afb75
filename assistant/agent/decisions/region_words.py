"""Which regions of the picture in hand a phrase means: "box 2", "the second dog", "1 and 3", "all cars"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.agent.decisions.decision_records import CardInHand
from assistant.agent.words.names import label_names, match_name, surface
from assistant.agent.words.quantities import whole
from tools.sentences import listing
from tools.values import regions_of

ORDINALS = {
    word: at
    for at, words in enumerate(
        ("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th", "seventh 7th", "eighth 8th",
         "ninth 9th", "tenth 10th")
    )
    for word in words.split()
} | {"last": -1}  # fmt: skip
_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
ONE = (
    "(?:(?:bounding )?box|polygon|outline|shape|mask|region|object|instance|segment|thing|key ?point|point|detection"
    "|one)"
)
"""What people call a region of a picture, whatever its kind."""

SEVERAL = (
    "(?:(?:bounding )?boxes|polygons|outlines|shapes|masks|regions|objects|instances|segments|things|key ?points|points"
    "|detections|ones)"
)
NOUN = f"(?:{SEVERAL}|{ONE})"

_COUNT = rf"#?\d+|{'|'.join(word for word in _NUMBERS if word != 'one')}"
_PART = re.compile(
    rf"(?:the |this |that |my )?(?:(?P<ordinal>{'|'.join(ORDINALS)})(?: |$))?(?P<noun>{NOUN})?"
    rf"(?: ?(?:number |no\.? ?|nr\.? ?)?(?P<number>{_COUNT}))?"
    r"(?: (?:-|to|through) (?P<until>\d+)| ?- ?(?P<end>\d+))?"
)
_ALL = re.compile(
    r"(?:all|every|each|both)(?: of)?(?: the| these| those)?(?: (?P<what>.+?))?|everything|all of (?:them|it|these)"
    rf"|them all|(?:the |these |those )?{SEVERAL}"
)
_LABELLED = re.compile(
    rf"(?:the |this |that )?(?:(?P<ordinal>{'|'.join(ORDINALS)}) )?(?P<label>.+?)"
    rf"(?: (?:number |no\.? ?|nr\.? ?|#)?(?P<number>\d+))?"
)
_SPLIT = re.compile(r",? and (?:the )?|, ?| & | \+ ")
_LONGEST_RANGE = 200


@dataclass(frozen=True, slots=True)
class Meant:
    """Regions by place, from 0. ``open`` asks which one is meant: then ``places`` are those it could be.

    ``problem`` says in a sentence why no region is meant.
    """

    places: tuple[int, ...] = ()
    is_open: bool = False
    problem: str = ""
    is_all: bool = False


def read_regions(text: str, card: CardInHand) -> Meant | None:
    """The regions that ``text`` names, ``None`` where it names none; ``text`` is in lower case."""
    labels = [str(region["label"]) for region in regions_of(card.shown)]
    words = text.strip(" .!,")
    every = _ALL.fullmatch(words)
    if every is not None:
        return _all_of((every.group("what") or "").strip(), labels, card)
    found: list[int] = []
    noun = False
    for part in _SPLIT.split(words):
        meant = _one(part.strip(), labels, card, noun)
        if meant is None or meant.is_open or meant.problem:
            return meant if len(_SPLIT.split(words)) == 1 or meant is None else _whole(meant)
        noun = True
        found += meant.places
    return Meant(tuple(dict.fromkeys(found))) if found else None


def _whole(meant: Meant) -> Meant:
    """Of several regions named together one is open: which, is asked in words, not with choices."""
    return meant if meant.problem else Meant(problem="Which ones are meant? Name them by number, as in “1 and 3”.")


def _all_of(what: str, labels: Sequence[str], card: CardInHand) -> Meant | None:
    if not what or re.fullmatch(rf"{NOUN}|of them|others?", what):
        return Meant(tuple(range(len(labels))), is_all=True)
    match = match_name(what, label_names(card.field))
    if not match.key:
        return None
    places = tuple(at for at, label in enumerate(labels) if label == match.key)
    return Meant(places) if places else _absent(match.key, card)


def _one(text: str, labels: Sequence[str], card: CardInHand, is_listed: bool) -> Meant | None:
    match = _PART.fullmatch(text)
    if match is not None and (match.group("number") or match.group("ordinal")):
        return _numbered(match, labels, card)
    if match is not None and match.group("noun") and not is_listed:
        return _only(labels, card)
    return _labelled(text, labels, card)


def _numbered(match: re.Match[str], labels: Sequence[str], card: CardInHand) -> Meant | None:
    ordinal, number = match.group("ordinal"), match.group("number")
    if ordinal and number:
        return None
    first = ORDINALS[ordinal] if ordinal else _number(number) - 1
    last = match.group("until") or match.group("end")
    places = range(first, min(int(last), first + _LONGEST_RANGE)) if last else (first,)
    count = len(labels)
    if ordinal == "last":
        return Meant((count - 1,)) if count else Meant(problem=_nothing(card))
    wrong = next((at for at in places if not 0 <= at < count), None)
    if wrong is not None or not places:
        return Meant(problem=_out_of(count, (wrong or 0) + 1, card))
    return Meant(tuple(places))


def _number(word: str) -> int:
    return _NUMBERS.get(word) or int(word.removeprefix("#"))


def _only(labels: Sequence[str], card: CardInHand) -> Meant:
    """ "the box": the only one there is."""
    if not labels:
        return Meant(problem=_nothing(card))
    return Meant((0,)) if len(labels) == 1 else Meant(tuple(range(len(labels))), is_open=True)


def _labelled(text: str, labels: Sequence[str], card: CardInHand) -> Meant | None:
    """ "the dog", "dogs", "the second dog", "dog 2"."""
    match = _LABELLED.fullmatch(text)
    if match is None:
        return None
    names = label_names(card.field)
    named = match_name(re.sub(rf" {NOUN}$", "", match.group("label")), names)
    if not named.key or not named.is_exact:
        return None
    places = [at for at, label in enumerate(labels) if label == named.key]
    if not places:
        return _absent(named.key, card)
    if match.group("ordinal"):
        return _nth(places, ORDINALS[match.group("ordinal")], named.key, card)
    if match.group("number"):
        return _label_and_number(places, whole(match.group("number")) - 1, named.key, card)
    is_plural = surface(match.group("label")) not in {surface(way) for way in names[named.key]}
    if len(places) == 1 or is_plural:
        return Meant(tuple(places))
    return Meant(tuple(places), is_open=True)


def _nth(places: Sequence[int], at: int, label: str, card: CardInHand) -> Meant:
    if at < len(places):
        return Meant((places[at],))
    name = card.field.label(label).name
    return Meant(problem=f"{name} is marked {len(places)} times on this picture; there is no number {at + 1} of it.")


def _label_and_number(places: Sequence[int], number: int, label: str, card: CardInHand) -> Meant:
    """ "dog 2" is the second dog or number 2 of the list, which is a dog: where both exist and differ, it is asked."""
    nth = places[number] if number < len(places) else None
    listed = number if number in places else None
    meant = tuple(dict.fromkeys(at for at in (nth, listed) if at is not None))
    if len(meant) == 1:
        return Meant(meant)
    return Meant(meant, is_open=True) if meant else _nth(places, number, label, card)


def _absent(label: str, card: CardInHand) -> Meant:
    return Meant(problem=f"{card.field.label(label).name} is not marked on this picture.")


def _nothing(card: CardInHand) -> str:
    return f"Nothing is marked on this picture for {card.field.name} yet; draw it on the card."


def _out_of(count: int, number: int, card: CardInHand) -> str:
    if not count:
        return _nothing(card)
    numbers = "1" if count == 1 else f"1 to {count}"
    return f"The regions on this picture are numbered {numbers}; there is no {number}."


def say_places(places: Sequence[int]) -> str:
    """Places as people count them: "2", "1 and 3"."""
    return listing([str(at + 1) for at in places])
