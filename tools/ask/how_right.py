"""How right people and models are: accuracy on gold and on blind labels, and what became of suggestions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.ask.accuracy_words import gold_count, left_out, model_text, people_text
from tools.ask.metrics import ratio_fact, say_fact, share_fact, shown_share
from tools.ask.model_record import model_record
from tools.ask.objects.right import measure_object_accuracy
from tools.ask.objects.taken import measure_objects_taken
from tools.ask.question import Question
from tools.backends.texts.builtin_few_shot import REFERENCE as FEW_SHOT
from tools.context import Answer, ToolContext
from tools.naming import label_name
from tools.results import Fact, Table, ToolResult
from tools.sentences import count_of, verb

STRICT = "The number is strict F1: a region counts as right only with the same label, the same start and the same end."


def measure_accuracy(question: Question, ctx: ToolContext) -> ToolResult:
    """People against gold; back-ends against gold and against blind labels."""
    if question.has_objects:
        return measure_object_accuracy(question, ctx)
    gold = gold_count(question, ctx)
    people_facts, people = _people(question, ctx)
    told, tables, facts = [people_text(question, people_facts, left_out(people), gold)], [], list(people_facts)
    if people.rows:
        tables.append(_table("People on gold", ("reviewer",), question, people, people_facts))
    if not question.reviewer:
        of_models = _models(question, ctx)
        # Who asks for people by name wants them first; else the model is what the question is about.
        told = (
            [*told, of_models.text] if question.by == "reviewer" or not of_models.is_judged else [of_models.text, *told]
        )
        facts += of_models.facts
        tables += of_models.tables
    if question.has_regions and any(fact.value is not None for fact in facts):
        told.append(STRICT)
    return ToolResult(" ".join(told), facts=tuple(facts), tables=tuple(tables))


@dataclass(frozen=True)
class _OfModels:
    """What is told of models; ``is_judged`` where the field's own one was looked at."""

    text: str
    facts: list[Fact]
    tables: list[Table]
    is_judged: bool


def _models(question: Question, ctx: ToolContext) -> _OfModels:
    """The field's own model on answers kept from it, then suggestions of back-ends against gold and blind labels."""
    own, fact = model_record(question.field.id, question.field.name, ctx) if not question.has_time else ("", None)
    told, facts, tables = [own] if own else [], [fact] if fact else [], []
    for query, prefix, words in (
        ("gold_proposals", "gold", "gold items"),
        ("blind_proposals", "blind", "labels given blind"),
    ):
        answer = ctx.ask(query, field=question.field.id, **question.during)
        rows = answer.as_dicts()
        found = [_model_fact(prefix, row, answer, question) for row in rows]
        # Of the field's own model one number on such labels is enough: the newest, which stands above.
        is_said = bool(own) and prefix == "blind"
        others = [one for row, one in zip(rows, found, strict=True) if not (is_said and row["backend"] == FEW_SHOT)]
        if others or not own:
            told.append(model_text(others, left_out(answer), words))
        facts += found
        if rows:
            tables.append(_table(f"Back-ends on {words}", ("backend", "prompt"), question, answer, found))
    return _OfModels(" ".join(told), facts, tables, bool(own))


def _right(name: str, row: dict[str, Any], answer: Answer, question: Question, nothing: str, where: Any) -> Fact:
    if question.has_regions:
        return ratio_fact(name, row, answer, nothing, where)
    return share_fact(name, int(row["same"]), int(row["n"]), answer, nothing, where)


def _people(question: Question, ctx: ToolContext) -> tuple[list[Fact], Answer]:
    # Reviewers see their own accuracy, leads see everybody's.
    who = question.reviewer or ("" if question.sees_people else ctx.actor.person)
    answer = ctx.ask("gold_reviewers", field=question.field.id, reviewer=who, **question.during)
    facts = []
    for row in answer.as_dicts():
        where = question.where(reviewer=row["reviewer"], state="gold")
        nothing = "no gold decided after it was marked yet"
        facts.append(_right(f"accuracy[{row['reviewer']}]", row, answer, question, nothing, where))
    return facts, answer


def _model_fact(prefix: str, row: dict[str, Any], answer: Answer, question: Question) -> Fact:
    prompt = f" {row['prompt']}" if row["prompt"] else ""
    state = "gold" if prefix == "gold" else "decided"
    nothing = f"no {'gold' if prefix == 'gold' else 'blind labels'} that the back-end cannot have learned from yet"
    where = question.where(state=state)
    return _right(f"accuracy_on_{prefix}[{row['backend']}{prompt}]", row, answer, question, nothing, where)


def _table(title: str, names: tuple[str, ...], question: Question, answer: Answer, facts: Sequence[Fact]) -> Table:
    measure = "strict F1" if question.has_regions else "accuracy"
    rows = tuple(
        (*(row[name] for name in names), int(row["n"]), *shown_share(fact), int(row["left_out"]))
        for row, fact in zip(answer.as_dicts(), facts, strict=True)
    )
    return Table(title, (*names, "n", measure, "95 % interval", "left out"), rows, answer.sql)


OUTCOMES = ("unchanged", "changed", "rejected")


def measure_acceptance(question: Question, ctx: ToolContext) -> ToolResult:
    """What became of suggestions that people saw before they decided."""
    # A suggestion of objects has no label of its own: which label is asked about is minded object by object.
    label = "" if question.has_objects else question.label
    answer = ctx.ask("acceptance", field=question.field.id, reviewer=question.reviewer, label=label, **question.during)
    rows, name = answer.as_dicts(), question.field.name
    totals = {key: sum(int(row[key]) for row in rows) for key in (*OUTCOMES, "skipped")}
    whole = sum(totals[key] for key in OUTCOMES)
    nothing = "no suggestion decided yet"
    facts = [share_fact(key, totals[key], whole, answer, nothing, question.where()) for key in OUTCOMES]
    if not whole:
        return ToolResult(f"No suggestion for {name} has been decided yet.", facts=tuple(facts))
    said = dict(zip(OUTCOMES, facts, strict=True))
    text = (
        f"Of {count_of(whole, 'suggestion')} for {name} that people saw, the share accepted unchanged is "
        f"{say_fact(said['unchanged'])}; changed: {say_fact(said['changed'])}; rejected: {say_fact(said['rejected'])}."
    )
    if totals["skipped"]:
        text += f" {totals['skipped']:,} more {verb(totals['skipped'], 'was', 'were')} skipped."
    text += " Blind items and batches are not counted: nobody looked at a suggestion there one by one."
    text += " Acceptance is not accuracy, since a suggestion in sight sways people."
    groups, table = _outcome_groups(question, rows, answer)
    result = ToolResult(text, facts=(*facts, *groups), tables=(table,))
    return measure_objects_taken(question, ctx, result) if question.has_objects else result


def _outcome_groups(question: Question, rows: list[dict[str, Any]], answer: Answer) -> tuple[list[Fact], Table]:
    by = "run" if question.has_objects and question.by == "label" else question.by or "run"
    key = {"run": "run_id", "reviewer": "reviewer", "label": "label", "backend": "backend"}[by]
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*OUTCOMES, "skipped"), 0))
    backends = {row["run_id"]: row["backend"] for row in rows}
    for row in rows:
        for outcome in (*OUTCOMES, "skipped"):
            sums[row[key]][outcome] += int(row[outcome])
    facts, cells = [], []
    for group, counts in sums.items():
        whole = sum(counts[outcome] for outcome in OUTCOMES)
        where = _group_where(question, by, group)
        fact = share_fact(f"unchanged[{group}]", counts["unchanged"], whole, answer, "none decided yet", where)
        facts.append(fact)
        shown = label_name(question.field, group) if by == "label" else group
        extra = (backends[group],) if by == "run" else ()
        cells.append((shown, *extra, *(counts[outcome] for outcome in (*OUTCOMES, "skipped")), *shown_share(fact)))
    columns = (by, *(("back-end",) if by == "run" else ()), *OUTCOMES, "skipped", "unchanged share", "95 % interval")
    return facts, Table(f"Suggestions by {by}", columns, tuple(cells), answer.sql)


def _group_where(question: Question, by: str, group: Any) -> Any:
    if by == "run":
        return question.where(run=int(group))
    if by == "reviewer":
        return question.where(reviewer=str(group))
    # Conditions on suggestions hide blind items from those who have not decided them.
    return question.where(label=str(group), of_proposal=True) if by == "label" and group else question.where()
