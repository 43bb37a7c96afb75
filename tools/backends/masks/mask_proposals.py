"""Masks of everything in an image, from a network that answers clicks: after Kirillov et al., ICCV 2023, section 5.

A grid of points is asked one by one; kept are masks of which the network is sure, that hardly change when the threshold
moves, and that no surer mask covers already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.backends.masks.contract_images import MaskGuess, ProposalTerms
from tools.backends.masks.sam_frame import Floats, Frame
from tools.geometry.boxes import iou_matrix

Ask = Callable[[Floats], tuple[Floats, Floats]]
"""Points (n, 2) of the image to numbers (n, m, grid, grid) and expected overlaps (n, m)."""

AT_ONCE = 16
_SHIFT = 1.0
"""How far the threshold is moved to see whether a mask is stable."""


@dataclass(frozen=True)
class _Candidate:
    numbers: Floats
    score: float
    box: tuple[float, float, float, float]


def propose_masks(frame: Frame, ask: Ask, terms: ProposalTerms) -> list[MaskGuess]:
    """The kept masks, the surest first; masks that overlap more than ``terms`` allow are one object."""
    found: list[_Candidate] = []
    points = grid_points(terms.points, frame.width, frame.height)
    for start in range(0, len(points), AT_ONCE):
        numbers, scores = ask(points[start : start + AT_ONCE])
        found += _good(numbers.reshape(-1, *numbers.shape[2:]), scores.ravel(), frame, terms)
    if not found:
        return []
    kept = suppressed([one.box for one in found], [one.score for one in found], terms.most_overlap)
    return [frame.guess_of(found[at].numbers, min(1.0, found[at].score)) for at in kept[: terms.most]]


def grid_points(side: int, width: int, height: int) -> Floats:
    """The middles of ``side`` × ``side`` equal cells of the image, shape (side², 2), (x, y)."""
    steps = (np.arange(side, dtype=np.float32) + 0.5) / side
    x, y = np.meshgrid(steps * width, steps * height)
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def stability(numbers: Floats, shift: float = _SHIFT) -> npt.NDArray[np.float64]:
    """Overlap of the masks at thresholds ``shift`` above and below zero, for numbers (n, h, w): shape (n,)."""
    inner = (numbers > shift).sum(axis=(1, 2))
    outer = (numbers > -shift).sum(axis=(1, 2))
    return np.asarray(inner / np.maximum(outer, 1), dtype=np.float64)


def suppressed(boxes: Sequence[Sequence[float]], scores: Sequence[float], most_overlap: float) -> list[int]:
    """Positions of the boxes that are kept, the highest score first: none overlaps a kept one by more than allowed."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    overlaps = iou_matrix(np.asarray(boxes), np.asarray(boxes))
    kept: list[int] = []
    for at in order.tolist():
        if not kept or overlaps[at, kept].max() <= most_overlap:
            kept.append(at)
    return kept


def _good(numbers: Floats, scores: Floats, frame: Frame, terms: ProposalTerms) -> list[_Candidate]:
    """Sure, stable and neither tiny nor the whole image, judged on the coarse grid."""
    is_good = (scores >= terms.least_score) & (stability(numbers) >= terms.least_stability)
    grid = numbers.shape[-1]
    inner = tuple(max(1, round(side * grid / frame.side)) for side in frame.inner)
    found = []
    for at in np.flatnonzero(is_good):
        mask = numbers[at, : inner[0], : inner[1]] > 0
        share = float(mask.mean())
        if terms.least_area <= share < 1:
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
            found.append(_Candidate(numbers[at], float(scores[at]), box))
    return found
