"""Decisions over several items: "accept all but 3 and 7", "accept all refunds above 0.9"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.agent.decisions.decision_records import BulkWords
from assistant.agent.words.names import label_names, match_name
from assistant.agent.words.quantities import Quantity, read_quantities
from assistant.agent.words.sentence import lower
from tools.schema import LabelSchema

_VERB = re.compile(r"(?:accept|approve|confirm|bulk[- ]?accept) (?P<rest>.+)", re.IGNORECASE)
_BUT = re.compile(
    r",? (?:but not|but|except(?: for)?|excluding|without|apart from|other than|save) (?:the )?(?P<but>.+)", re.I
)
_ALL = re.compile(
    r"\b(?:all|every|everything|each|the rest|the remaining|the others)\b(?: of\b)?(?: the\b)?", re.IGNORECASE
)
_THOSE = re.compile(r"\b(?:those|these|them|the ones shown|the ones listed|the list|your list)\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:the )?(?:first|top) (?P<first>\w+)\b", re.IGNORECASE)
_NOUNS = re.compile(
    r"\b(?:suggestions?|proposals?|predictions?|items?|ones?|messages?|labels?|labelled|labeled|with|whose|having|a|an|"
    r"the|score|scores|scored|confidence|confident|probability|is|are|of|that|which|as|suggested|at|please|number|"
    r"numbers|no|nos|left|remaining|pending|open|undecided|now)\b",
    re.IGNORECASE,
)
_PLACE = (
    r"(?:#?\d+|[a-z]+[-_]?\d+\w*|(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)"
    r"(?: (?:one|item|message|row))?)"
)
_PLACES = re.compile(
    rf"(?:(?:items?|numbers?|nos?\.?) )?(?P<list>{_PLACE}(?:(?:,? and |, ?| & | ?- ?| to ){_PLACE})*)", re.I
)
_OF_ITEMS = re.compile(r"^(?:suggestions?|proposals?|predictions?|suggested labels?|labels?) (?:for|of|on) ", re.I)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_MOST = 200


@dataclass(frozen=True, slots=True)
class _Listed:
    places: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


def read_bulk(text: str, schema: LabelSchema, field: str = "") -> BulkWords | None:
    """The bulk decision that ``text`` makes, or ``None``; ``field`` is preferred where a label name occurs twice."""
    match = _VERB.fullmatch(text)
    if match is None:
        return None
    rest, but = match.group("rest"), _BUT.search(match.group("rest"))
    left_out = _read_but(but.group("but"), schema, field) if but else BulkWords()
    main = _read_main(rest[: but.start()] if but else rest, schema, field)
    if main is None or left_out is None:
        return None
    return BulkWords(
        main.is_all, main.those, main.first, main.places, main.names, left_out.places, left_out.names,
        main.field or left_out.field, main.label, left_out.label, main.score_min, main.score_max,
    )  # fmt: skip


def _read_but(text: str, schema: LabelSchema, field: str) -> BulkWords | None:
    listed = _read_list(text)
    if listed:
        return BulkWords(places=listed.places, names=listed.names)
    found = _label_of(_NOUNS.sub(" ", text), schema, field)
    return BulkWords(field=found[0], label=found[1]) if found else None


def _read_main(text: str, schema: LabelSchema, field: str) -> BulkWords | None:
    listed = _read_list(text)
    if listed:
        return BulkWords(places=listed.places, names=listed.names)
    first = _FIRST.search(text)
    count = read_quantities(lower(first.group("first"))) if first else ()
    text = text[: first.start()] + text[first.end() :] if first and count else text
    bounds = [one for one in read_quantities(lower(text)) if one.bound]
    plain = _without(text, bounds)
    is_all, those = _ALL.search(plain) is not None, _THOSE.search(plain) is not None
    residue = " ".join(_NOUNS.sub(" ", _THOSE.sub(" ", _ALL.sub(" ", plain))).split())
    found = _label_of(residue, schema, field) if residue else ("", "")
    is_bulk = is_all or those or bool(count) or (bool(bounds) and bool(residue))
    scores = _scores(bounds)
    if not is_bulk or found is None or scores is None:
        return None
    return BulkWords(is_all or not those, those, int(count[0].value) if count else None, field=found[0], label=found[1],
                     score_min=scores.get("above"), score_max=scores.get("below"))  # fmt: skip


def _scores(bounds: list[Quantity]) -> Mapping[str, float] | None:
    """Bounds as shares of 1; ``None`` where a number can be no score."""
    if any(one.share is None for one in bounds):
        return None
    return {one.bound: one.share for one in bounds if one.share is not None}


def _without(text: str, spans: list[Quantity]) -> str:
    for one in reversed(spans):
        text = text[: one.start] + " " + text[one.end :]
    return text


def _label_of(words: str, schema: LabelSchema, field: str) -> tuple[str, str] | None:
    """Field and label that the words name, the preferred field first; ``None`` where no label or several fit."""
    ordered = sorted(schema.fields, key=lambda one: one.id != field)
    found = [(one.id, match) for one in ordered for match in [match_name(words, label_names(one))] if match.key]
    exact = [pair for pair in found if pair[1].is_exact] or found
    return (exact[0][0], exact[0][1].key) if exact else None


def _read_list(text: str) -> _Listed | None:
    """Places and names of a plain list of items, ranges written out; ``None`` where the text is something else."""
    plain = _OF_ITEMS.sub("", " ".join(word for word in text.strip(" .").split() if word.lower() != "the"))
    match = _PLACES.fullmatch(plain)
    if match is None:
        return None
    places: list[int] = []
    names: list[str] = []
    for part in re.split(r",? and |, ?| & ", match.group("list"), flags=re.IGNORECASE):
        ends = re.fullmatch(r"(\d+) ?(?:-|to) ?(\d+)", part)
        if ends and int(ends.group(1)) <= int(ends.group(2)) <= int(ends.group(1)) + _MOST:
            places.extend(range(int(ends.group(1)), int(ends.group(2)) + 1))
        elif part.isdigit():
            places.append(int(part))
        elif (ordinal := lower(part).partition(" ")[0]) in _ORDINALS:
            places.append(_ORDINALS.index(ordinal) + 1)
        elif lower(part).startswith("last"):
            places.append(-1)
        else:
            names.append(part)
    return _Listed(tuple(places), tuple(names))
