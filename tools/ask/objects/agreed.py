"""How far people agree on the objects of images: F1 of objects matched by IoU, and how well those overlap."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from tools.ask.metrics import few_note, say_fact, sums_fact
from tools.ask.objects.marked import (
    Comparison,
    cell,
    compare_values,
    f1_sums,
    label_counts,
    overlap_sums,
    rule_of_match,
    same_object_iou,
    total,
)
from tools.ask.question import Question, people_named
from tools.context import Answer, ToolContext
from tools.results import Fact, Table, ToolResult
from tools.sentences import capital, count_of, listing, verb

MOST_PAIRS = 30


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two people's answers to one item: names (empty where they may not be known), and the comparison."""

    item_id: int
    people: tuple[str, str]
    is_assisted: bool
    found: Comparison


def measure_object_agreement(question: Question, ctx: ToolContext) -> ToolResult:
    """Agreement on regions of images over items that several people looked at by themselves."""
    query = "object_answers_by_person" if question.sees_people else "object_answers"
    answer = ctx.ask(query, field=question.field.id, **question.during)
    iou, name = same_object_iou(ctx), question.field.name
    pairs = _compared(answer, iou)
    items = _by_item(pairs)
    where = question.where(reviewer="", state="conflict")
    nothing = "nobody marked anything" if pairs else "no item has two opinions yet"
    f1 = sums_fact("pairwise_f1", f1_sums(items), "F1 of objects matched by IoU", answer, nothing, where)
    if not pairs:
        text = f"Agreement on {name} is undefined: no item has two opinions of people who looked at it themselves yet."
        return ToolResult(text, facts=(f1,))
    if f1.value is None:
        seen = count_of(len(items), "item")
        text = f"Agreement on {name} is undefined: on the {seen} that two people saw, {nothing}."
        return ToolResult(text, facts=(f1,), tables=_pair_tables(question, pairs, answer))
    overlap = sums_fact("mean_iou", overlap_sums(items), "Mean IoU of matched objects", answer, "none matched", where)
    facts = [f1, overlap, *_counts(total(items), answer)]
    told = [*_named_pair(question, pairs), f"The mean pairwise F1 of the objects of {name} is {say_fact(f1)}."]
    told += [rule_of_match(question.field, iou), _overlap_text(overlap), _difference_text(total(items))]
    told += _independent(question, pairs, answer, facts)
    told.append(
        "F1 is used because there is no number of objects that people agree not to mark, which kappa and alpha would "
        "need."
    )
    return ToolResult(
        " ".join(one for one in told if one),
        facts=tuple(facts),
        tables=(_label_table(question, total(items), answer), *_pair_tables(question, pairs, answer)),
    )


def _compared(answer: Answer, iou: float) -> list[_Pair]:
    """Each two answers to an item, compared; the person whose name comes first stands first."""
    rows: Mapping[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in answer.as_dicts():
        rows[int(row["item_id"])].append(row)
    return [
        _Pair(
            item_id,
            (str(one.get("reviewer", "")), str(other.get("reviewer", ""))),
            bool(one["assisted"] or other["assisted"]),
            compare_values(json.loads(one["value"]), json.loads(other["value"]), iou),
        )
        for item_id, answers in rows.items()
        for one, other in combinations(answers, 2)
    ]


def _by_item(pairs: Iterable[_Pair]) -> list[Comparison]:
    """Items are independent, pairs of people on one item are not."""
    found: Mapping[int, list[Comparison]] = defaultdict(list)
    for pair in pairs:
        found[pair.item_id].append(pair.found)
    return [total(parts) for parts in found.values()]


def _counts(whole: Comparison, answer: Answer) -> list[Fact]:
    told = (
        ("objects_matched", whole.hits),
        ("objects_of_one_only", whole.missed + whole.extra),
        ("objects_under_another_label", whole.moved),
    )
    return [Fact(name, number, "count", sql=answer.sql, params=answer.params) for name, number in told]


def _overlap_text(overlap: Fact) -> str:
    return f"Matched objects overlap with a mean IoU of {say_fact(overlap)}." if overlap.value is not None else ""


def _difference_text(whole: Comparison) -> str:
    alone = whole.missed + whole.extra
    told = f"{capital(count_of(alone, 'object'))} {verb(alone, 'was', 'were')} marked by one of two people only"
    if whole.moved:
        told += f", and {whole.moved:,} {verb(whole.moved, 'has', 'have')} another label"
    return f"{told}."


def _independent(question: Question, pairs: Sequence[_Pair], answer: Answer, facts: list[Fact]) -> list[str]:
    """What labels given without a suggestion say, where some were given with one."""
    if not any(pair.is_assisted for pair in pairs):
        return []
    told = ["Some of the opinions were given with a suggestion in sight, or it is not known; that can raise agreement."]
    alone = _by_item(pair for pair in pairs if not pair.is_assisted)
    if alone:
        method = "F1 of objects matched by IoU"
        fact = sums_fact("f1_without_suggestion", f1_sums(alone), method, answer, "nobody marked anything")
        facts.append(fact)
        told.append(f"Among labels given without a suggestion it is {say_fact(fact)}.")
    return told


def _label_table(question: Question, whole: Comparison, answer: Answer) -> Table:
    """Neither of two people is right by definition: no precision and recall, what one has alone in one column."""
    rows = tuple(
        (one.name, one.hits, one.missed + one.extra, one.came_as + one.went_as, one.f1, one.mean_iou)
        for one in label_counts(question.field, whole)
    )
    columns = ("label", "matched", "of one only", "other label", "F1", "mean IoU")
    return Table(f"Objects of {question.field.name} by label", columns, rows, answer.sql)


def _of_people(question: Question, pairs: Iterable[_Pair]) -> Mapping[tuple[str, str], list[Comparison]]:
    """Comparisons by the two people, those with most items first; of the people named where some are."""
    named = people_named(question)
    found: Mapping[tuple[str, str], list[Comparison]] = defaultdict(list)
    for pair in pairs:
        both = set(pair.people)
        if not named or (both <= named if len(named) > 1 else both & named):
            found[pair.people].append(pair.found)
    return dict(sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))


def _pair_tables(question: Question, pairs: Sequence[_Pair], answer: Answer) -> tuple[Table, ...]:
    if not question.sees_people:
        return ()
    rows = []
    for (one, other), parts in list(_of_people(question, pairs).items())[:MOST_PAIRS]:
        whole = total(parts)
        f1, iou = cell(2 * whole.hits, whole.found + whole.asked), cell(sum(whole.overlap.values()), whole.hits)
        rows.append(
            (one, other, len(parts), whole.hits, whole.extra, whole.missed, whole.moved, f1 or "undefined", iou)
        )
    columns = (
        *("one", "other", "items", "same objects", "of one only", "of the other only", "other label", "F1"),
        "mean IoU",
    )
    return (Table("Agreement of each two people", columns, tuple(rows), answer.sql),)


def _named_pair(question: Question, pairs: Sequence[_Pair]) -> list[str]:
    """The sentence about two people named together; none where other than two are named."""
    named = sorted(people_named(question))
    if len(named) != 2 or not question.sees_people:
        return []
    one, other = named
    parts = _of_people(question, pairs).get((one, other))
    name = question.field.name
    if not parts:
        return [capital(f"{one} and {other} have no item of {name} in common yet.")]
    whole = total(parts)
    f1 = cell(2 * whole.hits, whole.found + whole.asked) or "undefined, because neither marked anything"
    caution = f" ({few_note(len(parts))})" if few_note(len(parts)) else ""
    told = f"{one} and {other} share {count_of(len(parts), 'item')} of {name}: their F1 of objects is {f1}{caution}"
    apart = [
        f"{who} marked {count_of(number, 'object')} that {than} did not"
        for who, than, number in ((one, other, whole.extra), (other, one, whole.missed))
        if number
    ]
    apart += [f"{whole.moved:,} {verb(whole.moved, 'has', 'have')} different labels"] if whole.moved else []
    return [capital(f"{told}{'; ' + listing(apart) if apart else ''}.")]
