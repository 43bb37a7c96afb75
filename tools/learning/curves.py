"""Learning curves: how right a model is by the number of its labels, how many more it needs, and what sampling gains.

All of it from answers that were right or wrong on the same tested labels, at several numbers of labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from tools.statistics import Bools, Floats, Integers, Interval

FEWEST_POINTS = 4
"""A curve with three parameters needs more points than that to be wrong on any of them."""

FARTHEST = 3.0
"""Nothing is said beyond this many times the labels at hand: curves that agree so far part beyond it."""

_BENDS = np.linspace(0.05, 1.5, 59)
_RESAMPLES = 300


def halving_counts(most: int, least: int, points: int) -> list[int]:
    """Up to ``points`` numbers of labels, ascending: ``most`` and its halves, none below ``least``."""
    found = [most]
    while len(found) < points and found[-1] // 2 >= max(1, least):
        found.append(found[-1] // 2)
    return sorted(found)


def paired_gain(one: Bools, other: Bools, confidence: float = 0.95) -> tuple[float, Interval]:
    """How much more often ``one`` is right than ``other`` on the same tested labels, shapes (t,), with its interval.

    Agresti and Min (Statist. Med. 24, 2005): half a pseudo-answer in each of the four cells, so that it stands for few
    labels and for no difference at all. (0, (-1, 1)) for no labels.
    """
    n = len(one)
    if n == 0:
        return 0.0, Interval(-1.0, 1.0)
    wins, losses = int((one & ~other).sum()), int((other & ~one).sum())
    gain = (wins - losses) / n
    size, more, less = n + 2, wins + 0.5, losses + 0.5
    centre = (more - less) / size
    reach = float(ndtri(0.5 + confidence / 2)) * sqrt(more + less - (more - less) ** 2 / size) / size
    return gain, Interval(max(-1.0, min(gain, centre - reach)), min(1.0, max(gain, centre + reach)))


@dataclass(frozen=True)
class PowerLaw:
    """accuracy = limit - drop * labels ** -bend, for one curve or for many; each of shape (b,)."""

    limit: Floats
    drop: Floats
    bend: Floats

    def labels_for(self, target: float) -> Floats:
        """Labels at which each curve reaches ``target``, shape (b,); infinite where its limit is not above it."""
        above = self.limit - target
        with np.errstate(divide="ignore", over="ignore"):
            needed = np.exp(np.log(self.drop / np.where(above > 0, above, 1)) / self.bend)
        found: Floats = np.where(above > 0, needed, np.inf)
        return found


def fit_power_law(counts: Integers, accuracies: Floats) -> PowerLaw:
    """Inverse power laws through the points of curves (Cortes et al., NIPS 1993; Figueroa et al., BMC MIDM 2012).

    ``counts`` (p,), ``accuracies`` (b, p). Least squares within bounds: limit at most 1, drop not negative, bend 0.05
    to 1.5. Points with more labels weigh more, as they lie nearer to what is asked for.
    """
    weights = np.asarray(counts, dtype=np.float64) / counts.max()
    weights /= weights.sum()
    basis = np.asarray(counts, dtype=np.float64)[None, :] ** -_BENDS[:, None]
    given = np.asarray(accuracies, dtype=np.float64)
    middle, mean = basis @ weights, given @ weights
    spread = (basis**2) @ weights - middle**2
    shared = given @ (basis * weights).T - mean[:, None] * middle
    drop = np.maximum(0, -shared / np.maximum(spread, 1e-15))
    limit = mean[:, None] + drop * middle
    # A limit above 1 is pulled down to 1, and the drop follows it.
    capped = ((1 - given) @ (basis * weights).T) / ((basis**2) @ weights)
    over = limit > 1
    drop, limit = np.where(over, np.maximum(0, capped), drop), np.where(over, 1.0, limit)
    fitted = limit[:, :, None] - drop[:, :, None] * basis[None]
    best = ((fitted - given[:, None, :]) ** 2 @ weights).argmin(axis=1)
    at = np.arange(len(given))
    return PowerLaw(limit[at, best], drop[at, best], _BENDS[best])


@dataclass(frozen=True, slots=True)
class Needed:
    """Labels at which a curve reaches a target, with a 95 % interval.

    ``value`` is ``None`` where that cannot be told, and ``reason`` says why. ``high`` is ``None`` where the interval
    ends beyond what the curve can tell.
    """

    target: float
    value: int | None
    low: int | None = None
    high: int | None = None
    reason: str = ""


def labels_needed(counts: Integers, right: Bools, target: float, rng: np.random.Generator) -> Needed:
    """How many labels the target takes, from ``right`` (p, t): whether each tested label was answered rightly.

    The interval comes from drawing the tested labels again (bootstrap, Efron 1979). Refuses to look farther than
    three times the labels there are, and below four points or a curve that does not rise.
    """
    if len(counts) < FEWEST_POINTS:
        return Needed(target, None, reason=f"the curve has {len(counts)} of the {FEWEST_POINTS} points it takes")
    tested = right.shape[1]
    draws = rng.multinomial(tested, np.full(tested, 1 / tested), size=_RESAMPLES) / tested
    means = np.vstack([right.mean(axis=1), draws @ right.T.astype(np.float64)])
    law = fit_power_law(counts, means)
    needed = law.labels_for(target)
    most = FARTHEST * int(counts.max())
    low, high = (float(np.quantile(needed[1:], q, method="inverted_cdf")) for q in (0.025, 0.975))
    if law.drop[0] <= 0:
        return Needed(target, None, reason="the curve does not rise")
    if needed[0] > most:
        return Needed(target, None, reason=f"the curve reaches it beyond {FARTHEST:g} times the labels now, if at all")
    # A target above the last point is not reached by fewer labels, wherever the curve runs between the points.
    value = max(_whole(needed[0]), int(counts.max()) if right[-1].mean() < target else 1)
    return Needed(target, value, min(value, _whole(low)), None if high > most else max(value, _whole(high)))


def _whole(count: float) -> int:
    return max(1, int(np.ceil(count)))


@dataclass(frozen=True)
class Curve:
    """``right`` (p, t): whether each of t tested labels is answered rightly at each of p numbers of labels."""

    counts: Integers
    right: npt.NDArray[np.bool_]

    def accuracies(self) -> Floats:
        """Share of right answers at each point, shape (p,)."""
        found: Floats = self.right.mean(axis=1) if self.right.size else np.zeros(len(self.counts))
        return found
