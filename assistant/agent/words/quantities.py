"""Numbers in digits and words, percent and comparators, read out of a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_GROUPS = {"a dozen": 12, "half a dozen": 6, "a hundred": 100, "a thousand": 1000, "a couple of": 2, "a few": 5}
_MOST = 10**15
_SCALES = {"hundred": 100, "thousand": 1000}
_WORD = "|".join(sorted((*_UNITS, *_SCALES), key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![\w#.])(?:(?P<group>{'|'.join(sorted(_GROUPS, key=len, reverse=True))})\b"
    rf"|(?P<words>(?:{_WORD})(?:[ -](?:and )?(?:{_WORD}))*)\b"
    r"|(?P<digits>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+)(?P<k>k\b)?"
    r"(?P<percent> ?%| percent\b| per cent\b)?)(?!\w|\.\d)"
)

_ABOVE = r"(?:above|over|more than|greater than|higher than|at least|no less than|not less than|>=?|≥|minimum|min)"
_BELOW = r"(?:below|under|less than|lower than|smaller than|at most|no more than|not more than|up to|<=?|≤|maximum|max)"
_BOUND = re.compile(rf"(?:(?P<above>{_ABOVE})|(?P<below>{_BELOW}))(?: or equal to| than| of| a)? ?$")
_AFTER = re.compile(
    r" ?(?:(?:or|and) (?:(?P<above>above|more|higher|better|up|over)|(?P<below>below|less|lower|fewer|worse|under))\b"
    r"|(?P<plus>\+))"
)


_COUNTED = re.compile(r"(?:item|more|random|example|label|card|message)\b")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and where it stands; ``bound`` says which side a comparator named."""

    value: float
    start: int
    end: int
    is_percent: bool = False
    bound: str = ""

    @property
    def is_count(self) -> bool:
        """Whether it can count things."""
        return not self.is_percent and self.value == int(self.value)

    @property
    def share(self) -> float | None:
        """The number as a share of 1, reading 90 % and 0.9 alike; ``None`` where it is neither."""
        if self.is_percent or 1 < self.value <= 100:
            return self.value / 100
        return self.value if 0 <= self.value <= 1 else None


def read_quantities(low: str) -> tuple[Quantity, ...]:
    """All numbers of a lower-case text, in order."""
    found = []
    for match in _NUMBER.finditer(low):
        start, end = match.span()
        if match.group("words") == "one" and not _counts(low, start, end):
            continue
        value = _value(match)
        bound, start, end = _bound(low, start, end)
        found.append(Quantity(value, start, end, match.group("percent") is not None, bound))
    return _join_between(low, found)


def _counts(low: str, start: int, end: int) -> bool:
    """ "one" is a pronoun far more often than a number: "this one", "the one that"."""
    if low[:start].rstrip().endswith(("this", "that", "which", "the", "next", "last")):
        return False
    return not low[:start].strip() or _COUNTED.match(low[end:].lstrip()) is not None


def _value(match: re.Match[str]) -> float:
    if group := match.group("group"):
        return float(_GROUPS[group])
    if words := match.group("words"):
        return float(_spoken(words))
    digits, _, rest = match.group("digits").replace(",", "").partition(".")
    return float(f"{whole(digits or '0')}.{rest or '0'}") * (1000 if match.group("k") else 1)


def whole(digits: str) -> int:
    """The number that digits spell, and a quadrillion for any that is larger: more than there is of anything here."""
    return int(digits) if len(digits) <= len(str(_MOST)) - 1 else _MOST


def _spoken(words: str) -> int:
    total = part = 0
    for word in re.split(r"[ -]", words):
        if word in _SCALES:
            part = max(part, 1) * _SCALES[word]
            total, part = (total + part, 0) if word == "thousand" else (total, part)
        else:
            part += _UNITS.get(word, 0)
    return min(total + part, _MOST)


def _bound(low: str, start: int, end: int) -> tuple[str, int, int]:
    if before := _BOUND.search(low[:start]):
        return ("above" if before.group("above") else "below"), before.start(), end
    if after := _AFTER.match(low[end:]):
        return ("below" if after.group("below") else "above"), start, end + after.end()
    return "", start, end


def _join_between(low: str, found: list[Quantity]) -> tuple[Quantity, ...]:
    """ "between 0.5 and 0.7" bounds from both sides."""
    for at in range(len(found) - 1):
        one, two = found[at], found[at + 1]
        if re.search(r"(?:between|from) ?$", low[: one.start]) and low[one.end : two.start].strip() in (
            "and",
            "to",
            "-",
            "–",
        ):
            found[at] = Quantity(one.value, one.start, one.end, one.is_percent or two.is_percent, "above")
            found[at + 1] = Quantity(two.value, two.start, two.end, two.is_percent, "below")
    return tuple(found)
