"""Whether a text is of the kind that was labelled, or something that none of the labels was made for.

Two signs, each in standard deviations over the labelled texts, are added: the energy of the model's answer (Liu et al.,
NeurIPS 2020), low where no label fits, and the likeness to the nearest labelled text (Sun et al., ICML 2022). With many
labels the first sees more, with few the second; the sum stays near the better one. The cut is set on labelled texts,
each judged by a model that did not see it and by the labelled texts beside it, so that the stated share of them stays
above it. No text from outside is needed for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.learning.linear import Codes

KEPT = 0.95
"""The share of texts of the labelled kind that is not to be marked."""

LABELS_TO_KNOW = 100
"""Fewer labelled texts than this do not tell a share of 5 % from nothing."""

MOST_REFERENCES = 5000
_CHUNK = 2048


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of a sign over the labelled texts."""

    mean: float
    deviation: float

    def of(self, values: Matrix) -> Matrix:
        """The values in standard deviations from the mean."""
        return np.asarray((values - self.mean) / max(self.deviation, 1e-6), dtype=np.float32)


@dataclass(frozen=True)
class Familiarity:
    """``references`` (m, d) are unit rows of labelled texts.

    A text whose sign is below ``least`` is marked; ``usual`` is the likeness that half of the labelled texts exceed.
    """

    references: Matrix
    energy: Scale
    likeness: Scale
    least: float
    usual: float

    def likeness_of(self, rows: Matrix) -> Matrix:
        """Cosine to the nearest reference, shape (n,), never below 0; rows (n, d) are unit rows."""
        return nearest_likeness(rows, self.references)

    def sign(self, energy: Matrix, likeness: Matrix) -> Matrix:
        """How familiar texts are, shape (n,), around 0 for labelled ones and below for others."""
        return self.energy.of(energy) + self.likeness.of(likeness)


@dataclass(frozen=True)
class Known:
    """What the cut is set on: ``rows`` (n, d) are the texts that got a usual label.

    ``at`` (m,) says which of them a model without them judged, ``energy`` (m,) how; minus infinity where it would not
    have given any usual label.
    """

    rows: Matrix
    at: Codes
    energy: Matrix


def learn_familiarity(known: Known, beside: Matrix, rng: np.random.Generator) -> Familiarity | None:
    """Set the cut, ``None`` where too few texts were judged. ``beside`` (k, d) are further references.

    They are the names of labels nobody has used yet, so that a text of such a label is not taken for a foreign one.
    """
    finite = np.isfinite(known.energy)
    if int(finite.sum()) < LABELS_TO_KNOW:
        return None
    chosen = np.arange(len(known.rows))
    if len(chosen) > MOST_REFERENCES:
        chosen = np.sort(rng.choice(chosen, MOST_REFERENCES, replace=False))
    references = np.vstack([known.rows[chosen], beside]).astype(np.float32)
    own = np.full(len(known.rows), -1, dtype=np.int64)
    own[chosen] = np.arange(len(chosen))
    likeness = nearest_likeness(known.rows[known.at], references, own[known.at])
    energies = known.energy[finite]
    scale = Scale(float(energies.mean()), float(energies.std()))
    near = Scale(float(likeness.mean()), float(likeness.std()))
    least = np.quantile(scale.of(known.energy) + near.of(likeness), 1 - KEPT, method="lower")
    return Familiarity(references, scale, near, float(least) - _rounding(near), float(np.median(likeness)))


def _rounding(near: Scale) -> float:
    """How far a sign may move because its likeness was computed in other company.

    A matrix product with itself and with a copy take different routines and differ in the last bits; the text that sets
    the cut must not fall below it the next time it is looked at.
    """
    return 4 * float(np.finfo(np.float32).eps) / max(near.deviation, 1e-6)


def nearest_likeness(rows: Matrix, references: Matrix, own: Codes | None = None) -> Matrix:
    """Cosine to the nearest reference, shape (n,), 0 at least.

    ``own`` (n,) is the position of a row among the references, which does not count, or -1.
    """
    found = np.zeros(len(rows), dtype=np.float32)
    if not len(references):
        return found
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        likeness = rows[part] @ references.T
        if own is not None:
            mine = np.flatnonzero(own[part] >= 0)
            likeness[mine, own[part][mine]] = 0
        found[part] = likeness.max(axis=1)
    return np.maximum(found, 0)


def choice_energy(logits: Matrix) -> Matrix:
    """Energy of one choice among the usual labels, shape (n,), from their logits (n, K)."""
    top = logits.max(axis=1)
    return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)), dtype=np.float32)


def set_energy(logits: Matrix) -> Matrix:
    """Energy of a set of labels, (n,), from logits (n, K): the labels' own added up (Wang et al., NeurIPS 2021)."""
    return np.asarray(np.logaddexp(np.float32(0), logits).sum(axis=1), dtype=np.float32)
