"""What was labelled, and what people had in sight when they did."""

from __future__ import annotations

from collections import defaultdict

from tools.ask.how_far import progress_row
from tools.ask.metrics import TOO_FEW, say_fact, share_fact, shown_share
from tools.ask.objects.counted import count_objects
from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.filters import ItemFilter
from tools.naming import label_name
from tools.results import Fact, Figure, Table, ToolResult
from tools.sentences import capital, count_of, listing, percent, verb

EXPOSURE_WORDS = {
    "blind": "without a suggestion",
    "overtaken": "on a card that was fetched before its suggestion came",
    "suggested": "with a suggestion in sight",
    "revealed": "after asking for the suggestion",
    "bulk_listed": "in a batch without being looked at one by one",
    "bulk_viewed": "in a batch as one of the examples looked at",
    "imported_unknown": "imported without a note of what was shown",
    "imported_independent": "imported as independent",
    "probe": "on a planted check",
}


def measure_labels(question: Question, ctx: ToolContext) -> ToolResult:
    """Share of each label among agreed items, or among the standing labels of one person or time."""
    if not question.field.record.words(question.field):
        return ToolResult(f"{question.field.name} is answered in text and has no labels to count.")
    counts, whole, answer = _label_counts(question, ctx)
    facts = [
        share_fact(f"share[{label}]", items, whole, answer, "nothing labelled yet", _label_where(question, label))
        for label, items in counts.items()
        if not question.label or label == question.label
    ]
    if question.label and question.label not in counts:
        where = _label_where(question, question.label)
        facts = [share_fact(f"share[{question.label}]", 0, whole, answer, "nothing labelled yet", where)]
    table = _label_table(question, counts, facts, answer)
    result = ToolResult(
        _label_text(question, counts, whole, facts),
        facts=tuple(facts),
        tables=(table,),
        figures=_label_figure(question, counts) if counts else (),
    )
    return count_objects(question, ctx, answer, result) if question.has_objects and whole else result


def _label_where(question: Question, label: str) -> ItemFilter:
    if question.reviewer or question.has_time:
        return question.where(label=label)
    return question.where(label=label, state="agreed")


def _label_counts(question: Question, ctx: ToolContext) -> tuple[dict[str, int], int, Answer]:
    """Items by label with the most frequent first, the number of labelled items, and the receipt."""
    field = question.field.id
    if not (question.reviewer or question.has_time):
        answer = ctx.ask("label_counts", field=field)
        row, _ = progress_row(ctx, field)
        return {r["label"]: int(r["items"]) for r in answer.as_dicts()}, int(row["agreed"]), answer
    answer = ctx.ask("given_labels", field=field, reviewer=question.reviewer, **question.during)
    totals: dict[str, int] = defaultdict(int)
    for row in answer.as_dicts():
        totals[row["label"]] += int(row["items"])
    mix = ctx.ask("exposure_mix", field=field, reviewer=question.reviewer, **question.during)
    whole = sum(int(row["decisions"]) for row in mix.as_dicts())
    return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))), whole, answer


def _label_text(question: Question, counts: dict[str, int], whole: int, facts: list[Fact]) -> str:
    field, among = question.field, "labels" if question.reviewer or question.has_time else "agreed items"
    if not whole:
        return f"Nothing is labelled for {field.name} yet, so there are no shares."
    if question.label:
        how = "is on" if question.has_objects else "has"
        return f"{label_name(field, question.label)} {how} {say_fact(facts[0])} of the {among} of {field.name}."
    if not counts:
        return f"None of the {whole:,} {among} of {field.name} carries a label."
    most = next(iter(counts))
    unused = [label_name(field, one) for one in field.label_ids if one not in counts]
    share = "is on the largest share" if question.has_objects else "has the largest share"
    said = f"Of {whole:,} {among} of {field.name}, {label_name(field, most)} {share}: {say_fact(facts[0])}."
    if unused:
        said += f" {capital(listing(unused))} {verb(len(unused), 'has', 'have')} not been used yet."
    return f"{said} The shares describe what was labelled so far, which need not be a random part of the items."


def _label_table(question: Question, counts: dict[str, int], facts: list[Fact], answer: Answer) -> Table:
    rows = []
    for fact in facts:
        label = fact.name[len("share[") : -1]
        rows.append((label_name(question.field, label), counts.get(label, 0), *shown_share(fact)))
    return Table(
        f"Labels of {question.field.name}", ("label", "items", "share", "95 % interval"), tuple(rows), answer.sql
    )


def _label_figure(question: Question, counts: dict[str, int]) -> tuple[Figure, ...]:
    names = tuple(label_name(question.field, label) for label in counts)
    series = {"items": tuple(float(items) for items in counts.values())}
    return (Figure(f"Labels of {question.field.name}", "bar", names, series, "label", "items"),)


def measure_exposures(question: Question, ctx: ToolContext) -> ToolResult:
    """What people had in sight when they gave the labels that stand."""
    answer = ctx.ask("exposure_mix", field=question.field.id, reviewer=question.reviewer, **question.during)
    totals: dict[str, int] = defaultdict(int)
    for row in answer.as_dicts():
        totals[row["exposure"]] += int(row["decisions"])
    whole, name = sum(totals.values()), question.field.name
    if not whole:
        return ToolResult(
            f"Nothing is labelled for {name} yet.",
            facts=(share_fact("share[blind]", 0, 0, answer, "nothing labelled yet", question.where()),),
        )
    kinds = sorted(totals, key=lambda kind: (-totals[kind], kind))
    facts = [share_fact(f"share[{kind}]", totals[kind], whole, answer, "", question.where()) for kind in kinds]
    told = [f"{percent(totals[kind] / whole)} {EXPOSURE_WORDS[kind]}" for kind in kinds]
    usable = sum(totals.get(kind, 0) for kind in ("blind", "imported_independent"))
    text = f"The {count_of(whole, 'label')} of {name} were given: {listing(told)}."
    text += f" {capital(count_of(usable, 'label'))} can be used to judge models" + (
        f", which is too few: about {TOO_FEW} are the least." if usable < TOO_FEW else "."
    )
    return ToolResult(text, facts=tuple(facts), tables=(_exposure_table(answer, question, totals),))


def _exposure_table(answer: Answer, question: Question, totals: dict[str, int]) -> Table:
    if question.by == "reviewer":
        rows = tuple((r["reviewer"], r["exposure"], r["decisions"]) for r in answer.as_dicts())
        return Table("What was shown, by person", ("reviewer", "shown", "labels"), rows, answer.sql)
    pairs = tuple((EXPOSURE_WORDS[kind], number) for kind, number in sorted(totals.items(), key=lambda p: -p[1]))
    return Table("What was shown", ("shown", "labels"), pairs, answer.sql)
