"""What every segmenter keeps to: prompts in, masks out, and an encoding of the image that is made once.

Coordinates are pixels of the full-size image as it is displayed, origin top left, x to the right, y down; a box is half
open, [x0, x1) by [y0, y1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tools.backends.contract import BackendIdentity
from tools.errors import InputError

Pixels = npt.NDArray[np.uint8]
"""An image, shape (h, w, 3), RGB."""

Mask = npt.NDArray[np.bool_]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
Encoding = Mapping[str, npt.NDArray[Any]]
"""What a segmenter made of an image, as named arrays that can be stored without pickling; empty where it needs none."""


@dataclass(frozen=True, slots=True)
class Click:
    """A point on the object, or beside it where ``is_object`` is false."""

    x: float
    y: float
    is_object: bool = True


@dataclass(frozen=True)
class Prompts:
    """What a person pointed at. ``earlier`` is the mask of the whole image, shape (h, w), that they are correcting.

    Strokes are lines through their points.
    """

    clicks: tuple[Click, ...] = ()
    box: Box | None = None
    object_strokes: tuple[tuple[Point, ...], ...] = ()
    background_strokes: tuple[tuple[Point, ...], ...] = ()
    earlier: Mask | None = field(default=None, compare=False, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing says where the object is."""
        points_at_object = any(click.is_object for click in self.clicks) or bool(self.object_strokes)
        has_earlier = self.earlier is not None and bool(self.earlier.any())
        return not (points_at_object or self.box is not None or has_earlier)

    def check(self, height: int, width: int) -> None:
        """Refuse what lies outside the image or points at nothing, with one sentence."""
        if self.is_empty:
            raise InputError("Nothing says where the object is: click on it, draw a box round it or a stroke over it.")
        points = [(click.x, click.y) for click in self.clicks]
        points += [point for stroke in (*self.object_strokes, *self.background_strokes) for point in stroke]
        for x, y in points:
            if not (0 <= x < width and 0 <= y < height):
                raise InputError(f"The point ({x:g}, {y:g}) lies outside the image of {width} × {height} pixels.")
        if self.box is not None:
            _check_box(self.box, height, width)
        if self.earlier is not None and self.earlier.shape != (height, width):
            given = " × ".join(map(str, self.earlier.shape[::-1]))
            raise InputError(f"The earlier mask has {given} pixels, the image {width} × {height}.")


def _check_box(box: Box, height: int, width: int) -> None:
    x0, y0, x1, y1 = box
    if not all(map(np.isfinite, box)) or x0 >= x1 or y0 >= y1:
        raise InputError(f"A box is [left, top, right, bottom] with left < right and top < bottom; got {list(box)}.")
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height:
        raise InputError(f"The box {list(box)} lies outside the image of {width} × {height} pixels.")


@dataclass(frozen=True)
class MaskGuess:
    """A mask, given as the part of the image that holds it.

    ``part`` has shape (h, w) and its top left pixel is pixel ``origin`` (x, y) of the image, whose ``size`` is (height,
    width). ``score`` is the segmenter's own estimate of the overlap with the true mask, 0..1, ``None`` where it makes
    none.
    """

    part: Mask
    origin: tuple[int, int]
    size: tuple[int, int]
    score: float | None = None

    def full(self) -> Mask:
        """The mask over the whole image, shape ``size``."""
        whole = np.zeros(self.size, dtype=np.bool_)
        x, y = self.origin
        whole[y : y + self.part.shape[0], x : x + self.part.shape[1]] = self.part
        return whole

    @property
    def box(self) -> Box:
        """Half open bounds of the mask; all zero where it is empty."""
        rows, columns = np.flatnonzero(self.part.any(axis=1)), np.flatnonzero(self.part.any(axis=0))
        if not len(rows):
            return (0.0, 0.0, 0.0, 0.0)
        x, y = self.origin
        return (float(x + columns[0]), float(y + rows[0]), float(x + columns[-1] + 1), float(y + rows[-1] + 1))


@dataclass(frozen=True, slots=True)
class ProposalTerms:
    """How masks of a whole image are proposed; the names and default values are those of Kirillov et al., ICCV 2023.

    ``points`` a side of the grid, least predicted overlap, least stability, largest overlap of two boxes that are kept,
    and the least share of the image that a mask covers.
    """

    points: int = 16
    least_score: float = 0.88
    least_stability: float = 0.95
    most_overlap: float = 0.7
    least_area: float = 0.0005
    most: int = 100


class Segmenter(Protocol):
    """Draws the mask of what a person points at."""

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and settings."""

    @property
    def is_encoder(self) -> bool:
        """Whether :meth:`encode` takes long enough to be kept and done ahead."""

    def encode(self, image: Pixels) -> Encoding:
        """What is needed of the image for every prompt; depends on nothing else."""

    def segment(self, image: Pixels, encoding: Encoding, prompts: Prompts) -> list[MaskGuess]:
        """Masks for the prompts, the best first, at least one; an empty mask where nothing was found."""

    def propose(self, image: Pixels, encoding: Encoding, terms: ProposalTerms) -> list[MaskGuess]:
        """Masks of whatever is in the image, the surest first; :class:`~tools.errors.BackendFailed` where the
        segmenter cannot."""
