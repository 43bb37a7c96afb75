"""The square in which segment-anything sees an image, and the way there and back.

The longer side is scaled to the side of the square, the rest is padded at the right and the bottom (Kirillov et al.,
ICCV 2023); SAM 2 (Ravi et al., 2024) stretches both sides instead. Masks come back as numbers on a coarse grid over the
square, above zero inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from tools.backends.masks.contract_images import Mask, MaskGuess, Pixels

Floats = npt.NDArray[np.float32]
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)
"""Mean and standard deviation of ImageNet's colours, 0..255, RGB: what the networks were trained with."""

_SURE = 10.0
"""How far from zero an earlier mask's numbers are: as sure as the network's own answers usually are."""


@dataclass(frozen=True)
class Frame:
    """The square of ``side`` pixels for an image of ``height`` × ``width``."""

    height: int
    width: int
    side: int = 1024
    is_stretched: bool = False

    @property
    def inner(self) -> tuple[int, int]:
        """(height, width) of the image inside the square."""
        if self.is_stretched:
            return self.side, self.side
        scale = self.side / max(self.height, self.width)
        return max(1, int(self.height * scale + 0.5)), max(1, int(self.width * scale + 0.5))

    def pixels_in(self, image: Pixels) -> Floats:
        """The image as the network reads it: (1, 3, side, side), normalised, padded with zeros."""
        height, width = self.inner
        small = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32)
        square = np.zeros((1, 3, self.side, self.side), dtype=np.float32)
        square[0, :, :height, :width] = ((small - MEAN) / DEVIATION).transpose(2, 0, 1)
        return square

    def points_in(self, points: npt.ArrayLike) -> Floats:
        """Points (n, 2) of the image in the square.

        The networks count from the middle of a pixel and add the half themselves, hence the half that is taken off.
        """
        height, width = self.inner
        scale = (width / self.width, height / self.height)
        return (np.asarray(points, dtype=np.float64).reshape(-1, 2) * scale - 0.5).astype(np.float32)

    def numbers_of(self, mask: Mask, grid: int) -> Floats:
        """A mask of the image as numbers (grid, grid) over the square, as if the network had given it."""
        height, width = self.inner
        inner = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        square = np.zeros((self.side, self.side), dtype=np.float32)
        square[:height, :width] = inner
        shares = cv2.resize(square, (grid, grid), interpolation=cv2.INTER_AREA)
        return np.asarray((shares * 2 - 1) * _SURE, dtype=np.float32)

    def on_image(self, numbers: Floats) -> Floats:
        """Numbers (grid, grid) over the square, for every pixel of the image: (height, width)."""
        height, width = self.inner
        square = cv2.resize(numbers, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        whole = cv2.resize(square[:height, :width], (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole, dtype=np.float32)

    def guess_of(self, numbers: Floats, score: float | None) -> MaskGuess:
        """The mask of numbers (grid, grid) on the image."""
        return trimmed(self.on_image(numbers) > 0, score)


def trimmed(mask: Mask, score: float | None = None) -> MaskGuess:
    """A mask of the whole image, cut down to the part that holds it."""
    size = (mask.shape[0], mask.shape[1])
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return MaskGuess(np.zeros((0, 0), dtype=np.bool_), (0, 0), size, score)
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return MaskGuess(mask[top:bottom, left:right].copy(), (left, top), size, score)
