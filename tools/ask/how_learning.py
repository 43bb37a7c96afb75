"""How a model learns from the project's labels: its curve, how many more it needs, and whether sampling pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tools.ask.metrics import few_note, say_fact, share_fact, shown_share
from tools.ask.question import Question
from tools.backends.texts.builtin_few_shot import can_learn
from tools.context import ToolContext
from tools.errors import InputError
from tools.learning.curves import Curve, Needed, labels_needed, paired_gain
from tools.learning.random_arm import (
    FEWEST_TESTED,
    MOST_LABELS,
    Arms,
    LabelOrder,
    curve_counts,
    folds_of,
    gather,
    has_strategy,
    measure_arms,
    open_embedder_of,
    read_order,
)
from tools.results import Fact, Figure, Table, ToolResult
from tools.sentences import count_of, percent

_STEPS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99)
_STEPS_SHOWN = 2
CAME, DRAWN = "as they came", "random only"


def measure_learning(question: Question, ctx: ToolContext) -> ToolResult:
    """Accuracy at growing numbers of labels, labels still needed, and the gain over labels drawn at random."""
    question = _checked(question)
    order = read_order(ctx, question.field)
    name = question.field.name
    if not can_learn(question.field.record):
        said = f"A learning curve can be drawn for fields with labels to choose or a rating; {name} is another kind."
        return ToolResult(said, facts=(_nothing(order, question, "no curve for this kind of field yet"),))
    tested = int(order.tested.sum())
    if tested < FEWEST_TESTED:
        return _too_few(order, tested, question)
    material = gather(ctx, question.field, order, open_embedder_of(ctx))
    order = material.order
    folds = folds_of(order, ctx.seed, question.field.id)
    if int((folds >= 0).sum()) < FEWEST_TESTED:
        return _too_few(order, int((folds >= 0).sum()), question)
    counts, shared = curve_counts(order, folds)
    arms = measure_arms(material, folds, counts, shared, ctx.cache)
    return _told(question, order, arms, ctx.seed)


def _checked(question: Question) -> Question:
    """The question with its target as a share, also where it was said in per cent."""
    if question.reviewer or question.has_time:
        raise InputError("The metric learning_curve is about all labels of a field; leave person and time out.")
    target = question.target
    if not 0 <= target < 1 and not 1 < target < 100:
        raise InputError(f"An accuracy to aim at lies between 0 and 1, or 1 and 100 per cent; got {target:g}.")
    return replace(question, target=target if target < 1 else target / 100)


def _nothing(order: LabelOrder, question: Question, note: str) -> Fact:
    answer = order.answer
    return Fact(
        "accuracy",
        None,
        "share",
        n=0,
        sql=answer.sql,
        params=answer.params,
        where=question.where(state="agreed"),
        note=note,
    )


def _too_few(order: LabelOrder, tested: int, question: Question) -> ToolResult:
    text = (
        f"No learning curve of {question.field.name} can be drawn yet: it takes {FEWEST_TESTED} labels given blind on "
        f"items that chance chose, and there are {tested} among {count_of(order.total, 'label')}. Blind cards and "
        "sampling at random give more of them."
    )
    return ToolResult(text, facts=(_nothing(order, question, f"no {FEWEST_TESTED} labels to test on yet"),))


def _told(question: Question, order: LabelOrder, arms: Arms, seed: int) -> ToolResult:
    accuracy = _accuracy("accuracy", arms.came, len(arms.came.counts) - 1, order, question)
    wanted = _targets(question.target, accuracy.value or 0.0)
    rng = np.random.default_rng(seed)
    needs = [labels_needed(arms.came.counts, arms.came.right, one, rng) for one in wanted]
    gain = _gain(arms, order, question)
    labels = Fact(
        "labels", order.total, sql=order.answer.sql, params=order.answer.params, where=question.where(state="agreed")
    )
    text = [
        f"With {int(arms.came.counts[-1]):,} labels a model of {question.field.name} is right on {say_fact(accuracy)} "
        "of the labels that were given blind, each held out from it."
    ]
    if order.total > MOST_LABELS:
        text.append(f"An even draw of {MOST_LABELS:,} of the {order.total:,} labels was looked at.")
    reached = question.target and question.target <= (accuracy.value or 0.0)
    text += [f"That is the {percent(question.target)} asked for already."] if reached else []
    text += [_need_words(need, order.total) for need in needs]
    text.append(_gain_words(gain, arms, order))
    facts = (labels, accuracy, *(_need_fact(need, arms, order, question) for need in needs), gain)
    return ToolResult(
        " ".join(text), facts=facts, tables=(_table(question, arms, order),), figures=(_figure(question, arms, order),)
    )


def _targets(target: float, now: float) -> list[float]:
    """What is asked for where it lies ahead; else the next steps up."""
    if target:
        return [target] if target > now else []
    return [step for step in _STEPS if step > now][:_STEPS_SHOWN]


def _accuracy(name: str, curve: Curve, at: int, order: LabelOrder, question: Question) -> Fact:
    right, tested = int(curve.right[at].sum()), curve.right.shape[1]
    return share_fact(name, right, tested, order.answer, "nothing tested yet", question.where(state="agreed"))


def _need_fact(need: Needed, arms: Arms, order: LabelOrder, question: Question) -> Fact:
    return Fact(
        f"labels_needed[{percent(need.target)}]",
        need.value,
        "count",
        n=arms.came.right.shape[1],
        low=need.low,
        high=need.high,
        method="Inverse power law, 95 % by bootstrap",
        sql=order.answer.sql,
        params=order.answer.params,
        where=question.where(state="agreed"),
        note=need.reason or ("the upper end is beyond what the curve can tell" if need.high is None else ""),
    )


def _need_words(need: Needed, labels: int) -> str:
    target = percent(need.target)
    if need.value is None:
        return f"How many labels {target} takes cannot be told: {need.reason}."
    ends = f"95 % interval {need.low:,} to {need.high:,}" if need.high is not None else f"at least {need.low:,}"
    more = f"{need.value - labels:,} more than now" if need.value > labels else "no more than there are"
    return f"{target} takes about {need.value:,} labels in all ({ends}), {more}."


def _gain(arms: Arms, order: LabelOrder, question: Question) -> Fact:
    sql, params, where = order.answer.sql, order.answer.params, question.where(state="agreed")
    if not arms.shared:
        return Fact("gain", None, "share", n=0, sql=sql, params=params, where=where, note=_no_gain(order))
    at = arms.shared - 1
    value, ends = paired_gain(arms.came.right[at], arms.drawn.right[at])
    tested = arms.came.right.shape[1]
    return Fact(
        "gain",
        value,
        "share",
        n=tested,
        low=ends.low,
        high=ends.high,
        method="Difference of paired shares, 95 % (Agresti and Min)",
        sql=sql,
        params=params,
        where=where,
        note=few_note(tested),
    )


def _no_gain(order: LabelOrder) -> str:
    if has_strategy(order):
        return "no random labels to compare with yet"
    return "no labels from a strategy to compare with random ones yet"


def _gain_words(gain: Fact, arms: Arms, order: LabelOrder) -> str:
    if gain.value is None or gain.low is None or gain.high is None:
        return f"Whether sampling pays cannot be told: there are {gain.note}."
    count = int(arms.drawn.counts[-1])
    size = f"{abs(gain.value) * 100:.1f} points"
    ends = f"95 % interval {gain.low * 100:+.1f} to {gain.high * 100:+.1f}, n={gain.n:,}"
    beside = f"with {count:,} labels as they came the model is {size}"
    if gain.value <= 0:
        worse = "no better" if gain.value == 0 else f"{size} worse"
        return (
            f"The strategy does not pay here: with {count:,} labels as they came the model is {worse} than with as "
            f"many drawn at random ({ends}). Sample at random."
        )
    sure = "Sampling pays" if gain.low > 0 else "Sampling seems to pay, though it may be chance"
    return f"{sure}: {beside} better than with as many drawn at random ({ends})."


def _table(question: Question, arms: Arms, order: LabelOrder) -> Table:
    rows = []
    for at, count in enumerate(arms.came.counts.tolist()):
        cells: list[str | int] = [count, *shown_share(_accuracy("", arms.came, at, order, question))]
        if at < arms.shared:
            cells += shown_share(_accuracy("", arms.drawn, at, order, question))
            cells.append(f"{paired_gain(arms.came.right[at], arms.drawn.right[at])[0] * 100:+.1f}")
        rows.append((*cells, *[""] * (6 - len(cells))))
    columns = ("labels", CAME, "95 % interval", DRAWN, "95 % interval", "gain in points")
    return Table(f"Learning curve, {question.field.name}", columns, tuple(rows), order.answer.sql)


def _figure(question: Question, arms: Arms, order: LabelOrder) -> Figure:
    curves: Sequence[tuple[str, Curve]] = [(CAME, arms.came), *([(DRAWN, arms.drawn)] if arms.shared else [])]
    series, bands = {}, {}
    for name, curve in curves:
        facts = [_accuracy("", curve, at, order, question) for at in range(len(curve.counts))]
        series[name] = tuple(float(fact.value or 0.0) for fact in facts)
        bands[name] = tuple((float(fact.low or 0.0), float(fact.high or 0.0)) for fact in facts)
    return Figure(
        f"Learning curve, {question.field.name}",
        "line",
        tuple(arms.came.counts.tolist()),
        series,
        "labels",
        "share right",
        bands,
    )
