"""Items that somebody names: put on the card where they want to see them, and never decided from afar.

Words decide the item in hand only. An answer for another item brings that item onto the card and says how to decide it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.agent.events import TurnEvent
from assistant.agent.surroundings import Host
from assistant.agent.turn.waiting import at_terminal
from assistant.agent.words.names import label_names, match_name
from assistant.agent.words.sentence import LONGEST, read_sentence
from tools.errors import AssistantError, LeaseTaken
from tools.records import Actor
from tools.schema import LabelSchema

_MANNERS = r"(?:(?:please|now|ok|okay|well|then|can you|could you|would you),? )*"
_NOUN = r"(?:item|message|text|example|picture|photo|image|card|row|key|number)"
_OPEN = re.compile(
    rf"{_MANNERS}(?P<how>open|show(?: me)?|go to|jump to|take me to|bring up|let me see) (?:the )?(?:{_NOUN} )?"
    rf"(?:no\.? )?(?P<item>\S+?)(?: (?:one|{_NOUN}))?(?: on the card| again| now)?(?: please)?[.!? ]*",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    rf"{_MANNERS}(?:(?:label|mark|set|tag|change|settle|classify|correct|code) )?(?:{_NOUN} )?"
    r"(?P<item>\S+?)(?: (?:is|should be|must be|has to be|as|to)|:| =| ->) "
    r"(?:a |an |the |about )?(?P<what>[^?]+?)[.! ]*",
    re.IGNORECASE,
)
_ACCEPT = re.compile(
    rf"{_MANNERS}(?:accept|approve|confirm|take) (?:(?:the |its )?(?:suggestion|suggested label|label) (?:for|of|on) )?"
    rf"(?:{_NOUN} )?(?P<item>\S+?)(?: as suggested)?(?: please)?[.! ]*",
    re.IGNORECASE,
)
# Something that can be nothing but the name of an item, even where no item has it.
_NAME_LIKE = re.compile(r"#?\d+|(?=\S*\d)(?=\S*[^\W\d])[\w.:/-]+")


@dataclass(frozen=True, slots=True)
class NamedAnswer:
    """What was said of an item by name: ``words`` decide it once it is in hand; without any it shall only be shown."""

    key: str
    field: str
    words: str = ""


def named_in(
    text: str, items: Mapping[str, str], schema: LabelSchema, actor: Actor, in_hand: tuple[str, str]
) -> NamedAnswer | None:
    """What a sentence wants of one item that it names, where the card is the place for it."""
    opened = None if at_terminal(actor) else read_opening(text, items, in_hand[1])
    named = opened or read_named_answer(text, items, schema, in_hand)
    is_bulk = named is not None and named.words == "accept" and named.key != in_hand[0] and actor.may("lead")
    return None if is_bulk else named  # who leads confirms it in the list of what is accepted


def read_opening(text: str, items: Mapping[str, str], field: str) -> NamedAnswer | None:
    """ "open mail-016", "show me M005": the item that shall be on the card, for the question ``field``.

    ``items`` are the words of ``text`` that name items.
    """
    match = _OPEN.fullmatch(read_sentence(text).text) if len(text) <= LONGEST else None
    if match is None:
        return None
    name = match.group("item")
    key = items.get(name) or items.get(name.lower(), "")
    if not key and not match.group("how").lower().startswith("show") and _NAME_LIKE.fullmatch(name):
        key = name  # of no item the project says that there is none
    return NamedAnswer(key, field) if key else None


def read_named_answer(
    text: str, items: Mapping[str, str], schema: LabelSchema, in_hand: tuple[str, str]
) -> NamedAnswer | None:
    """ "R3 is positive", "set M144 to delivery", "accept the suggestion for M022": item and answer, where both are
    exact. ``in_hand`` is the item on the card and its question.
    """
    words = read_sentence(text).text if len(text) <= LONGEST else ""
    accepted = _ACCEPT.fullmatch(words)
    if accepted and (key := items.get(accepted.group("item"), "")):
        return NamedAnswer(key, in_hand[1], "accept")
    match = _ANSWER.fullmatch(words)
    key = items.get(match.group("item"), "") if match else ""
    if match is None or not key:
        return None
    for field in sorted(schema.fields, key=lambda one: one.id != in_hand[1]):
        found = match_name(match.group("what"), label_names(field))
        if found.is_exact and not field.is_image_region:
            return NamedAnswer(key, field.id, f"it is {field.label(found.key).name}")
    return None


def open_for(host: Host, actor: Actor, named: NamedAnswer) -> Iterator[TurnEvent]:
    """Bring the item onto the card, where one word decides it; where it cannot be had, why, and the card in hand
    stays.
    """
    if at_terminal(actor):
        told = f"Nothing was decided: words decide only the item on the card of the page. In the terminal {named.key} "
        yield TurnEvent("text", f"{told}is decided with “assistant review”.")
        return
    try:
        card = host.desk.open_card(actor, host.store.items.resolve([named.key])[0], named.field)
    except LeaseTaken as error:
        why = str(error).partition("; ")[0].rstrip(".")
        yield TurnEvent("text", f"{named.key} cannot be put on your card: {why}. Nothing was decided.")
    except AssistantError as error:
        yield TurnEvent("text", str(error))
    else:
        told = _told(named, has_suggestion=card.suggestion is not None)
        yield TurnEvent("moved", told, exposure_id=card.exposure.exposure_id)


def _told(named: NamedAnswer, *, has_suggestion: bool) -> str:
    if not named.words:
        return f"{named.key} is on the card."
    told = f"{named.key} is on the card now, and nothing is decided yet"
    if named.words == "accept":
        return f"{told}: say “accept”." if has_suggestion else f"{told}: nothing is suggested on it, so say its label."
    return f"{told}: say “{named.words.removeprefix('it is ')}”, or press its key."
