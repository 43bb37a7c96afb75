"""What people say where items are pictures: other words for an item, numbers of objects, places of image files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.agent.decisions.region_words import NOUN
from assistant.agent.words.mentions import Mention
from assistant.agent.words.quantities import whole
from assistant.agent.words.world import PlannerWorld
from tools.modalities.contract import Modality
from tools.schema import TEXT_KINDS

_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_MORE = r"more than|over|above|upwards of"
_LEAST = r"at least|no fewer than|no less than|minimum of|>="
_LESS = r"fewer than|less than|under|below"
_MOST = r"at most|no more than|up to|maximum of|<="
_SIGNS = (
    (rf"(?:{_MORE})", ">"),
    (rf"(?:{_LEAST})", ">="),
    (rf"(?:{_LESS})", "<"),
    (rf"(?:{_MOST})", "<="),
    ("exactly|just|only", "="),
)
_HAS = r"with|having|have|has|contain(?:s|ing)?|show(?:s|ing)|of"
_SIGN = re.compile(
    rf"\b(?P<sign>{_MORE}|{_LEAST}|{_LESS}|{_MOST}|exactly|just|only|{_HAS}) "
    rf"(?P<number>\d{{1,5}}|{'|'.join(_WORDS)})(?P<tail> or more|\+| or fewer| or less)? (?:suggested |proposed )?$"
)
_NONE = re.compile(
    r"\b(?:without|with no|have no|has no|having no|no|not any|lacking|not contain(?:ing)?|not show(?:ing)?)"
    r"(?: any| a| an)? $"
)
_NUMBER = r"(\d{1,3}(?:\.\d+)?) ?%?"
_BETWEEN = r"(?: ?[/:|,-] ?|,? (?:to|and) | )"
_SHARES = re.compile(rf"(?<![\d.]){_NUMBER}{_BETWEEN}{_NUMBER}(?:{_BETWEEN}{_NUMBER})?(?![\d.])")
_PART = re.compile(r" ?\b(?:for )?(?:train(?:ing)?|val(?:idation)?|test(?:ing)?|percent)\b")
_LEFT = re.compile(
    r"\bwithout (?:the |any )?(?:items?|(?:image |item )?files|copies)\b"
    r"|\b(?:only|just) (?:the )?(?:labels|annotations|json)\b|\breferenc"
)


def as_items(text: str, modality: Modality, names: frozenset[str]) -> str:
    """The text with every other word for such an item replaced by "item", save where it is a name of the project."""
    if modality.also_called is None:
        return text

    def one(match: re.Match[str]) -> str:
        return match.group() if match.group().lower() in names else f"item{match.group('s')}"

    return modality.also_called.sub(one, text)


def said_count(low: str, mentions: Sequence[Mention], world: PlannerWorld) -> tuple[str, str]:
    """(field id, condition) of a number of regions, as in ``("objects", "car>3")``; empty where none is said."""
    for one in mentions:
        field = next((field for field in world.schema.fields if field.id == (one.field or one.key)), None)
        if (
            one.kind not in ("LABEL", "FIELD")
            or field is None
            or not (field.is_image_region or field.kind in TEXT_KINDS)
        ):
            continue
        condition = _condition(low[: one.start])
        if condition:
            return field.id, (one.key if one.kind == "LABEL" else "") + condition
    return _of_any(low, world)


def _of_any(low: str, world: PlannerWorld) -> tuple[str, str]:
    """ "more than 5 objects": regions of the first field that has some, whatever its name."""
    field = next((one for one in world.schema.fields if one.is_image_region), None)
    if field is None:
        return "", ""
    for match in re.finditer(rf"\b{NOUN}\b", low):
        condition = _condition(low[: match.start()])
        if condition and match.group() not in ("one", "ones"):
            return field.id, condition
    return "", ""


def _condition(before: str) -> str:
    """The condition that ends a text, as in "pictures with more than 3 "."""
    if _NONE.search(before):
        return "=0"
    match = _SIGN.search(before)
    if match is None:
        return ""
    number = _WORDS.get(match.group("number")) or whole(match.group("number"))
    tail = match.group("tail") or ""
    sign = next((sign for pattern, sign in _SIGNS if re.fullmatch(pattern, match.group("sign"))), "=")
    if tail:
        sign = ">=" if "more" in tail or "+" in tail else "<="
    return f"{sign}{number}"


def said_splits(low: str) -> str | None:
    """Splits of an export as the option is written; ``None`` where the numbers do not add up to a whole."""
    if re.search(r"\b(?:keep|with|same|imported|original|their)\b.{0,20}\bsplits?\b", low) and not _SHARES.search(low):
        return "splits=imported"
    if not re.search(r"\bsplit|\btrain\b|\btest\b|\bval(?:idation)?\b", low):
        return ""
    match = _SHARES.search(_PART.sub("", low))
    if match is None:
        return ""
    parts = [float(part) for part in match.groups() if part]
    whole = sum(parts)
    if not any(abs(whole - total) < 1e-6 for total in (1, 10, 100)):
        return None
    names = ("train", "val", "test") if len(parts) == 3 else ("train", "test" if "test" in low else "val")
    return "splits=" + ",".join(f"{name}={part / whole:g}" for name, part in zip(names, parts, strict=True))


def said_places(low: str) -> str:
    """Whether image files go along with an export, as the option is written; empty where nothing is said."""
    if _LEFT.search(low):
        return "images=reference"
    if re.search(
        r"\b(?:with|including|copy|plus|and) (?:all )?(?:the |their )?(?:items?|(?:image |item )?files)\b", low
    ):
        return "images=copy"
    return ""
