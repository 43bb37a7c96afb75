"""What could be accepted unseen: the share of suggestions with a promised agreement, or what is missing for one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tools.ask.held_out_answers import HeldOutAnswers, held_out_answers
from tools.ask.question import Question
from tools.backends.contract import CALIBRATING_LABELS
from tools.backends.texts.builtin_few_shot import REFERENCE, can_learn
from tools.context import Answer, ToolContext
from tools.coverage import (
    DELTA,
    CurvePoint,
    Promise,
    agreement_curve,
    answers_missing,
    check_target,
    fewest_answers,
    first_cut,
    promised_cut,
)
from tools.filters import ItemFilter
from tools.results import Fact, Figure, ToolResult
from tools.sentences import count_of, percent, verb
from tools.statistics import Bools, Floats, wilson

ONE_SIDED = "Clopper-Pearson, one-sided 90 %"
METHOD = "held-out scores; selective guaranteed risk, Clopper-Pearson 90 %, fixed sequence of cuts"
AUDIT_SLIPS = 2
"""Differences that a sample of what was accepted may show."""

_FINE = 1000
_SURE = percent(1 - DELTA)


def measure_coverage(question: Question, ctx: ToolContext) -> ToolResult:
    """Which share of the suggestions could be accepted so that they agree with people as often as wanted."""
    check_target(question.target)
    name, refusal = question.field.name, _refusal(question, ctx)
    answer = ctx.ask("calibrating_labels", field=question.field.id)
    there = int(answer.as_dicts()[0]["calibrating"])
    needed = max(CALIBRATING_LABELS, fewest_answers(question.target))
    counted = Fact("calibrating_labels", there, "count", sql=answer.sql, params=answer.params)
    if refusal or there < needed:
        told = refusal or _too_few(name, there, needed)
        nothing = Fact("coverage", None, "share", n=there, sql=answer.sql, params=answer.params, note="no promise yet")
        return ToolResult(told, facts=(counted, nothing))
    found = held_out_answers(question.field, ctx)
    mine = found.judged.calibrates
    # Scores are cut to three digits, so that the number that is told is the cut that was tested.
    scores = np.floor(np.asarray(found.judged.scores[mine], dtype=np.float64) * _FINE) / _FINE
    return _answer(question, scores, found.judged.right[mine], found, (counted, answer))


def _refusal(question: Question, ctx: ToolContext) -> str:
    field = question.field
    if not can_learn(field.record):
        return (
            f"{field.name} is answered by {field.kind}, which are right in parts; what share could be accepted is told "
            "for fields with labels or ratings, no such share can be told here."
        )
    backend = str(ctx.settings.get(f"backend.{field.id}") or REFERENCE)
    if backend != REFERENCE:
        return (
            f"{field.name} is suggested by {backend}, whose answers cannot be held out from what it learned; "
            f"accuracy_on_gold compares them with blind labels, and {REFERENCE} has a share that can be promised."
        )
    return ""


def _too_few(name: str, there: int, needed: int) -> str:
    return (
        f"No share of {name} can be promised yet: that takes at least {needed:,} labels that people gave without a "
        f"suggestion on items no model chose, and there {verb(there, 'is', 'are')} {count_of(there, 'such label')}, so "
        f"{needed - there:,} more at least. They come from items served blind, and from imports declared independent."
    )


def _answer(
    question: Question, scores: Floats, right: Bools, found: HeldOutAnswers, counted: tuple[Fact, Answer]
) -> ToolResult:
    target, name = question.target, question.field.name
    labels, answer = counted
    curve = agreement_curve(scores, right)
    promise = promised_cut(scores, right, target)
    if promise is None:
        told = _no_promise(name, target, scores, right)
        note = "no cut keeps the promise yet"
        facts = [Fact("coverage", None, "share", n=len(scores), sql=answer.sql, params=answer.params, note=note)]
    else:
        told, facts = _promise_text(name, target, promise), _facts(question, promise, answer)
    if found.left_out:
        told += f" {count_of(found.left_out, 'label')} {verb(found.left_out, 'is', 'are')} not counted yet, because"
        told += " their items have no vector; ask again to count more."
    if question.reviewer or question.has_time:
        told += " Labels of everybody and of all times are counted."
    return ToolResult(told, facts=(labels, *facts), figures=(_figure(name, target, curve),))


def _promise_text(name: str, target: float, promise: Promise) -> str:
    audit = fewest_answers(target, DELTA, AUDIT_SLIPS)
    return (
        f"About {percent(promise.share)} of {name} could be accepted at {percent(target)} agreement: "
        f"{promise.accepted:,} of {promise.n:,} labels given without a suggestion have a score of at least "
        f"{promise.threshold:.3f} when they are held out, and {promise.right:,} of these suggestions "
        f"({percent(promise.right / promise.accepted)}) were the person's answer. With {_SURE} certainty at least "
        f"{percent(promise.least)} of such suggestions agree with people, as long as new items are like the labelled "
        f"ones. No label can show whether they are: before you rely on it, accept some, have {audit} of them drawn at "
        f"random and labelled without the suggestion, and go on only if at most {AUDIT_SLIPS} differ."
    )


def _no_promise(name: str, target: float, scores: Floats, right: Bools) -> str:
    first, hits = first_cut(scores, right, target)
    told = (
        f"No share of {name} can be promised at {percent(target)} agreement yet: of the {first:,} surest held-out "
        f"suggestions {hits:,} were the person's answer ({percent(hits / first)}; all in all "
        f"{percent(float(right.mean()))} of {len(right):,})."
    )
    missing = answers_missing(scores, right, target)
    if missing:
        told += (
            f" About {missing:,} more labels given without a suggestion would be enough, if the model stays as right "
            "as it is; as it learns from them too, it may need fewer."
        )
        return told
    return told + (
        " More labels to judge by would not be enough: the surest suggestions have to become right more often, so more "
        "labels to learn from come first."
    )


def _facts(question: Question, promise: Promise, answer: Answer) -> list[Fact]:
    reach = wilson(promise.accepted, promise.n)
    score = min(1.0, promise.threshold)
    open_ones = ItemFilter(field=question.field.id, state="suggested", of_proposal=True, score_min=score)
    found = [
        Fact("coverage", promise.share, "share", promise.n, reach.low, reach.high, METHOD, where=open_ones),
        Fact("agreement", promise.right / promise.accepted, "share", promise.accepted, promise.least, 1.0, ONE_SIDED),
        Fact("score_threshold", promise.threshold, "score", promise.n, method=METHOD),
    ]
    return [replace(one, sql=answer.sql, params=answer.params) for one in found]


def _figure(name: str, target: float, curve: list[CurvePoint]) -> Figure:
    """Agreement among the surest share, what is certain of it, and what was wanted."""
    return Figure(
        f"Agreement on the surest suggestions for {name}",
        "line",
        tuple(round(point.share, 4) for point in curve),
        {
            "agreement when held out": tuple(point.agreement for point in curve),
            f"at least, with {_SURE} certainty": tuple(point.least for point in curve),
            "wanted": (target,) * len(curve),
        },
        "share accepted",
        "agreement",
    )
