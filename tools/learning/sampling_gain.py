"""What sampling gained over chance in the last rounds, from the labels and sampling runs that are there.

A round is a sampling run that let a strategy choose and that found other labels than the run before it. Its gain is
measured on the labels that had come by then: models of the first labels as they came against models of as many labels
that chance chose, tested on the same labels that nobody steered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tools.backends.registry import can_compare
from tools.backends.texts.builtin_few_shot import can_learn
from tools.context import ArrayCache, ToolContext
from tools.learning.curves import paired_gain
from tools.learning.random_arm import (
    FEWEST_TESTED,
    LabelOrder,
    Material,
    folds_of,
    gather,
    has_strategy,
    measure_arms,
    open_embedder_of,
    read_order,
    room,
)
from tools.schema import FieldSpec

ROUNDS = 5
"""So many rounds without a gain, one after the other, and the strategy is given up."""

_LEAST_LABELS = 10
# Beyond that a fit takes seconds, and a round's gain is to be known while somebody waits.
_MOST_LABELS = 300
_NO_ROUND = ("builtin:similar", "builtin:dissimilar")


@dataclass(frozen=True, slots=True)
class Gain:
    """Share of right answers after ``labels`` labels as they came minus that after as many random ones.

    ``low`` and ``high`` are its 95 % interval; ``tested`` labels were answered by both.
    """

    labels: int
    tested: int
    value: float
    low: float
    high: float


def gain_of(material: Material, cache: ArrayCache, seed: int, purpose: str) -> Gain | None:
    """The gain at as many labels as the random arm has; ``None`` where there is too little to compare."""
    folds = folds_of(material.order, seed, purpose)
    tested = int((folds >= 0).sum())
    count = min(room(material.order, folds)[1], _MOST_LABELS)
    if tested < FEWEST_TESTED or count < _LEAST_LABELS or not has_strategy(material.order):
        return None
    arms = measure_arms(material, folds, [count], 1, cache)
    value, ends = paired_gain(arms.came.right[0], arms.drawn.right[0])
    return Gain(count, tested, value, ends.low, ends.high)


def round_moments(ctx: ToolContext, field: FieldSpec) -> list[datetime]:
    """When a strategy was asked to choose, newest first; runs that look for likeness or draw on demand do not count."""
    rows = ctx.ask("sampling_rounds", field=field.id).as_dicts()
    return [row["made_at"] for row in rows if row["asked"] != "random" and row["backend"] not in _NO_ROUND]


def gains_of(ctx: ToolContext, field: FieldSpec, material: Material, moments: Sequence[datetime]) -> list[Gain]:
    """Gains now and in earlier rounds, newest first, at most five; it stops where one cannot be measured."""
    gains: list[Gain] = []
    size = -1
    for moment in [None, *moments]:
        at_hand = material if moment is None else material.as_of(moment)
        if len(at_hand.order) == size:
            continue
        size = len(at_hand.order)
        gain = gain_of(at_hand, ctx.cache, ctx.seed, field.id)
        if gain is None:
            break
        gains.append(gain)
        if len(gains) == ROUNDS:
            break
    return gains


def recent_gains(ctx: ToolContext, field: FieldSpec) -> list[Gain]:
    """The same for a field, cheap where there is nothing to find: empty unless there were five rounds."""
    if not (can_learn(field.record) and can_compare(ctx.schema.modality)):
        return []
    moments = round_moments(ctx, field)
    if len(moments) < ROUNDS - 1:
        return []
    order: LabelOrder = read_order(ctx, field)
    if int(order.tested.sum()) < FEWEST_TESTED or not has_strategy(order):
        return []
    return gains_of(ctx, field, gather(ctx, field, order, open_embedder_of(ctx)), moments)


def does_not_pay(gains: Sequence[Gain]) -> bool:
    """Whether there was no gain in each of the last five rounds."""
    return len(gains) >= ROUNDS and all(gain.value <= 0 for gain in gains[:ROUNDS])
