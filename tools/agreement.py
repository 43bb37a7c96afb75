"""Agreement between people, from how often each combination of answers occurs on an item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from scipy.special import ndtri

from tools.errors import InputError
from tools.statistics import Interval

Distance = Literal["nominal", "interval"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """The answers that one item got, and how many items got just these; order does not count."""

    answers: tuple[str, ...]
    units: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Krippendorff's alpha with its parts.

    ``alpha`` is ``None`` where it is undefined: no item with two answers, or only one answer ever given.
    ``same_pairs`` of ``pairs`` pairs of answers to one item are equal.
    """

    alpha: float | None
    interval: Interval | None
    units: int
    values: int
    pairs: int
    same_pairs: int

    @property
    def share(self) -> float | None:
        """Share of equal pairs."""
        return self.same_pairs / self.pairs if self.pairs else None


def krippendorff_alpha(patterns: Sequence[Pattern], distance: Distance = "nominal") -> Agreement:
    """Chance-corrected agreement of any number of people with gaps (Krippendorff, Content Analysis, ch. 12).

    ``interval`` reads the answers as numbers and counts near misses less. The 95 % interval linearises alpha over
    items (delta method), so that it needs no resampling; it is ``None`` below two items and where all agree alike.
    """
    usable = [pattern for pattern in patterns if len(pattern.answers) > 1 and pattern.units > 0]
    measured = _Nominal(usable) if distance == "nominal" else _Interval(usable)
    units = sum(pattern.units for pattern in usable)
    pairs = sum(pattern.units * len(pattern.answers) * (len(pattern.answers) - 1) // 2 for pattern in usable)
    same = sum(pattern.units * _same_pairs(pattern.answers) for pattern in usable)
    if not usable or measured.expected <= 0:
        return Agreement(None, None, units, measured.values, pairs, same)
    alpha = 1 - (measured.values - 1) * measured.observed / measured.expected
    return Agreement(alpha, _interval(alpha, usable, measured, units), units, measured.values, pairs, same)


def cohen_kappa(same: int, n: int, expected: float) -> tuple[float, Interval] | None:
    """Kappa of two people over ``n`` items with its 95 % interval (Cohen, Educ. Psychol. Meas. 20, 1960).

    ``expected`` is the share of equal answers expected by chance; where it is 1, kappa is undefined: ``None``.
    """
    if n <= 0 or expected >= 1:
        return None
    share = same / n
    kappa = (share - expected) / (1 - expected)
    reach = float(ndtri(0.975)) * sqrt(share * (1 - share) / n) / (1 - expected)
    return kappa, Interval(max(-1.0, kappa - reach), min(1.0, kappa + reach))


def _same_pairs(answers: Sequence[str]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(answers).values())


class _Nominal:
    """Disagreement where answers are equal or not."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        totals: Counter[str] = Counter()
        for pattern in patterns:
            for answer in pattern.answers:
                totals[answer] += pattern.units
        self._totals = totals
        self.values = sum(totals.values())
        self.expected = float(self.values**2 - sum(count**2 for count in totals.values()))
        self.observed = sum(pattern.units * self.within(pattern) for pattern in patterns)

    def within(self, pattern: Pattern) -> float:
        m = len(pattern.answers)
        return (m * m - sum(count**2 for count in Counter(pattern.answers).values())) / (m - 1)

    def slope(self, pattern: Pattern) -> float:
        """How much ``expected`` grows with one more item of this pattern."""
        return float(sum(2 * (self.values - self._totals[answer]) for answer in pattern.answers))


class _Interval:
    """Disagreement as the squared difference of numbers."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        weighted = [(_numbers(pattern), pattern.units) for pattern in patterns]
        self.values = sum(units * len(numbers) for numbers, units in weighted)
        self._sum = sum(units * sum(numbers) for numbers, units in weighted)
        self._squares = sum(units * sum(number**2 for number in numbers) for numbers, units in weighted)
        self.expected = 2 * (self.values * self._squares - self._sum**2)
        self.observed = sum(pattern.units * self.within(pattern) for pattern in patterns)

    def within(self, pattern: Pattern) -> float:
        numbers = _numbers(pattern)
        m = len(numbers)
        return 2 * (m * sum(number**2 for number in numbers) - sum(numbers) ** 2) / (m - 1)

    def slope(self, pattern: Pattern) -> float:
        """How much ``expected`` grows with one more item of this pattern."""
        return sum(
            2 * (self._squares + self.values * number**2 - 2 * self._sum * number) for number in _numbers(pattern)
        )


def _numbers(pattern: Pattern) -> list[float]:
    try:
        return [float(answer) for answer in pattern.answers]
    except ValueError:
        raise InputError("Agreement by distance needs answers that are numbers.") from None


def _interval(alpha: float, patterns: Sequence[Pattern], measured: _Nominal | _Interval, units: int) -> Interval | None:
    if units < 2:
        return None
    n, observed, expected = measured.values, measured.observed, measured.expected
    influences = [
        -(
            observed * len(pattern.answers) / expected
            + (n - 1) * measured.within(pattern) / expected
            - (n - 1) * observed * measured.slope(pattern) / expected**2
        )
        for pattern in patterns
    ]
    mean = sum(i * pattern.units for i, pattern in zip(influences, patterns, strict=True)) / units
    spread = sum(pattern.units * (i - mean) ** 2 for i, pattern in zip(influences, patterns, strict=True))
    if spread < 1e-12:
        return None
    reach = float(ndtri(0.975)) * sqrt(spread * units / (units - 1))
    return Interval(alpha - reach, min(1.0, alpha + reach))
