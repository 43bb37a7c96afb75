"""What became of suggested objects, one by one: kept, relabelled, reshaped, removed, and what people added."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tools.ask.metrics import say_fact, sums_fact
from tools.ask.objects.marked import ratio_sums
from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.naming import label_name
from tools.records import NOT_LOOKED_AT
from tools.results import Fact, Table, ToolResult
from tools.sentences import capital, count_of
from tools.values import regions_of, same_value

FATES = ("kept", "relabelled", "reshaped", "removed")
"""What can become of a suggested object."""

_ADDED = "added"
Fates = list[tuple[str, str]]


def measure_objects_taken(question: Question, ctx: ToolContext, whole: ToolResult) -> ToolResult:
    """``whole``, which counts suggestions of an item as one, with what became of their single objects."""
    answer = ctx.ask("suggested_objects", field=question.field.id, reviewer=question.reviewer, **question.during)
    reviews = [_fates_asked(question, row) for row in answer.as_dicts()]
    facts = _facts(reviews, answer, question)
    if not any(fact.value is not None for fact in facts):
        return replace(whole, facts=(*whole.facts, *facts))
    table = _table(question, reviews, answer)
    return replace(
        whole,
        text=f"{whole.text} {_text(facts, reviews)}",
        facts=(*whole.facts, *facts),
        tables=(*whole.tables, table),
    )


def object_fates(
    suggested: Mapping[str, Any], decided: Mapping[str, Any], verdicts: Mapping[str, str] | None = None
) -> Fates:
    """(label, fate) of each suggested object, then (label, "added") of each that the person drew.

    ``verdicts`` are what the card said of single regions by id; where it said nothing, the regions themselves tell.
    """
    after = {str(one["id"]): one for one in regions_of(decided)}
    before = {str(one["id"]): one for one in regions_of(suggested)}
    said = verdicts or {}
    # Of what was not looked at nobody said anything: it is neither kept nor removed.
    judged = {key: one for key, one in before.items() if said.get(key) != NOT_LOOKED_AT}
    told = [(str(one["label"]), _fate(one, after.get(key), said.get(key))) for key, one in judged.items()]
    return told + [(str(one["label"]), _ADDED) for key, one in after.items() if key not in before]


def _fate(before: Mapping[str, Any], after: Mapping[str, Any] | None, verdict: str | None) -> str:
    if after is None or verdict == "reject":
        return "removed"
    if verdict == "accept":
        return "kept"
    if before["label"] != after["label"]:
        return "relabelled"
    # As a value of one region, what does not belong to the answer is left aside.
    return "kept" if same_value({"boxes": [before]}, {"boxes": [after]}) else "reshaped"


def _fates_asked(question: Question, row: Mapping[str, Any]) -> Fates:
    """The fates in one review, of the label asked about where there is one."""
    verdicts = json.loads(row["regions"] or "{}")
    found = object_fates(json.loads(row["suggested"]), json.loads(row["decided"]), verdicts)
    return [one for one in found if question.label in ("", one[0])]


def _facts(reviews: Sequence[Fates], answer: Answer, question: Question) -> list[Fact]:
    """Shares of the suggested objects, and of those that stand the share that people added."""
    where, nothing = question.where(), "no suggested object decided yet"
    found = []
    for fate in FATES:
        pairs = [(_number(one, fate), sum(_number(one, each) for each in FATES)) for one in reviews]
        found.append(_share(f"objects_{fate}", pairs, answer, nothing, where))
    stand = [(_number(one, _ADDED), sum(kind != "removed" for _, kind in one)) for one in reviews]
    return [*found, _share("objects_added", stand, answer, "no object stands", where)]


def _number(fates: Fates, fate: str) -> int:
    return sum(kind == fate for _, kind in fates)


def _share(name: str, pairs: Sequence[tuple[int, int]], answer: Answer, nothing: str, where: Any) -> Fact:
    sums = ratio_sums([(float(part), float(size)) for part, size in pairs])
    return replace(sums_fact(name, sums, "Share of objects", answer, nothing, where), unit="share")


def _text(facts: Sequence[Fact], reviews: Sequence[Fates]) -> str:
    by_name = {fact.name.removeprefix("objects_"): fact for fact in facts}
    suggested = sum(kind != _ADDED for one in reviews for _, kind in one)
    added = sum(_number(one, _ADDED) for one in reviews)
    told = ""
    if suggested:
        parts = "; ".join(f"{fate} {say_fact(by_name[fate])}" for fate in FATES)
        told = f"Object by object, of {count_of(suggested, 'suggested object')}: {parts}."
    if added:
        told += f" {capital(count_of(added, 'object'))} had not been suggested and people added them: "
        told += f"{say_fact(by_name[_ADDED])} of those that stand."
    return told.strip()


def _table(question: Question, reviews: Sequence[Fates], answer: Answer) -> Table:
    counts: Mapping[str, Counter[str]] = defaultdict(Counter)
    for label, fate in (one for review in reviews for one in review):
        counts[label][fate] += 1
    ids = question.field.label_ids
    ordered = sorted(counts, key=lambda one: (ids.index(one) if one in ids else len(ids), one))
    rows = tuple(
        (label_name(question.field, one), *(counts[one][fate] for fate in (*FATES, _ADDED))) for one in ordered
    )
    return Table("Suggested objects by label", ("label", *FATES, _ADDED), rows, answer.sql)
