"""Boxes that a detector found in one image, and the calculations on them that every detector needs.

Boxes are pixels of the full-size image as it is displayed, (x0, y0, x1, y1), origin top left, half open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.geometry.boxes import iou_matrix

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
SAME_OBJECT = 0.5
"""From this share of overlap on (intersection over union) two boxes mean the same object, as in Pascal VOC."""

_CHUNK = 256


@dataclass(frozen=True)
class Detections:
    """Boxes (n, 4), scores (n,) in 0..1 and class numbers (n,), best first."""

    boxes: Matrix
    scores: Matrix
    codes: Codes

    def __len__(self) -> int:
        """Number of boxes."""
        return len(self.scores)

    def part(self, keep: Flags | Codes) -> Detections:
        """Some of them, by mask or by position."""
        return Detections(self.boxes[keep], self.scores[keep], self.codes[keep])


class Detector(Protocol):
    """Finds objects in one image."""

    @property
    def reference(self) -> str:
        """``scheme:name``."""

    @property
    def revision(self) -> str:
        """Which weights or which recipe."""

    @property
    def names(self) -> tuple[str, ...]:
        """What its class numbers mean."""

    @property
    def aliases(self) -> Mapping[str, str]:
        """Other names of some classes."""

    @property
    def pace(self) -> float:
        """Images a second, roughly; decides how many confirmed ones it is tried on."""

    @property
    def usual_threshold(self) -> float:
        """The score from which on its maker shows a box."""

    def detect(self, pixels: Pixels) -> Detections:
        """Everything found in an image (h, w, 3), RGB, down to scores far below the usual threshold."""


def no_detections() -> Detections:
    """Nothing found."""
    return Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


def best_first(boxes: Matrix, scores: Matrix, codes: Codes) -> Detections:
    """The same as a record, sorted by score; equal ones in the order given."""
    order = np.argsort(-scores, kind="stable")
    return Detections(
        np.asarray(boxes[order], dtype=np.float32),
        np.asarray(scores[order], dtype=np.float32),
        np.asarray(codes[order], dtype=np.int64),
    )


def suppressed(found: Detections, overlap: float, by_class: bool = True) -> Detections:
    """Without boxes that overlap a better one by more than ``overlap``, of the same class or, else, of any (greedy)."""
    if not by_class:
        return found.part(_survivors(found.boxes, overlap))
    kept = np.zeros(len(found), dtype=np.bool_)
    for code in np.unique(found.codes):
        rows = np.flatnonzero(found.codes == code)
        kept[rows[_survivors(found.boxes[rows], overlap)]] = True
    return found.part(kept)


def _survivors(boxes: Matrix, overlap: float) -> Codes:
    """Positions of boxes (n, 4), best first, that no better survivor covers."""
    left = np.arange(len(boxes), dtype=np.int64)
    kept: list[int] = []
    while len(left):
        kept.append(int(left[0]))
        shares = iou_matrix(boxes[left[:1]], boxes[left[1:]])[0]
        left = left[1:][shares <= overlap]
    return np.array(kept, dtype=np.int64)


def clipped(found: Detections, width: int, height: int) -> Detections:
    """Cut at the border of the image; what then has no area is left out."""
    most = np.array([width, height, width, height], dtype=np.float32)
    boxes = np.clip(found.boxes, 0, most)
    has_area = (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
    return Detections(boxes, found.scores, found.codes).part(has_area)


def matched(found: Detections, boxes: Matrix, codes: Codes, overlap: float = SAME_OBJECT) -> Flags:
    """Which detections mean one of the confirmed boxes (m, 4) of the classes (m,), shape (n,).

    Best first, each takes the free box of its class that it covers most, at least ``overlap``: the rule of Pascal VOC
    (Everingham et al., IJCV 2010).
    """
    right = np.zeros(len(found), dtype=np.bool_)
    if not len(boxes) or not len(found):
        return right
    shares = np.where(found.codes[:, None] == codes[None, :], iou_matrix(found.boxes, boxes), 0)
    free = np.ones(len(boxes), dtype=np.bool_)
    for row in range(len(found)):
        at = int(np.argmax(np.where(free, shares[row], -1)))
        if free[at] and shares[row, at] >= overlap:
            right[row], free[at] = True, False
    return right
