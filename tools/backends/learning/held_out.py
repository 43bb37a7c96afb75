"""What a model that learns says about labels it did not learn from: for calibration, for promises, and to see what more
labels would bring.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.learning.linear import Codes, Flags
from tools.records import JsonValue
from tools.results import Artefact

_SCORES, _RIGHT, _CALIBRATES = "held_scores", "held_right", "held_calibrates"


@dataclass(frozen=True)
class HalfAsMany:
    """What half of the labels were worth, over ``n`` held-out texts that nobody steered.

    ``right`` were right with twice ``labels`` labels; ``gained`` of these were wrong with ``labels``, and ``lost`` were
    right with them alone.
    """

    labels: int
    n: int
    right: int
    gained: int
    lost: int

    def to_record(self) -> dict[str, JsonValue]:
        """JSON-able form; :func:`half_of` reads it back."""
        return asdict(self)


@dataclass(frozen=True)
class HeldOut:
    """Answers about labelled texts by models that did not see them, aligned.

    ``at`` (m,) are row numbers of the labels, ``scores`` (m,) the chance given to the whole answer, ``right`` (m,)
    whether it was people's, ``energy`` (m,) the energy of the answer (see :mod:`tools.backends.texts.familiarity`),
    empty where it is not used.
    """

    at: Codes
    scores: Matrix
    right: Flags
    energy: Matrix
    half: HalfAsMany | None = None

    def to_arrays(self, calibrates: Flags) -> dict[str, Matrix | Flags]:
        """What goes into an artefact; ``calibrates`` (n,) marks the labels that nobody steered."""
        return {_SCORES: self.scores, _RIGHT: self.right, _CALIBRATES: calibrates[self.at]}


@dataclass(frozen=True)
class Judged:
    """Held-out answers as an artefact keeps them, aligned: chance, whether right, whether nobody steered the label."""

    scores: Matrix
    right: Flags
    calibrates: Flags


def held_out_of(artefact: Artefact) -> Judged:
    """The held-out answers in an artefact of the few-shot classifier; none where it was not calibrated."""
    if _SCORES not in artefact.arrays:
        return Judged(np.zeros(0, np.float32), np.zeros(0, np.bool_), np.zeros(0, np.bool_))
    scores, right, calibrates = (artefact.arrays[name] for name in (_SCORES, _RIGHT, _CALIBRATES))
    return Judged(scores.astype(np.float32), right.astype(np.bool_), calibrates.astype(np.bool_))


def half_of(record: Mapping[str, JsonValue] | None) -> HalfAsMany | None:
    """What :meth:`HalfAsMany.to_record` wrote, ``None`` for nothing."""
    return HalfAsMany(**{key: int(value) for key, value in record.items()}) if record else None


def compare_half(
    codes: Codes,
    folds: Codes,
    right: Flags,
    rounds: int,
    answer: Callable[[Flags, Flags], Flags],
    rng: np.random.Generator,
    counts: Flags,
) -> HalfAsMany:
    """Answer the rows of the first folds with half of the labels outside; all arrays have shape (n,).

    ``right`` says which rows were right with all labels outside their fold, ``counts`` which rows are looked at.
    ``answer(learns, inside)`` fits on the rows of the first mask and says which rows of the second are right.
    """
    nothing = np.zeros(0, dtype=np.bool_)
    with_all, with_half, labels = [nothing], [nothing], 0
    for fold in range(rounds):
        inside = folds == fold
        learns = half_mask(codes, ~inside, rng)
        labels = max(labels, int(learns.sum()))
        judged = inside & counts
        if judged.any():
            with_all.append(right[judged])
            with_half.append(answer(learns, judged))
    more, fewer = np.concatenate(with_all), np.concatenate(with_half)
    return HalfAsMany(labels, len(more), int(more.sum()), int((more & ~fewer).sum()), int((fewer & ~more).sum()))


def half_mask(codes: Codes, learns: Flags, rng: np.random.Generator) -> Flags:
    """Every other one of the rows that ``learns`` (n,) marks, of each class as evenly as it goes, shape (n,)."""
    rows = rng.permutation(np.flatnonzero(learns))
    by_class = rows[np.argsort(codes[rows], kind="stable")]
    chosen = np.zeros(len(codes), dtype=np.bool_)
    chosen[by_class[::2]] = True
    return chosen
