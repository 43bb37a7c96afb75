"""Numbers with their receipts: from counts to facts, and from facts to the words that say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.context import Answer
from tools.filters import ItemFilter
from tools.intervals import RatioSums, ratio_interval
from tools.results import Fact
from tools.sentences import percent
from tools.statistics import wilson

TOO_FEW = 20
"""Below this many observations a value is shown, but nothing is concluded from it."""


def few_note(n: int) -> str:
    """The remark that belongs to a value from ``n`` observations; empty where there are enough."""
    return f"too few (n={n}) to say" if n < TOO_FEW else ""


def count_fact(name: str, number: int, answer: Answer, where: ItemFilter | None = None) -> Fact:
    """A plain count: everything was counted, so there is no interval."""
    return Fact(name, number, "count", sql=answer.sql, params=answer.params, where=where)


def share_fact(name: str, part: int, whole: int, answer: Answer, nothing: str, where: ItemFilter | None = None) -> Fact:
    """A share with its Wilson interval; without observations it has no value, and ``nothing`` says so."""
    if whole == 0:
        return Fact(name, None, "share", n=0, sql=answer.sql, params=answer.params, where=where, note=nothing)
    interval = wilson(part, whole)
    return Fact(
        name,
        part / whole,
        "share",
        n=whole,
        low=interval.low,
        high=interval.high,
        method="Wilson 95 %",
        sql=answer.sql,
        params=answer.params,
        where=where,
        note=few_note(whole),
    )


def ratio_fact(
    name: str, row: Mapping[str, Any], answer: Answer, nothing: str, where: ItemFilter | None = None
) -> Fact:
    """Strict F1 of regions, pooled over items, from the sums of a query row."""
    sums = RatioSums(
        int(row["n"] or 0),
        *(float(row[key] or 0) for key in ("hits", "size", "hits_hits", "hits_size", "size_size")),
    )
    return sums_fact(name, sums, "Strict F1 over regions", answer, nothing, where)


def sums_fact(
    name: str, sums: RatioSums, method: str, answer: Answer, nothing: str, where: ItemFilter | None = None
) -> Fact:
    """A ratio of two sums over items with its interval; without anything to divide by, ``nothing`` says so."""
    if sums.size == 0:
        return Fact(name, None, "score", n=sums.n, sql=answer.sql, params=answer.params, where=where, note=nothing)
    interval = ratio_interval(sums)
    return Fact(
        name,
        sums.hits / sums.size,
        "score",
        n=sums.n,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        method=f"{method}, 95 % over items",
        sql=answer.sql,
        params=answer.params,
        where=where,
        note=few_note(sums.n),
    )


def say_fact(fact: Fact) -> str:
    """The value with interval and denominator in words; the remark instead where there is no value."""
    if fact.value is None:
        return f"undefined: {fact.note}" if fact.note else "undefined"
    shown = percent(fact.value) if fact.unit == "share" else f"{fact.value:.2f}"
    inside = []
    if fact.low is not None and fact.high is not None:
        ends = [percent(end) if fact.unit == "share" else f"{end:.2f}" for end in (fact.low, fact.high)]
        inside.append(f"95 % interval {ends[0]} to {ends[1]}")
    if fact.n is not None:
        inside.append(f"n={fact.n:,}" + (": too few to say" if fact.n < TOO_FEW else ""))
    return f"{shown} ({', '.join(inside)})" if inside else shown


def shown_share(fact: Fact) -> tuple[str, str]:
    """Value and interval as two table cells."""
    if fact.value is None:
        return "", fact.note
    as_share = fact.unit == "share"
    value = percent(fact.value) if as_share else f"{fact.value:.2f}"
    if fact.low is None or fact.high is None:
        return value, fact.note
    ends = [percent(end) if as_share else f"{end:.2f}" for end in (fact.low, fact.high)]
    return value, f"{ends[0]} to {ends[1]}" + (f"; {fact.note}" if fact.note else "")
