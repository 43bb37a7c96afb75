"""What an image looks like, as one vector: colours, texture and outlines. Nothing here knows things by name.

Three parts, each of unit length, of which colours weigh most: colours as joint and as coarse spatial histograms in CIE
L*a*b* (Swain and Ballard, IJCV 1991, over the spatial pyramid of Lazebnik et al., CVPR 2006), texture as uniform local
binary patterns at two distances (Ojala et al., PAMI 2002), outlines as a pyramid of gradient orientations (Dalal and
Triggs, CVPR 2005; Bosch et al., CIVR 2007). Counts are taken to their square root, which compares them by the Hellinger
distance, and centred, so that unlike images are near 0 and not near 1.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.backends.images.detections import Pixels

REVISION = "1"
SIDE = 128
"""Images are compared at this width and height, whatever their proportions."""

# Colours tell most on crops of photographs (COCO, out of fold by image), outlines on drawn signs such as digits.
_SHARES = (np.float32(1.0), np.float32(0.5), np.float32(0.7))
_LAB_BINS = (4, 6, 6)
_SPATIAL_BINS = 6
_TURNS = 9
_LEVELS = (1, 2, 4, 8)
_PATTERNS = 59
Numbers = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]


def image_vector(pixels: Pixels) -> Matrix:
    """Unit vector (DIMENSION,) of an RGB image (h, w, 3)."""
    small = _small(pixels)
    lab = np.asarray(cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab), dtype=np.float32)
    grey = np.asarray(lab[:, :, 0], dtype=np.float32)
    parts = (_colours(lab), _texture(grey), _outlines(grey))
    return _unit(np.concatenate([_unit(part) * share for part, share in zip(parts, _SHARES, strict=True)]))


def _small(pixels: Pixels) -> Pixels:
    """SIDE by SIDE pixels; made smaller by averaging, so that no pixel is skipped."""
    is_smaller = min(pixels.shape[:2]) > SIDE
    way = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=way), dtype=np.uint8)


def _unit(row: Numbers) -> Numbers:
    length = float(np.linalg.norm(row))
    return np.asarray(row / length if length > 1e-9 else row * 0, dtype=np.float32)


def _rooted(counts: Numbers) -> Numbers:
    """Histograms (k, bins) as centred square roots of their shares, in one row."""
    shares = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9))
    return np.asarray((shares - shares.mean(axis=1, keepdims=True)).ravel(), dtype=np.float32)


def _colours(lab: npt.NDArray[np.float32]) -> Numbers:
    """Joint histogram of the whole; histograms of each channel in a grid of 3 by 3."""
    lightness = np.clip(lab[:, :, 0] / 100, 0, 0.9999)
    # Photographs seldom leave half of the range of a and b; the tails share the outer bins.
    sides = [np.clip((lab[:, :, at] + 60) / 120, 0, 0.9999) for at in (1, 2)]
    channels = [lightness, *sides]
    code = np.zeros(lightness.shape, dtype=np.int64)
    for channel, bins in zip(channels, _LAB_BINS, strict=True):
        code = code * bins + (channel * bins).astype(np.int64)
    joint = np.bincount(code.ravel(), minlength=int(np.prod(_LAB_BINS))).astype(np.float32)[None]
    cells = _cells(3)
    spatial = [_histograms((channel * _SPATIAL_BINS).astype(np.int64), cells, 9, _SPATIAL_BINS) for channel in channels]
    return np.concatenate([_unit(_rooted(joint)), _unit(np.concatenate([_rooted(one) for one in spatial]))])


def _texture(grey: Numbers) -> Numbers:
    """Uniform local binary patterns at distances 1 and 2, of the whole and of the quarters."""
    made = []
    for reach in (1, 2):
        codes = _pattern_codes(grey, reach)
        made += [_rooted(_histograms(codes, _cells(side), side * side, _PATTERNS)) for side in (1, 2)]
    return np.concatenate(made)


def _pattern_codes(grey: Numbers, reach: int) -> Codes:
    """The number of the pattern around each pixel, 58 for those with more than two changes."""
    padded = np.pad(grey, reach, mode="edge")
    # A hair's breadth of difference is noise of the resizing, not texture.
    centre = grey + np.float32(0.5)
    code = np.zeros(grey.shape, dtype=np.int64)
    for bit, (dy, dx) in enumerate(((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))):
        y, x = reach + dy * reach, reach + dx * reach
        code |= (padded[y : y + SIDE, x : x + SIDE] > centre).astype(np.int64) << bit
    return _uniform_table()[code]


@lru_cache(maxsize=1)
def _uniform_table() -> Codes:
    table = np.full(256, _PATTERNS - 1, dtype=np.int64)
    number = 0
    for code in range(256):
        bits = [(code >> at) & 1 for at in range(8)]
        if sum(bits[at] != bits[at - 1] for at in range(8)) <= 2:
            table[code] = number
            number += 1
    return table


def _outlines(grey: Numbers) -> Numbers:
    """Orientation histograms weighted by the strength of the edge; each level of the pyramid weighs the same."""
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1)
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1)
    strength, turn = np.hypot(across, down), np.mod(np.arctan2(down, across), np.pi) / np.pi * _TURNS
    lower = np.floor(turn).astype(np.int64)
    share = (turn - lower).astype(np.float32)
    made = []
    for side in _LEVELS:
        cells = _cells(side)
        counts = _histograms(lower % _TURNS, cells, side * side, _TURNS, strength * (1 - share))
        counts = counts + _histograms((lower + 1) % _TURNS, cells, side * side, _TURNS, strength * share)
        # Cells are compared with the strongest ones, so that noise in the sky does not weigh like an outline.
        rooted = np.sqrt(counts / max(float(counts.sum(axis=1).max()), 1e-9))
        made.append(_unit((rooted - rooted.mean()).ravel()))
    return np.concatenate(made)


@lru_cache(maxsize=8)
def _cells(side: int) -> Codes:
    """Number of the cell of each pixel, shape (SIDE, SIDE), of a grid of ``side`` by ``side``."""
    line = np.arange(SIDE, dtype=np.int64) * side // SIDE
    return np.asarray(line[:, None] * side + line[None, :], dtype=np.int64)


def _histograms(codes: Codes, cells: Codes, count: int, bins: int, weights: Numbers | None = None) -> Numbers:
    """Histograms (count, bins) of the codes in each cell."""
    flat = (cells * bins + codes).ravel()
    made = np.bincount(flat, None if weights is None else weights.ravel(), minlength=count * bins)
    return np.asarray(made.reshape(count, bins), dtype=np.float32)


DIMENSION = (
    int(np.prod(_LAB_BINS))
    + 3 * 9 * _SPATIAL_BINS
    + 2 * (1 + 4) * _PATTERNS
    + sum(side * side for side in _LEVELS) * _TURNS
)
"""Length of the vector."""
