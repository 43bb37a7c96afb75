"""Decisions on regions of the picture in hand: accept all but some, remove some, give some another label.

Regions are numbered from 1 in the order in which they were drawn, as the list on the card shows them. What comes out is
the review that the keys would make: the full value, and a verdict on each region.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.agent.decisions.decision_records import CardInHand, OneDecision, Question
from assistant.agent.decisions.region_words import NOUN, SEVERAL, Meant, read_regions, say_places
from assistant.agent.words.names import label_names, match_name, surface
from assistant.agent.words.sentence import lower
from tools.values import regions_of, same_value

Answer = OneDecision | Question | None
Region = Mapping[str, Any]
_MOST_CHOICES = 8

_TAKE = r"(?:accept|approve|confirm|keep|take)"
_FINE = r"(?:right|correct|good|fine|ok|okay)"
_ACCEPT_ALL = re.compile(
    rf"(?:yes,? )?{_TAKE} (?:all|everything|them all|them|these|those|both|all of (?:them|these|it))"
    rf"|(?:yes,? )?{_TAKE} (?:all |both )?(?:of )?(?:the |these |those )?(?:suggested |proposed )?{SEVERAL}"
    rf"|(?:all|they are all|these are all|all of (?:them|these) are|everything is) {_FINE}"
    rf"|(?:all )?(?:the )?{SEVERAL} are (?:all )?{_FINE}"
)
_ALL_BUT = re.compile(
    rf"(?:{_TAKE} )?(?:all|everything|every one|all of (?:them|these)|(?:all )?(?:the )?{SEVERAL})"
    r",? (?:but not|but|except(?: for)?|excluding|without|apart from|other than|save) (?P<what>.+)"
)
_ONLY = re.compile(
    rf"(?:{_TAKE} (?:only|just)|only(?: {_TAKE})?|just {_TAKE}) (?P<what>.+)"
    rf"|{_TAKE} (?P<plain>.+)"
)
_REMOVE = re.compile(
    r"(?P<verb>remove|delete|drop|discard|reject|erase|throw away|throw out|take away|take out|get rid of|clear|no"
    r"|there (?:is|are) no) "
    r"(?P<what>.+?)"
)
_NOT_THERE = re.compile(
    r"(?P<what>.+?) (?:is|are) (?:not there|not an object|no objects?|nothing|(?:a )?false (?:alarms?|positives?))"
)
_WRONG = re.compile(r"(?P<what>.+?) (?:is|are) (?:wrong|incorrect|not (?:right|correct))")
_HERE = r"(?:here|there|(?:on|in) (?:it|this|the (?:picture|image|photo)|this (?:picture|image|photo)))"
_EMPTY = re.compile(
    rf"(?:there (?:is|are) )?(?:none|(?:no|not any) {NOUN}|no(?= {_HERE}))(?: (?:{_HERE}|to mark|visible))?"
    rf"|(?:there is )?nothing(?: (?:{_HERE}|to (?:mark|see|draw|label)))?"
    r"|(?:the )?(?:picture|image|photo) is empty|clear(?: (?:it|all|everything))"
)
_IS = r"(?: (?:is|are|should be|must be|shows?|was|were|looks? like)| ?[:=])"
_ADVERB = r"(?:(?:actually|really|rather|clearly|definitely|not .+? but|all|both|in fact) )*"
_RELABEL = re.compile(
    rf"(?:no,? )?(?P<what>[^:=]+?){_IS} {_ADVERB}(?:a |an |the )?(?P<label>.+?)(?:,? (?:and not|not|instead of) .+)?"
    r"|(?:label|mark|tag|set|call|make|classify|change|turn|rename|relabel|correct) (?P<told>.+?)"
    r" (?:as|to|into|to be|a|an) (?:a |an |the )?(?P<new>.+?)"
)
_IT = re.compile(r"(?:it|this|that|this one|that one|the object|the thing)")
_THEY = re.compile(r"(?:they|these|those|all|all of them|everything|they all|these all)")
_ORDER = "remove|delete|drop|discard|reject|erase|label|change|make|mark|relabel|set"
_CLAUSE = re.compile(
    rf"(?:,? and then|, then|,? and|;|,) (?=(?:{_ORDER})\b|(?:(?:the )?{NOUN} )?#?\d+{_IS} "
    rf"|(?:the )?(?:first|second|third|fourth|fifth|last) [^,]*?{_IS} )"
)
_OTHERS = r"(?:(?:all )?(?:of )?(?:the )?(?:rest|others?|other ones|remaining(?: ones)?)|everything else)"
_REST = re.compile(
    rf"(?:,|;|,? and|,? but|,? then)* (?:{_TAKE} {_OTHERS}(?: as (?:it is|they are|suggested))?"
    rf"|{_OTHERS} (?:is|are) (?:all )?{_FINE})"
)
_MANY = re.compile(
    r"\b(?:items?|pictures?|photos?|images?|suggestions?|proposals?|predictions?|batch|score|above|below)\b"
)


@dataclass(frozen=True, slots=True)
class _Edit:
    """Regions to be taken away, and regions to get another label or flag; a question where either is open.

    ``is_whole``: the words were about all regions, also those that stay as they are.
    """

    gone: frozenset[int] = frozenset()
    labels: tuple[tuple[int, str], ...] = ()
    flags: tuple[tuple[int, str, bool], ...] = ()
    is_whole: bool = False


_Read = _Edit | Question | None


def read_region_words(text: str, card: CardInHand) -> Answer:
    """The decision about regions that ``text`` makes, a question where it is open, else ``None``."""
    if not card.field.is_image_region:
        return None
    words = lower(text).strip(" .!,")
    if _MANY.search(words) and not _EMPTY.fullmatch(words):
        return None
    if _EMPTY.fullmatch(words):
        return _decided(_Edit(frozenset(range(len(_shown(card))))), card)
    if _ACCEPT_ALL.fullmatch(words):
        return accept_pictured(card)
    rest = next((one for one in _REST.finditer(words) if one.end() == len(words)), None)
    told = words[: rest.start()] if rest else words
    found = _read_clauses(told, card) or _read(told, card)
    if not isinstance(found, _Edit):
        return found
    asked = None if rest or found.is_whole else _about_the_rest(found, words, card)
    return asked or _decided(found, card)


def _about_the_rest(edit: _Edit, words: str, card: CardInHand) -> Question | None:
    """A question where the words leave suggested regions open: only what is decided about becomes a person's."""
    told = edit.gone | {at for at, _ in edit.labels} | {at for at, _, _ in edit.flags}
    open_ones = [at for at in range(len(_shown(card))) if at not in told]
    if card.standing is not None or not open_ones:
        return None
    them = "Is it" if len(open_ones) == 1 else "Are they"
    asked = f"About {say_places(open_ones)} nothing was said yet. {them} right as suggested?"
    return Question(asked, (f"{words} and accept the rest",))


def _shown(card: CardInHand) -> Sequence[Region]:
    return regions_of(card.shown)


def accept_pictured(card: CardInHand) -> OneDecision | Question:
    """Take all regions as the card shows them; a question where it shows none."""
    if card.shown is None:
        asked = f"Nothing is suggested on this picture for {card.field.name}. Is there no object on it?"
        return Question(asked, ("no objects", "skip"))
    return _decided(_Edit(), card)


def _read(words: str, card: CardInHand) -> _Read:
    for reader in (_read_all_but, _read_remove, _read_relabel, _read_only):
        found = reader(words, card)
        if found is not None:
            return found
    return None


def _read_clauses(words: str, card: CardInHand) -> _Read:
    """ "remove box 1 and box 3 is a cat": every part must be understood, else nothing is."""
    parts = _CLAUSE.split(words)
    if len(parts) < 2:
        return None
    edits = [_read(part.strip(), card) for part in parts]
    if any(edit is None for edit in edits):
        return None
    asked = next((edit for edit in edits if isinstance(edit, Question)), None)
    if asked is not None:
        return Question(f"One thing at a time, please: {asked.text[:1].lower()}{asked.text[1:]}", asked.options)
    told = [edit for edit in edits if isinstance(edit, _Edit)]
    return _Edit(
        frozenset().union(*(edit.gone for edit in told)),
        tuple(pair for edit in told for pair in edit.labels),
        tuple(flag for edit in told for flag in edit.flags),
        any(edit.is_whole for edit in told),
    )


def _read_all_but(words: str, card: CardInHand) -> _Read:
    match = _ALL_BUT.fullmatch(words)
    meant = read_regions(match.group("what"), card) if match else None
    if meant is None:
        return None
    return _asked(meant, card, "accept all but {}") or _Edit(frozenset(meant.places), is_whole=True)


def _read_remove(words: str, card: CardInHand) -> _Read:
    match = _REMOVE.fullmatch(words) or _NOT_THERE.fullmatch(words)
    if match is None or _IT.fullmatch(match.group("what")):
        return _read_wrong(words, card)
    meant = read_regions(match.group("what"), card)
    if meant is None:
        return None
    verb = match.groupdict().get("verb", "")
    if verb == "no" and meant.places and not _is_plural(match.group("what"), card):
        # "no dog" is "not a dog" as well as "no, a dog".
        told = tuple(f"remove {at + 1}" for at in meant.places[:_MOST_CHOICES])
        return Question("Shall I remove it? Where it is a label, say “box 1 is a …”.", told)
    if verb == "reject" and meant.is_all:
        return Question("Is there no object on this picture, or is the suggestion useless?", ("no objects", "reject"))
    return _asked(meant, card, "remove {}") or _Edit(frozenset(meant.places))


def _read_wrong(words: str, card: CardInHand) -> Question | None:
    """ "box 2 is wrong": the object or its label, which is asked."""
    match = _WRONG.fullmatch(words)
    meant = read_regions(match.group("what"), card) if match and not _IT.fullmatch(match.group("what")) else None
    if meant is None or meant.is_all:
        return None
    if meant.problem or meant.is_open:
        return _asked(meant, card, "remove {}")
    places = say_places(meant.places)
    asked = f"Is there no object at {places}, or has it another label?"
    return Question(asked, (f"remove {places}", *_labels(places, card)))


def _labels(places: str, card: CardInHand, but: Sequence[str] = ()) -> tuple[str, ...]:
    """Sentences that give the regions a label, one for each label of the field."""
    offered = [one for one in card.field.label_ids if one not in but][:_MOST_CHOICES]
    return tuple(f"label {places} as {card.field.label(one).name}" for one in offered)


def _is_plural(what: str, card: CardInHand) -> bool:
    named = match_name(what, label_names(card.field))
    return not named.key or surface(what) not in {surface(way) for way in label_names(card.field)[named.key]}


def _read_only(words: str, card: CardInHand) -> _Read:
    match = _ONLY.fullmatch(words)
    if match is None:
        return None
    meant = read_regions(match.group("what") or match.group("plain"), card)
    if meant is None:
        return None
    asked = _asked(meant, card, "keep only {}")
    others = frozenset(range(len(_shown(card)))) - set(meant.places)
    if asked is not None or not others or match.group("what"):
        return asked or _Edit(others, is_whole=True)
    kept = say_places(meant.places)
    return Question(
        f"Shall I keep only {kept} and remove the other {len(others)}?", (f"keep only {kept}", "accept all")
    )


def _read_relabel(words: str, card: CardInHand) -> _Read:
    match = _RELABEL.fullmatch(words)
    if match is None:
        return None
    what, said = (match.group("what") or match.group("told")).strip(), (match.group("label") or match.group("new"))
    meant = _meant(what, card)
    if meant is None:
        return None
    named = match_name(said, label_names(card.field))
    flag = None if named.key else _flag_of(said, card)
    if flag is not None:
        return _asked(meant, card, "{} is " + said) or _Edit(flags=tuple((at, *flag) for at in meant.places))
    if not named.key:
        return _unknown_label(said, meant, named.near, card)
    name = card.field.label(named.key).name
    return _asked(meant, card, "{} is " + name) or _Edit(labels=tuple((at, named.key) for at in meant.places))


def _meant(what: str, card: CardInHand) -> Meant | None:
    """The regions that get a label: "it" is the only one there is, "they" are all."""
    count = len(_shown(card))
    if _THEY.fullmatch(what):
        return Meant(tuple(range(count)), is_all=True) if count else None
    if _IT.fullmatch(what):
        return Meant(tuple(range(count)), is_open=count > 1) if count else None
    return read_regions(what, card)


def _flag_of(said: str, card: CardInHand) -> tuple[str, bool] | None:
    """An attribute that is a flag, and whether it is set: "occluded", "not occluded"."""
    is_on = not said.startswith("not ")
    wanted = surface(said.removeprefix("not "))
    flags = [one for one in card.field.attributes if one.kind == "flag"]
    found = next((one for one in flags if wanted in (surface(one.name), surface(one.id))), None)
    return (found.id, is_on) if found else None


def _unknown_label(said: str, meant: Meant, near: tuple[str, ...], card: CardInHand) -> Question | None:
    if meant.problem or meant.is_open or len(said.split()) > 4:
        return Question(meant.problem) if meant.problem and len(said.split()) <= 4 else None
    # A number beside an unknown word is certainly about a region; "they are tricky" is not.
    if meant.is_all:
        return None
    places = say_places(meant.places)
    offered = _labels(places, card, [one for one in card.field.label_ids if one not in near] if near else ())
    if near:
        return Question(f"Which label is meant by {said!r}?", offered)
    if said.startswith("not "):
        return Question(f"Which label has {places} instead?", offered)
    return Question(f"{said!r} is no label of {card.field.name}. Which one is it?", offered)


def _asked(meant: Meant, card: CardInHand, sentence: str) -> Question | None:
    """The question that is open, with sentences as its choices; ``None`` where all is clear."""
    if meant.problem:
        return Question(meant.problem)
    if not meant.is_open:
        return None
    labels = [card.field.label(str(region["label"])).name for region in _shown(card)]
    listed = ", ".join(f"{at + 1} {labels[at]}" for at in meant.places[:_MOST_CHOICES])
    options = tuple(sentence.format(at + 1) for at in meant.places[:_MOST_CHOICES])
    return Question(f"Which one is meant? On this picture are {listed}.", options)


def _decided(edit: _Edit, card: CardInHand) -> OneDecision:
    """The review that the keys would make of these changes."""
    shown, labels = _shown(card), dict(edit.labels)
    verdicts: dict[str, str] = {}
    kept: list[dict[str, Any]] = []
    for at, region in enumerate(shown):
        key = str(region["id"])
        if at in edit.gone:
            verdicts[key] = "reject"
            continue
        # The score was the model's; what a person leaves standing has none.
        before = {name: part for name, part in region.items() if name != "score"}
        changed = _with_flags({**before, "label": labels.get(at, region["label"])}, at, edit)
        verdicts[key] = "accept" if changed == before else "edit"
        kept.append(changed)
    value: dict[str, Any] = {card.field.kind: kept}
    if card.suggestion is None:
        return OneDecision("choose", value, regions=verdicts)
    return OneDecision("accept" if same_value(card.suggestion, value) else "edit", value, regions=verdicts)


def _with_flags(region: dict[str, Any], at: int, edit: _Edit) -> dict[str, Any]:
    """The region with its flags set; a flag that is off is not kept."""
    attributes = dict(region.get("attributes") or {})
    for place, name, is_on in edit.flags:
        if place == at:
            attributes.pop(name, None)
            attributes |= {name: True} if is_on else {}
    if attributes:
        return {**region, "attributes": attributes}
    return {key: part for key, part in region.items() if key != "attributes"}
