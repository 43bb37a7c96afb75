"""Masks as run lengths, in the forms of COCO.

A mask is a boolean array (height, width). Its runs are lengths of alternating stretches of the mask read column by
column, the first one of zeros (it may be 0). The compressed form writes the differences of runs two apart in groups of
five bits with a continuation bit and a sign, as characters from "0" on: the format of ``maskApi`` in the COCO API
(Lin et al. 2014), to which :func:`string_of` and :func:`runs_of_string` keep byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.errors import InputError

Mask = npt.NDArray[np.bool_]
Runs = npt.NDArray[np.int64]
MaskSize = tuple[int, int]
"""(height, width) in pixels, as COCO writes it."""

_FIRST = 48
_BITS = 5


def runs_of(mask: Mask) -> Runs:
    """Runs of a mask (h, w), column by column, zeros first."""
    flat = np.asarray(mask, dtype=np.bool_).ravel(order="F")
    if not flat.size:
        return np.zeros(0, dtype=np.int64)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    ends = np.concatenate([changes, [flat.size]])
    runs = np.diff(np.concatenate([[0], ends]))
    return np.asarray(np.concatenate([[0], runs]) if flat[0] else runs, dtype=np.int64)


def mask_of_runs(runs: Sequence[int] | Runs, size: MaskSize) -> Mask:
    """The mask (h, w) of these runs; :class:`InputError` where they do not fill it exactly."""
    lengths = np.asarray(runs, dtype=np.int64)
    height, width = int(size[0]), int(size[1])
    if (lengths < 0).any() or int(lengths.sum()) != height * width:
        total = int(lengths.sum())
        raise InputError(f"The runs of a mask add up to {total:,}, its image has {height * width:,} pixels.")
    values = np.arange(len(lengths)) % 2 == 1
    return np.asarray(np.repeat(values, lengths).reshape((height, width), order="F"), dtype=np.bool_)


def string_of(runs: Sequence[int] | Runs) -> str:
    """The compressed text of runs."""
    left = np.array(runs, dtype=np.int64)
    left[3:] -= left[1:-2].copy()
    groups, is_written = [], []
    goes_on = np.ones(len(left), dtype=np.bool_)
    # All runs at once, one group of bits after the other: a ragged mask has ten thousands of runs.
    while goes_on.any():
        is_written.append(goes_on)
        group = left & 0x1F
        left >>= _BITS
        goes_on = goes_on & np.where(group & 0x10, left != -1, left != 0)
        groups.append(_FIRST + np.where(goes_on, group | 0x20, group))
    if not groups:
        return ""
    return np.stack(groups, axis=1)[np.stack(is_written, axis=1)].astype(np.uint8).tobytes().decode("ascii")


def runs_of_string(counts: str | bytes) -> Runs:
    """The runs of a compressed text; :class:`InputError` where it is none."""
    text = counts.encode("ascii", "replace") if isinstance(counts, str) else counts
    runs: list[int] = []
    value = shift = 0
    for byte in text:
        group = byte - _FIRST
        if not 0 <= group < 64:
            raise InputError("The text of a mask holds a character that no run is written with.")
        value |= (group & 0x1F) << shift
        shift += _BITS
        if group & 0x20:
            continue
        if group & 0x10:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    if shift:
        raise InputError("The text of a mask breaks off inside a run.")
    found = np.array(runs, dtype=np.int64)
    if (found < 0).any():
        raise InputError("The text of a mask has a run of negative length.")
    return found


def encode(mask: Mask) -> str:
    """Compressed text of a mask (h, w)."""
    return string_of(runs_of(mask))


def decode(counts: str | bytes | Sequence[int], size: MaskSize) -> Mask:
    """The mask (h, w) of a compressed text or of plain runs."""
    runs = runs_of_string(counts) if isinstance(counts, (str, bytes)) else np.asarray(counts, dtype=np.int64)
    return mask_of_runs(runs, size)


def fill(runs: Runs, size: MaskSize) -> bool:
    """Whether the runs are lengths that add up to the pixels of an image of (height, width)."""
    return runs.ndim == 1 and not bool((runs < 0).any()) and int(runs.sum()) == size[0] * size[1]


def area_of_runs(runs: Sequence[int] | Runs) -> int:
    """Pixels inside."""
    return int(np.asarray(runs, dtype=np.int64)[1::2].sum())


def box_of_runs(runs: Sequence[int] | Runs, size: MaskSize) -> tuple[float, float, float, float]:
    """The smallest box around the pixels inside, (x0, y0, x1, y1) with exclusive ends; zeros for an empty mask."""
    lengths, height = np.asarray(runs, dtype=np.int64), int(size[0])
    ends = np.cumsum(lengths)
    starts = ends - lengths
    first, last = starts[1::2][lengths[1::2] > 0], ends[1::2][lengths[1::2] > 0] - 1
    if not len(first):
        return 0.0, 0.0, 0.0, 0.0
    # A run that goes over the end of a column covers its bottom and the top of the next one.
    wraps = first // height != last // height
    top = 0 if wraps.any() else int((first % height).min())
    bottom = height if wraps.any() else int((last % height).max()) + 1
    return float((first // height).min()), float(top), float((last // height).max() + 1), float(bottom)


def mask_iou(one: Mask, other: Mask) -> float:
    """Intersection over union of two masks of the same shape; two empty ones are the same."""
    union = int(np.count_nonzero(one | other))
    return 1.0 if not union else float(np.count_nonzero(one & other) / union)


def runs_iou(one: Runs, other: Runs) -> float:
    """The same from runs of masks of one size, without making the masks."""
    a, b = np.cumsum(one), np.cumsum(other)
    cuts = np.union1d(a, b)
    lengths = np.diff(np.concatenate([[0], cuts]))
    # Which run of each mask every stretch between two cuts belongs to; odd runs are inside.
    in_a = np.searchsorted(a, cuts, side="left") % 2 == 1
    in_b = np.searchsorted(b, cuts, side="left") % 2 == 1
    union = int(lengths[in_a | in_b].sum())
    return 1.0 if not union else float(lengths[in_a & in_b].sum() / union)


def mask_of_record(record: Mapping[str, Any]) -> Mask:
    """The mask of a mapping with ``counts`` (text, bytes or runs) and ``size`` (height, width)."""
    size = record["size"]
    return decode(record["counts"], (int(size[0]), int(size[1])))
