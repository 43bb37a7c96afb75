"""CVAT's masks: run lengths of the rows inside a crop of the image.

``counts`` begin with the zeros and go row by row through the crop, as CVAT's format page has it (for COCO's they go
column by column through the whole image).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.exchange.pictures.objects import refuse_huge

Array = Any
WRONG_SUM = "the run lengths do not add up to its crop"
TOO_LARGE = "its crop is larger than the image"
OUTSIDE = "its crop lies outside the image"


@dataclass(frozen=True, slots=True)
class CropRuns:
    """A mask inside a crop. ``left`` and ``top`` are the crop's first column and row, in pixels of the image."""

    counts: tuple[int, ...]
    left: int
    top: int
    width: int
    height: int


def decode_crop(runs: CropRuns, size: tuple[int, int]) -> Array:
    """The mask over the whole image, bool ``size`` = (height, width).

    A crop that reaches over the edge is cut there; one that lies wholly outside, or whose counts do not add up,
    is a ``ValueError`` with a part of a sentence.
    """
    height, width = size
    refuse_huge(height, width)
    if runs.width > width or runs.height > height:
        raise ValueError(TOO_LARGE)
    if min(runs.width, runs.height, *runs.counts) < 0 or sum(runs.counts) != runs.width * runs.height:
        raise ValueError(WRONG_SUM)
    counts = np.asarray(runs.counts, np.int64)
    top, left = max(0, runs.top), max(0, runs.left)
    bottom, right = min(height, runs.top + runs.height), min(width, runs.left + runs.width)
    if top >= bottom or left >= right:
        raise ValueError(OUTSIDE)
    crop = np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(runs.height, runs.width)
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = crop[top - runs.top : bottom - runs.top, left - runs.left : right - runs.left]
    return mask


def encode_crop(mask: Array) -> CropRuns | None:
    """The runs of a mask, bool (height, width), in the smallest crop that holds it; ``None`` for an empty mask."""
    mask = np.asarray(mask, bool)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    flat = mask[top:bottom, left:right].ravel()
    edges = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [len(flat)]])
    counts = np.diff(edges).tolist()
    return CropRuns(tuple([0, *counts] if flat[0] else counts), left, top, right - left, bottom - top)


def read_counts(written: str) -> Sequence[int]:
    """The numbers of an ``rle`` attribute; ``ValueError`` for anything else."""
    try:
        return tuple(int(one) for one in written.split(",") if one.strip())
    except ValueError:
        raise ValueError("its run lengths are no whole numbers") from None
