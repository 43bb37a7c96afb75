"""How right people and back-ends are about the objects of images: matched by IoU with gold and with blind labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.ask.accuracy_words import gold_count, model_text, people_text
from tools.ask.metrics import shown_share, sums_fact
from tools.ask.objects.marked import (
    Comparison,
    cell,
    compare_values,
    f1_sums,
    label_counts,
    overlap_sums,
    precision_sums,
    recall_sums,
    rule_of_match,
    same_object_iou,
    total,
)
from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.filters import ItemFilter
from tools.results import Fact, Table, ToolResult
from tools.sentences import count_of

MOST_LABEL_ROWS = 60
_MEASURES = (
    ("precision", precision_sums, "Precision of objects"),
    ("recall", recall_sums, "Recall of objects"),
    ("mean_iou", overlap_sums, "Mean IoU of matched objects"),
)


@dataclass
class _Judged:
    """One person or back-end: its comparisons with the truth, one an item, and how many may not count."""

    name: tuple[str, ...]
    parts: list[Comparison] = field(default_factory=list)
    dropped: int = 0


def measure_object_accuracy(question: Question, ctx: ToolContext) -> ToolResult:
    """People against gold; back-ends against gold and against blind labels."""
    iou = same_object_iou(ctx)
    # Reviewers see their own accuracy, leads see everybody's.
    who = question.reviewer or ("" if question.sees_people else ctx.actor.person)
    answer = ctx.ask("gold_reviewer_objects", field=question.field.id, reviewer=who, **question.during)
    people = _judged(answer, ("reviewer",), iou)
    facts = [_f1(f"accuracy[{one.name[0]}]", one, answer, question, _of(question, one)) for one in people]
    told = [people_text(question, facts, sum(one.dropped for one in people), gold_count(question, ctx))]
    tables = _tables("People on gold", ("reviewer",), people, facts, answer, question)
    facts += [fact for one in people for fact in _more(one, answer, question.where(state="gold"))]
    if not question.reviewer:
        for query, prefix, words in (
            ("gold_proposal_objects", "gold", "gold items"),
            ("blind_proposal_objects", "blind", "labels given blind"),
        ):
            sentence, found, more = _models(query, prefix, words, question, ctx)
            told.append(sentence)
            facts += found
            tables += more
    if any(fact.value is not None for fact in facts):
        told.append(f"The number is the F1 of objects. {rule_of_match(question.field, iou)} {_missed(people)}".strip())
    return ToolResult(" ".join(told), facts=tuple(facts), tables=tuple(tables))


def _models(
    query: str, prefix: str, words: str, question: Question, ctx: ToolContext
) -> tuple[str, list[Fact], list[Table]]:
    """Back-ends against one truth: the sentence, the facts and the tables."""
    answer = ctx.ask(query, field=question.field.id, **question.during)
    judged = _judged(answer, ("backend", "prompt"), same_object_iou(ctx))
    where = question.where(state="gold" if prefix == "gold" else "decided")
    facts = [_f1(f"accuracy_on_{prefix}[{_named(one)}]", one, answer, question, where) for one in judged]
    told = model_text(facts, sum(one.dropped for one in judged), words)
    tables = _tables(f"Back-ends on {words}", ("backend", "prompt"), judged, facts, answer, question)
    return told, facts + [fact for one in judged for fact in _more(one, answer, where)], tables


def _judged(answer: Answer, names: tuple[str, ...], iou: float) -> list[_Judged]:
    """The rows by who gave the answer; revisions of one back-end are told apart, though they share a name."""
    found: dict[tuple[str, ...], _Judged] = {}
    for row in answer.as_dicts():
        key = (*(str(row[name]) for name in names), str(row.get("revision", "")))
        one = found.setdefault(key, _Judged(key[:-1]))
        if row["counts"]:
            one.parts.append(compare_values(json.loads(row["said"]), json.loads(row["meant"]), iou))
        else:
            one.dropped += 1
    return list(found.values())


def _named(one: _Judged) -> str:
    return " ".join(part for part in one.name if part)


def _of(question: Question, one: _Judged) -> ItemFilter:
    return question.where(reviewer=one.name[0], state="gold")


def _f1(name: str, one: _Judged, answer: Answer, question: Question, where: ItemFilter) -> Fact:
    nothing = "nothing was marked" if one.parts else "nothing to compare it with yet"
    return sums_fact(name, f1_sums(one.parts), "F1 of objects matched by IoU", answer, nothing, where)


def _more(one: _Judged, answer: Answer, where: ItemFilter) -> list[Fact]:
    """Precision, recall, mean IoU, and what is missing or too much."""
    if not one.parts:
        return []
    who, whole = _named(one), total(one.parts)
    found = [
        sums_fact(f"{name}[{who}]", sums(one.parts), method, answer, "no object to divide by", where)
        for name, sums, method in _MEASURES
    ]
    counts = (("missed_objects", whole.missed), ("extra_objects", whole.extra), ("other_label", whole.moved))
    return found + [
        Fact(f"{name}[{who}]", number, "count", sql=answer.sql, params=answer.params, where=where)
        for name, number in counts
    ]


def _missed(people: Sequence[_Judged]) -> str:
    """What one person misses and marks too much; with several people the table says it."""
    judged = [one for one in people if one.parts]
    if len(judged) != 1:
        return ""
    whole = total(judged[0].parts)
    told = (
        f"{judged[0].name[0]} found {whole.hits:,} of {count_of(whole.asked, 'gold object')}, missed {whole.missed:,}"
    )
    return f"{told}, marked {whole.extra:,} too many and gave {whole.moved:,} another label."


def _tables(
    title: str,
    names: tuple[str, ...],
    judged: Sequence[_Judged],
    facts: Sequence[Fact],
    answer: Answer,
    question: Question,
) -> list[Table]:
    """One row a person or back-end, and one row each of its labels."""
    if not judged:
        return []
    columns = (
        *(*names, "items", "objects", "F1", "95 % interval", "precision", "recall", "mean IoU"),
        *("missed", "extra", "other label", "left out"),
    )
    rows = tuple(_row(one, fact) for one, fact in zip(judged, facts, strict=True))
    tables = [Table(title, columns, rows, answer.sql)]
    labels = [(*one.name, *row) for one in judged if one.parts for row in _label_rows(question, one)]
    if labels:
        seen = ("label", "objects", "found", "missed", "extra", "other label", "precision", "recall", "F1", "mean IoU")
        tables.append(Table(f"{title}, by label", (*names, *seen), tuple(labels[:MOST_LABEL_ROWS]), answer.sql))
    return tables


def _row(one: _Judged, fact: Fact) -> tuple[Any, ...]:
    whole = total(one.parts)
    ratios = (
        cell(whole.hits, whole.found),
        cell(whole.hits, whole.asked),
        cell(sum(whole.overlap.values()), whole.hits),
    )
    counts = (whole.missed, whole.extra, whole.moved, one.dropped)
    return (*one.name, len(one.parts), whole.asked, *shown_share(fact), *ratios, *counts)


def _label_rows(question: Question, one: _Judged) -> list[tuple[Any, ...]]:
    return [
        (
            row.name,
            row.wanted,
            row.hits,
            row.missed,
            row.extra,
            row.came_as,
            cell(row.hits, row.given),
            cell(row.hits, row.wanted),
            row.f1,
            row.mean_iou,
        )
        for row in label_counts(question.field, total(one.parts))
    ]
