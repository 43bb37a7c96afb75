"""Whether the numbers in a model's words are numbers that a tool gave in the same turn.

The rule is symbolic and does not ask the model: a digit or number word that no result holds makes the words unfit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.agent.quantities import read_quantities
from assistant.agent.render import render
from assistant.agent.sentence import lower
from tools.results import ToolResult

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
_SPELLED = re.compile(r"\b(?:half|third|quarter|dozen|double|twice|thrice)\b")


def numbers_in(text: str) -> set[str]:
    """All numbers of a text in one spelling: 1,203 and 1203 alike, 0.50 and .5 alike, twelve as 12."""
    plain = _LIST_NUMBER.sub("", text)
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
    """Whether the words say that something was done. Nothing that a model calls is done before a person presses."""
    return _CLAIM.search(text) is not None


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
