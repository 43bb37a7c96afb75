"""Sentences about how right people and back-ends are."""

from __future__ import annotations

from collections.abc import Sequence

from tools.ask.how_far import progress_row
from tools.ask.metrics import say_fact, shown_share
from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.results import Fact
from tools.sentences import capital, count_of, percent, verb

_NAMED = 5
"""So many people are named in the sentence; more are in the table."""


def gold_count(question: Question, ctx: ToolContext) -> int:
    """How many items of the field are gold."""
    return int(progress_row(ctx, question.field.id)[0]["gold"])


def left_out(answer: Answer) -> int:
    """How much the rows of an answer leave out."""
    return sum(int(row["left_out"]) for row in answer.as_dicts())


def people_text(question: Question, facts: Sequence[Fact], dropped: int, gold: int) -> str:
    """How right people are on gold, in sentences; ``dropped`` labels may be what the gold was made from."""
    name = question.field.name
    if not gold:
        return f"There is no gold for {name} yet, so nobody's accuracy on it can be told."
    told = f"{name} has {count_of(gold, 'gold item')}."
    judged = [fact for fact in facts if fact.value is not None]
    if len(judged) == 1:
        told += f" Accuracy of the one person who labelled gold after it was marked: {say_fact(judged[0])}."
    elif 0 < len(judged) <= _NAMED:
        order = sorted(judged, key=lambda fact: -(fact.value or 0.0))
        parts = [f"{fact.name.partition('[')[2][:-1]} {shown_share(fact)[0]} (n={fact.n})" for fact in order]
        told += f" Right on it: {', '.join(parts)}; the table has the intervals."
    elif judged:
        middle = sorted(fact.value or 0.0 for fact in judged)[len(judged) // 2]
        told += f" The table has the accuracy of {count_of(len(judged), 'person', 'people')}; half of them reach "
        told += f"{percent(middle) if not (question.has_regions or question.has_objects) else f'{middle:.2f}'} or more."
    else:
        told += " Nobody has labelled any of them since, so there is no accuracy of people yet."
    if dropped:
        told += f" {capital(count_of(dropped, 'blind label'))} given before the mark {verb(dropped, 'is', 'are')}"
        told += " left out, because the gold may have been made from them."
    return told


def model_text(facts: Sequence[Fact], dropped: int, words: str) -> str:
    """How right back-ends are on ``words``, in sentences; ``dropped`` proposals may have been learned from them."""
    if not facts:
        return f"No back-end has proposals to compare with {words} yet."
    judged = [fact for fact in facts if fact.value is not None]
    if not judged:
        told = f"No back-end can be judged on {words} yet."
    else:
        parts = [f"{fact.name.partition('[')[2][:-1]} {say_fact(fact)}" for fact in judged]
        told = f"Right on {words}: {'; '.join(parts)}."
    if dropped:
        told += f" {capital(count_of(dropped, 'proposal'))} of back-ends that learn here {verb(dropped, 'is', 'are')}"
        told += " left out, because the item was labelled before and may have been learned from."
    return told
