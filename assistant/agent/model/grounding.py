"""Whether the numbers in a model's words are numbers that a tool gave in the same turn.

The rule is symbolic and does not ask the model: a digit or number word that no result holds makes the words unfit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from assistant.agent.render import render
from assistant.agent.words.quantities import read_quantities
from assistant.agent.words.sentence import lower
from tools.results import ToolResult

ADDS = "The language model adds: "
_MOST_LETTERS = 1_500
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*|(?<![\w.])\.\d+")
_DEEDS = (
    "accepted|approved|confirmed|dismissed|rejected|exported|downloaded|imported|deleted|removed|erased|renamed|merged|"
    "undone|undid|reverted|reset|marked|labell?ed|annotated|tagged|decided|changed|updated|applied|saved|written|wrote|"
    "added|created|assigned|corrected|fixed|completed|finished|done|made|set|sent|trained|ran|executed|carried out"
)
_UNDOING = "undone|deleted|removed|erased|exported|downloaded|imported|renamed|merged|reverted|reset|carried out"
# "I have now exported", "everything was deleted", "Done.", "successfully": what a model can never have done itself.
_CLAIM = re.compile(
    rf"\b(?:i|we)(?:'ve|’ve| have| had| did| just| now| already| also)* (?:\w+ly )?(?:{_DEEDS})\b"
    rf"|\b(?:(?:has|have|had) (?:now |all |just |already )*been|(?:is|are|was|were) (?:now|all|just|already)|got) "
    rf"(?:\w+ly )?(?:{_DEEDS})\b"
    # What is true of items may be told ("12 are labelled"); these are deeds whoever is not named.
    rf"|\b(?:is|are|was|were) (?:\w+ )?(?:{_UNDOING})\b"
    r"|(?:^|[.!?;:\n]\s*)(?:all )?(?:done|finished|completed)\b|\bsuccessfully\b",
    re.IGNORECASE,
)
# Everyday ways to say that it is so now: "went through", "accepted now", "consider it done", "is in force".
_SETTLED = re.compile(
    rf"\b(?:is|are|was|were) (?:{_DEEDS}) (?:now|already|as you)\b"
    r"|\b(?:went|gone|goes) through\b|\bconsider (?:it|that|them)\b"
    r"|\b(?:took|taken) care of\b|\bin force\b|\bcomplete(?:[.!]|$)|\bis on its way\b|\bare on their way\b",
    re.IGNORECASE,
)
_AS_OTHERS = re.compile(
    r"(?:^|\n)\s*(?:user|human|person|assistant|system|program|tool)\s*:"
    r"|(?:^|\n|[.!?]\s)\s*(?:accepted|chosen|saved|rejected|skipped|flagged|dismissed|withdrawn|exported|renamed|undone|"
    r"meanwhile|no tool ran|nothing was (?:changed|undone)|this (?:change )?waits)\b"
    r"|\b(?:press|click|push|tap)\b|\bbuttons?\b|\bcard (?:below|above)\b",
    re.IGNORECASE,
)
_SPELLED = re.compile(r"\b(?:half|third|quarter|dozen|double|twice|thrice)\b")


def numbers_in(text: str) -> set[str]:
    """All numbers of a text in one spelling: 1,203 and 1203 alike, 0.50 and .5 alike, twelve as 12."""
    # ⁹⁷, ⅞ and ①⑦⓪ are numbers too.
    plain = _LIST_NUMBER.sub("", unicodedata.normalize("NFKC", text))
    found = {_spelling(number) for number in _DIGITS.findall(plain)}
    words = read_quantities(re.sub(r"\d", " ", lower(plain)))
    return found | {_spelling(f"{one.value:g}") for one in words} | set(_SPELLED.findall(lower(plain)))


def numbers_of(results: Iterable[ToolResult]) -> set[str]:
    """All numbers that the results hold, as written for people and as they are."""
    found: set[str] = set()
    for result in results:
        found |= numbers_in(render(result, with_facts=True))
        found |= {_spelling(str(item_id)) for item_id in (*result.items, len(result.items))}
        for fact in result.facts:
            for value in (fact.value, fact.low, fact.high, fact.n):
                if value is not None:
                    found |= _roundings(float(value))
    return found


def is_grounded(text: str, results: Iterable[ToolResult]) -> bool:
    """Whether every number of ``text`` occurs in the results."""
    return numbers_in(text) <= numbers_of(results)


def claims_a_deed(text: str) -> bool:
    """Whether the words say that something was done, speak as a person or the program, or point at a button. Nothing
    that a model calls is done before a person presses, and where something waits for that, the program says so.
    """
    return any(one.search(text) for one in (_CLAIM, _SETTLED)) or _AS_OTHERS.search(text) is not None


def as_models(text: str) -> str:
    """A model's words as they may stand in the chat: one line between quotes, without signs that hide or turn text.

    No word of it stands at the beginning of a line, where the program speaks.
    """
    seen = "".join(" " if one.isspace() or unicodedata.category(one)[0] == "C" else one for one in text)
    words = " ".join(seen.split()).replace("“", '"').replace("”", '"')
    return f"“{words if len(words) <= _MOST_LETTERS else words[:_MOST_LETTERS] + ' …'}”"


def _roundings(value: float) -> set[str]:
    """A number as it is, as a percentage, and both rounded: a model may shorten, but not invent."""
    found = set()
    for one in (value, value * 100):
        found |= {_spelling(f"{round(one, digits):.{digits}f}") for digits in range(4)}
    return found


def _spelling(number: str) -> str:
    number = number.replace(",", "")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number.lstrip("0") or "0"
