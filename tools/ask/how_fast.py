"""How long a decision takes with a suggestion in sight and without one: the only honest measure of time saved."""

from __future__ import annotations

from collections.abc import Mapping

from tools.ask.metrics import few_note
from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.intervals import difference_of_medians, median_interval, median_of
from tools.results import Fact, Table, ToolResult
from tools.sentences import seconds_of

Times = Mapping[str, Mapping[str, list[float]]]
COMPARISON = "Blind items are the comparison."


def measure_time(question: Question, ctx: ToolContext) -> ToolResult:
    """Median seconds of a decision with and without a suggestion, and their difference."""
    answer = ctx.ask("decision_seconds", field=question.field.id, reviewer=question.reviewer, **question.during)
    times = _by_person(answer)
    fair = {person: shown for person, shown in times.items() if len(shown) == 2}
    # People differ more than suggestions do: those who did only one kind would be measured, not the suggestion.
    compared = fair or times
    suggested, blind = (_pooled(compared, kind) for kind in ("suggested", "blind"))
    facts = (
        _median_fact("with_suggestion", suggested, answer, question),
        _median_fact("without_suggestion", blind, answer, question),
        _saved_fact(blind, suggested, answer, question),
    )
    tables = (_person_table(times, answer),) if question.by == "reviewer" and times else ()
    return ToolResult(_text(question.field.name, facts, len(times) - len(compared)), facts=facts, tables=tables)


def _by_person(answer: Answer) -> dict[str, dict[str, list[float]]]:
    times: dict[str, dict[str, list[float]]] = {}
    for row in answer.as_dicts():
        times.setdefault(row["reviewer"], {})[row["shown"]] = [float(one) for one in row["seconds"]]
    return times


def _pooled(times: Times, kind: str) -> list[float]:
    return sorted(second for shown in times.values() for second in shown.get(kind, []))


def _median_fact(name: str, seconds: list[float], answer: Answer, question: Question) -> Fact:
    if not seconds:
        return Fact(name, None, "seconds", n=0, sql=answer.sql, params=answer.params, note="no timed decisions yet")
    interval = median_interval(seconds)
    return Fact(
        name,
        median_of(seconds),
        "seconds",
        n=len(seconds),
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        method="Median, 95 % by order statistics",
        sql=answer.sql,
        params=answer.params,
        where=question.where(state="decided"),
        note=few_note(len(seconds)),
    )


def _saved_fact(blind: list[float], suggested: list[float], answer: Answer, question: Question) -> Fact:
    fewer = min(len(blind), len(suggested))
    if not fewer:
        missing = "blind decisions" if not blind else "decisions with a suggestion"
        return Fact(
            "seconds_saved", None, "seconds", n=0, sql=answer.sql, params=answer.params, note=f"no timed {missing} yet"
        )
    interval = difference_of_medians(blind, suggested)
    return Fact(
        "seconds_saved",
        median_of(blind) - median_of(suggested),
        "seconds",
        n=fewer,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        method="Difference of medians, 95 % (Price and Bonett)",
        sql=answer.sql,
        params=answer.params,
        where=question.where(state="decided"),
        note=few_note(fewer),
    )


def _text(name: str, facts: tuple[Fact, Fact, Fact], left_out: int) -> str:
    suggested, blind, saved = facts
    told = [
        f"A decision on {name} {kind} takes {_said(fact)}."
        for kind, fact in (("with a suggestion", suggested), ("without one", blind))
        if fact.value is not None
    ]
    if saved.value is None:
        told.append(f"Time saved on {name} cannot be told: there are {saved.note}. {COMPARISON}")
        return " ".join(told)
    told.append(f"{_verdict(saved)} {COMPARISON}")
    if left_out:
        who = "one person" if left_out == 1 else f"{left_out} people"
        told.append(f"The times of {who} who decided only with or only without suggestions are left out.")
    return " ".join(told)


def _said(fact: Fact) -> str:
    ends = f"95 % interval {fact.low:.1f} to {fact.high:.1f}, " if fact.low is not None else ""
    few = ": too few to say" if fact.note else ""
    return f"{seconds_of(fact.value or 0.0)} in the median ({ends}n={fact.n:,}{few})"


def _verdict(saved: Fact) -> str:
    gap = saved.value or 0.0
    word = "less" if gap > 0 else "more"
    size = f"{abs(gap):.1f} seconds {word} with a suggestion"
    if saved.note:
        return f"The difference is {size}, but that is {saved.note}."
    if saved.low is None or saved.high is None or saved.low <= 0 <= saved.high:
        ends = "" if saved.low is None else f" (95 % interval {saved.low:.1f} to {saved.high:.1f} seconds saved)"
        return f"No difference can be told{ends}."
    return f"The median is {size} (95 % interval {saved.low:.1f} to {saved.high:.1f} seconds saved)."


def _person_table(times: Times, answer: Answer) -> Table:
    rows = []
    for person, shown in sorted(times.items()):
        cells = [(len(shown.get(kind, [])), _cell(shown.get(kind, []))) for kind in ("suggested", "blind")]
        rows.append((person, *cells[0], *cells[1]))
    columns = ("reviewer", "n with", "median with", "n without", "median without")
    return Table("Seconds a decision, by person", columns, tuple(rows), answer.sql)


def _cell(seconds: list[float]) -> str:
    return f"{median_of(seconds):.1f}" if seconds else ""
