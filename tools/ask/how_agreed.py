"""How far people agree: Krippendorff's alpha, percent agreement, kappa of each pair, F1 of regions."""

from __future__ import annotations

from typing import Any

from tools.agreement import Agreement, Distance, Pattern, cohen_kappa, krippendorff_alpha
from tools.ask.metrics import few_note, ratio_fact, say_fact, share_fact
from tools.ask.objects.agreed import measure_object_agreement
from tools.ask.question import Question, people_named
from tools.context import Answer, ToolContext
from tools.naming import label_name
from tools.results import Fact, Table, ToolResult
from tools.sentences import capital, count_of, percent, verb

MOST_PAIRS = 30


def measure_agreement(question: Question, ctx: ToolContext) -> ToolResult:
    """Agreement of people over items with several opinions; batches and adjudications are no opinions."""
    if question.has_objects:
        return measure_object_agreement(question, ctx)
    if question.has_regions:
        return _region_agreement(question, ctx)
    distance: Distance = "interval" if question.field.record.is_ordered else "nominal"
    answer = ctx.ask("agreement_patterns", field=question.field.id, **question.during)
    found = krippendorff_alpha(_patterns(answer), distance)
    facts = [_alpha_fact("alpha", found, answer, question, distance), _share(found, answer, question)]
    pair, said = _named_pair(question, ctx)
    facts += pair
    text = [*said, _alpha_text(facts[0], facts[1], found, question)]
    independent = _independent(question, ctx, distance)
    if independent is not None:
        facts.append(independent)
        text.append(f"Among labels given without a suggestion alpha is {say_fact(independent)}.")
    text += _assisted(answer) + _most_confused(question, ctx, found)
    if question.reviewer and found.units:
        others = "Alpha is over everybody" if said else "These numbers are over everybody"
        text.append(f"{others}; the table has the pairs of {'the people' if said else 'the person'} you named.")
    return ToolResult(" ".join(text), facts=tuple(facts), tables=_pair_tables(question, ctx, found))


def _patterns(answer: Answer) -> list[Pattern]:
    return [Pattern(tuple(row["answers"]), int(row["units"])) for row in answer.as_dicts()]


def _alpha_fact(name: str, found: Agreement, answer: Answer, question: Question, distance: str) -> Fact:
    where = question.where(reviewer="", state="conflict")
    if found.alpha is None:
        note = "only one answer was ever given" if found.units else "no item has two opinions yet"
        return Fact(name, None, "score", n=found.units, sql=answer.sql, params=answer.params, where=where, note=note)
    method = f"Krippendorff's alpha, {distance}; 95 % over items"
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return Fact(
        name,
        found.alpha,
        "score",
        n=found.units,
        low=low,
        high=high,
        method=method,
        sql=answer.sql,
        params=answer.params,
        where=where,
        note=few_note(found.units),
    )


def _share(found: Agreement, answer: Answer, question: Question) -> Fact:
    # Pairs of one item are not independent, so the interval counts items.
    same = round((found.share or 0.0) * found.units)
    fact = share_fact(
        "percent_agreement",
        same,
        found.units,
        answer,
        "no item has two opinions yet",
        question.where(reviewer="", state="conflict"),
    )
    if found.share is None:
        return fact
    return Fact(
        fact.name,
        found.share,
        "share",
        n=found.units,
        low=fact.low,
        high=fact.high,
        method="Wilson 95 % over items",
        sql=fact.sql,
        params=fact.params,
        where=fact.where,
        note=fact.note,
    )


def _alpha_text(alpha: Fact, share: Fact, found: Agreement, question: Question) -> str:
    name = question.field.name
    if not found.units:
        return f"Agreement on {name} is undefined: no item has two opinions of people who looked at it themselves yet."
    percent_said = f"{percent(found.share or 0)} of the pairs of answers are equal"
    if alpha.value is None:
        return (
            f"Krippendorff's alpha of {name} is undefined, because only one answer was ever given and agreement by "
            f"chance cannot be told; {percent_said} (n={found.units:,} items)."
        )
    why = (
        "near misses count less than far ones"
        if question.field.record.is_ordered
        else "answers count as equal or not, whatever their number and whoever is missing"
    )
    return f"Krippendorff's alpha of {name} is {say_fact(alpha)}; {why}. {capital(percent_said)}."


def _independent(question: Question, ctx: ToolContext, distance: Distance) -> Fact | None:
    answer = ctx.ask("agreement_patterns", field=question.field.id, **question.during, independent=True)
    found = krippendorff_alpha(_patterns(answer), distance)
    if not found.units:
        return None
    return _alpha_fact("alpha_without_suggestion", found, answer, question, distance)


def _assisted(answer: Answer) -> list[str]:
    opinions = sum(len(row["answers"]) * int(row["units"]) for row in answer.as_dicts())
    assisted = sum(int(row["assisted"]) for row in answer.as_dicts())
    if not assisted:
        return []
    return [
        f"{assisted:,} of the {count_of(opinions, 'opinion')} {verb(assisted, 'was', 'were')} given with a suggestion "
        f"in sight, or it is not known whether; that can raise agreement."
    ]


def _most_confused(question: Question, ctx: ToolContext, found: Agreement) -> list[str]:
    if question.field.record.said_as != "label" or not found.units or found.pairs == found.same_pairs:
        return []
    cells = ctx.ask("coincidences", field=question.field.id, **question.during).as_dicts()
    apart = [cell for cell in cells if cell["one"] < cell["two"]]
    worst = max(apart, key=lambda cell: (cell["coincidences"], cell["one"], cell["two"]))
    names = [label_name(question.field, worst[side]) for side in ("one", "two")]
    return [f"Most often confused are {names[0]} and {names[1]}, on {count_of(int(worst['items']), 'item')}."]


def _pair_tables(question: Question, ctx: ToolContext, found: Agreement) -> tuple[Table, ...]:
    if not question.sees_people or not found.units:
        return ()
    answer = ctx.ask("pair_agreement", field=question.field.id, **question.during)
    rows = [_pair_row(row) for row in answer.as_dicts() if _is_of(question, row)]
    title = "Agreement of each two people" + (f", the {MOST_PAIRS} with most items" if len(rows) > MOST_PAIRS else "")
    columns = ("one", "other", "items", "equal", "Cohen's kappa", "95 % interval")
    return (Table(title, columns, tuple(rows[:MOST_PAIRS]), answer.sql),)


def _is_of(question: Question, row: dict[str, Any]) -> bool:
    """Whether a row about two people is about those named: about one of them, or about both where two are named."""
    named, pair = people_named(question), {row["one"], row["two"]}
    return not named or (pair <= named if len(named) > 1 else bool(pair & named))


def _named_pair(question: Question, ctx: ToolContext) -> tuple[list[Fact], list[str]]:
    """(facts, sentences) about two people named together; nothing where other than two are named."""
    named = sorted(people_named(question))
    if len(named) != 2 or not question.sees_people:
        return [], []
    answer = ctx.ask("pair_agreement", field=question.field.id, **question.during)
    row = next((one for one in answer.as_dicts() if {one["one"], one["two"]} == set(named)), None)
    who = f"{named[0]} and {named[1]}"
    if row is None:
        return [], [capital(f"{who} have no item of {question.field.name} in common yet.")]
    n, same = int(row["n"]), int(row["same"])
    kappa = cohen_kappa(same, n, float(row["expected"]))
    value, low, high = (kappa[0], kappa[1].low, kappa[1].high) if kappa else (None, None, None)
    note = few_note(n) if kappa else "only one answer was ever given"
    method = "Cohen's kappa, 95 %"
    fact = Fact("kappa", value, "score", n, low, high, method, answer.sql, answer.params, note=note)
    share = share_fact("equal_answers", same, n, answer, "no item in common")
    told = f"{who} gave the same answer on {same:,} of the {count_of(n, 'item')} of {question.field.name} they share "
    told += f"({percent(same / n)}); Cohen's kappa is {say_fact(fact)}."
    return [fact, share], [capital(told)]


def _pair_row(row: dict[str, Any]) -> tuple[Any, ...]:
    n, same = int(row["n"]), int(row["same"])
    kappa = cohen_kappa(same, n, float(row["expected"]))
    if kappa is None:
        return row["one"], row["two"], n, percent(same / n), "", "undefined: only one answer was given"
    value, interval = kappa
    note = f"{interval.low:.2f} to {interval.high:.2f}" + (f"; {few_note(n)}" if few_note(n) else "")
    return row["one"], row["two"], n, percent(same / n), f"{value:.2f}", note


def _region_agreement(question: Question, ctx: ToolContext) -> ToolResult:
    answer = ctx.ask("region_agreement", field=question.field.id, **question.during)
    row, name = answer.as_dicts()[0], question.field.name
    where = question.where(reviewer="", state="conflict")
    nothing = "nobody marked anything" if row["n"] else "no item has two opinions yet"
    fact = ratio_fact("pairwise_f1", row, answer, nothing, where)
    if not row["n"]:
        text = f"Agreement on {name} is undefined: no item has two opinions of people who looked at it themselves yet."
    elif fact.value is None:
        seen = count_of(int(row["n"]), "item")
        text = f"Agreement on {name} is undefined: on the {seen} that two people saw, {nothing}."
    else:
        text = (
            f"The mean pairwise F1 of {name} is {say_fact(fact)}; a region counts as agreed only with the same ends "
            f"and label. F1 is used because there is no number of regions that people agree not to mark, which kappa "
            f"and alpha would need."
        )
        if question.field.record.joins:
            text += " Relations are compared by the regions they join, so that people must start from the same regions."
    text = " ".join((*_named_region_pair(question, ctx), text))
    return ToolResult(text, facts=(fact,), tables=_region_tables(question, ctx, bool(row["n"])))


def _named_region_pair(question: Question, ctx: ToolContext) -> list[str]:
    """The sentence about two people named together; none where other than two are named."""
    named = sorted(people_named(question))
    if len(named) != 2 or not question.sees_people:
        return []
    rows = ctx.ask("region_pairs", field=question.field.id, **question.during).as_dicts()
    row = next((one for one in rows if {one["one"], one["two"]} == set(named)), None)
    who, name = f"{named[0]} and {named[1]}", question.field.name
    if row is None:
        return [capital(f"{who} have no item of {name} in common yet.")]
    f1 = f"{row['hits'] / row['size']:.2f}" if row["size"] else "undefined, because neither marked anything"
    caution = f"; {few_note(int(row['n']))}" if few_note(int(row["n"])) else ""
    return [capital(f"{who} share {count_of(int(row['n']), 'item')} of {name}: their strict F1 is {f1}{caution}.")]


def _region_tables(question: Question, ctx: ToolContext, has_any: bool) -> tuple[Table, ...]:
    if not question.sees_people or not has_any:
        return ()
    answer = ctx.ask("region_pairs", field=question.field.id, **question.during)
    rows = tuple(
        (row["one"], row["two"], row["n"], f"{row['hits'] / row['size']:.2f}" if row["size"] else "undefined")
        for row in answer.as_dicts()[:MOST_PAIRS]
        if _is_of(question, row)
    )
    return (Table("Agreement of each two people", ("one", "other", "items", "strict F1"), rows, answer.sql),)
