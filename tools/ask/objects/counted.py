"""How many objects are marked on images, of each label and an item."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.naming import label_name
from tools.results import Fact, Table, ToolResult
from tools.sentences import capital, count_of, verb


def count_objects(question: Question, ctx: ToolContext, labels: Answer, result: ToolResult) -> ToolResult:
    """``result``, which counts items, with objects: in all, of each label, an item, and items without any.

    ``labels`` are the rows of labels with their items and uses that the result was made from.
    """
    uses: Counter[str] = Counter()
    for row in labels.as_dicts():
        uses[row["label"]] += int(row["uses"])
    answer = _counted(question, ctx)
    row = answer.as_dicts()[0]
    items, objects, empty = int(row["items"]), int(row["objects"]), int(row["empty"])
    wanted = [one for one in uses if question.label in ("", one)] or ([question.label] if question.label else [])
    facts = [Fact("objects", objects, "count", n=items, sql=answer.sql, params=answer.params)]
    facts += [
        Fact(f"objects[{one}]", uses[one], "count", n=objects, sql=labels.sql, params=labels.params) for one in wanted
    ]
    facts.append(Fact("items_without_objects", empty, "count", n=items, sql=answer.sql, params=answer.params))
    told = f"{capital(count_of(objects, 'object'))} {verb(objects, 'is', 'are')} marked on them, {objects / items:.1f} "
    told += f"an item in the mean and {int(row['most']):,} at most; "
    told += f"{count_of(empty, 'item')} {verb(empty, 'has', 'have')} none."
    if question.label:
        named = uses[question.label]
        told += f" Of these, {named:,} {verb(named, 'is', 'are')} {label_name(question.field, question.label)}."
    table = Table(
        f"Objects of {question.field.name}",
        ("label", "objects", "per item"),
        tuple((label_name(question.field, one), uses[one], f"{uses[one] / items:.2f}") for one in wanted),
        labels.sql,
    )
    text = f"{result.text} {told}"
    return replace(result, text=text, facts=(*result.facts, *facts), tables=(*result.tables, table))


def _counted(question: Question, ctx: ToolContext) -> Answer:
    field = question.field.id
    if question.reviewer or question.has_time:
        return ctx.ask("given_objects", field=field, reviewer=question.reviewer, **question.during)
    return ctx.ask("agreed_objects", field=field)
