"""The tool that answers questions about numbers: one named metric at a time, each number with its receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from tools.ask.how_agreed import measure_agreement
from tools.ask.how_far import measure_pace, measure_progress
from tools.ask.how_fast import measure_time
from tools.ask.how_learning import measure_learning
from tools.ask.how_right import measure_acceptance, measure_accuracy
from tools.ask.how_sure import measure_coverage
from tools.ask.not_yet_seen import left_out_words
from tools.ask.question import Question, read_question, refuse_by
from tools.ask.what_labels import measure_exposures, measure_labels
from tools.context import ToolContext
from tools.errors import InputError
from tools.results import ToolResult
from tools.spec import ToolArgs, tool

MetricName = Literal[
    "progress",
    "label_distribution",
    "agreement",
    "accuracy_on_gold",
    "acceptance",
    "time_per_item",
    "exposure_mix",
    "pace",
    "coverage",
    "learning_curve",
]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, the splits it has, whether it can be asked of a single label, and of what target if none is named.

    ``of_answers`` is false where the numbers do not depend on what people answered.
    """

    run: Callable[[Question, ToolContext], ToolResult]
    by: tuple[str, ...]
    takes_label: bool = False
    target: float = 0.0
    takes_target: bool = False
    of_answers: bool = True


METRICS: dict[str, Metric] = {
    "progress": Metric(measure_progress, ("day",), of_answers=False),
    "label_distribution": Metric(measure_labels, ("label",), takes_label=True),
    "agreement": Metric(measure_agreement, ("reviewer",)),
    "accuracy_on_gold": Metric(measure_accuracy, ("reviewer", "backend")),
    "acceptance": Metric(measure_acceptance, ("run", "backend", "label", "reviewer"), takes_label=True),
    "time_per_item": Metric(measure_time, ("reviewer",), of_answers=False),
    "exposure_mix": Metric(measure_exposures, ("exposure", "reviewer")),
    "pace": Metric(measure_pace, ("reviewer",), of_answers=False),
    "learning_curve": Metric(measure_learning, (), takes_target=True),
    "coverage": Metric(measure_coverage, (), target=0.97, takes_target=True),
}


class MeasureArgs(ToolArgs):
    """What is to be measured."""

    metric: MetricName = Field(
        description="progress: done and to go, per day. label_distribution: share of each label. agreement: alpha, "
        "kappa, F1 between people. accuracy_on_gold: people and models against gold and blind labels. acceptance: "
        "suggestions accepted, changed, rejected. time_per_item: seconds with and without a suggestion. exposure_mix: "
        "what people saw when they labelled. pace: decisions an hour and time left. coverage: share of suggestions "
        "that could be accepted at a promised agreement. learning_curve: how right a model is by number of labels, how "
        "many labels are still needed, whether sampling pays."
    )
    field: str = Field(default="", description="Field to measure; the first field of the schema if empty")
    label: str = Field(default="", description="Only this label, where the metric counts labels")
    reviewer: str = Field(default="", description="Only this person")
    since: str = Field(default="", description="Only decisions from this time on, ISO 8601")
    until: str = Field(default="", description="Only decisions before this time, ISO 8601")
    by: Literal["", "reviewer", "label", "run", "backend", "day", "exposure"] = Field(
        default="", description="How to split the numbers; empty for the metric's own way"
    )
    target: float = Field(
        default=0,
        description="For coverage: the agreement wanted, 0.5 to 0.999. For learning_curve: the accuracy wanted. 0 for "
        "the metric's own",
    )


@tool(effect="read", version=1)
def measure(args: MeasureArgs, ctx: ToolContext) -> ToolResult:
    """Measure how the labelling goes: progress, label shares, agreement between people, accuracy on gold, acceptance of
    suggestions, time per item, what people were shown, pace and time left, what share could be accepted at 97 %,
    how many labels are still needed, whether sampling pays. Every number comes with its interval.
    """
    metric = METRICS[args.metric]
    question = read_question(args.field, args.label, args.reviewer, args.since, args.by, ctx, args.until)
    refuse_by(question, args.metric, metric.by)
    if question.label and not metric.takes_label:
        raise InputError(f"The metric {args.metric} is about a whole field; leave the label out.")
    if args.target and not metric.takes_target:
        raise InputError(f"The metric {args.metric} has no target; leave the target out.")
    result = metric.run(replace(question, target=args.target or metric.target), ctx)
    return _with_left_out(result, question, ctx) if metric.of_answers else result


def _with_left_out(result: ToolResult, question: Question, ctx: ToolContext) -> ToolResult:
    """The result, with a sentence where answers of others are not in it."""
    if question.sees_people or question.reviewer:
        return result
    rows = ctx.ask("answers_not_seen", field=question.field.id).as_dicts()
    return replace(result, text=result.text + left_out_words(int(rows[0]["items"])))
