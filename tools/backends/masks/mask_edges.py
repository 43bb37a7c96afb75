"""Drawing the edge of a rough mask pixel by pixel, in a narrow band where it may lie."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from tools.backends.masks.contract_images import Mask, Pixels

BAND = 5
"""Pixels on both sides of a rough edge within which the true one is looked for."""

_TILE = 256
_GUIDE = 1e-3


def refined(
    image: Pixels,
    mask: Mask,
    objects: npt.NDArray[np.float64],
    grounds: npt.NDArray[np.float64],
    allowed: Mask | None = None,
) -> Mask:
    """The mask (h, w) with its edge moved to where the colours change: GrabCut (Rother et al. 2004) in the band only.

    What was pointed at stays: ``objects`` and ``grounds`` are points (n, 2). Where the mask contradicts one of them,
    the surroundings are open too: both sides may have been pointed at within one patch. Nothing comes in outside
    ``allowed``.
    """
    band = _band(mask, BAND) | _contradicted(mask, objects, grounds)
    labels = np.where(mask, cv2.GC_FGD, cv2.GC_BGD).astype(np.uint8)
    labels[band & mask], labels[band & ~mask] = cv2.GC_PR_FGD, cv2.GC_PR_BGD
    for points, label in ((objects, cv2.GC_FGD), (grounds, cv2.GC_BGD)):
        _dots(labels, points, 1, int(label))
    if allowed is not None:
        labels[~allowed] = cv2.GC_BGD
    sides = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if sides.all() or not sides.any() or not band.any():
        return mask
    return _cut(image, labels, 1)


def held(mask: Mask, objects: npt.NDArray[np.float64], grounds: npt.NDArray[np.float64], radius: int) -> Mask:
    """The mask with a small dot wherever somebody pointed: what was pointed at is never lost to smoothing."""
    labels = mask.astype(np.uint8)
    for points, label in ((objects, 1), (grounds, 0)):
        _dots(labels, points, radius, label)
    return labels > 0


def _dots(labels: npt.NDArray[np.uint8], points: npt.NDArray[np.float64], radius: int, label: int) -> None:
    """Draw dots on labels (h, w)."""
    for x, y in np.floor(points).astype(np.int64).reshape(-1, 2):
        cv2.circle(labels, (int(x), int(y)), radius, label, -1)


def _contradicted(mask: Mask, objects: npt.NDArray[np.float64], grounds: npt.NDArray[np.float64]) -> Mask:
    """Pixels round points that lie on the wrong side of the mask."""
    near = np.zeros(mask.shape, dtype=np.uint8)
    limit = (mask.shape[1] - 1, mask.shape[0] - 1)
    for points, side in ((objects, True), (grounds, False)):
        for x, y in np.clip(np.floor(points).astype(np.int64).reshape(-1, 2), 0, limit):
            if mask[y, x] != side:
                cv2.circle(near, (int(x), int(y)), 2 * BAND, 1, -1)
    return near > 0


def plain_cut(image: Pixels, box: Mask, rounds: int = 5) -> Mask:
    """What GrabCut finds in a box (h, w), everything beyond it being background; the box itself where it fills all."""
    labels = np.where(box, cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8)
    if box.all() or not box.any():
        return box
    return _cut(image, labels, rounds)


def _cut(image: Pixels, labels: npt.NDArray[np.uint8], rounds: int) -> Mask:
    """OpenCV's GrabCut on labels (h, w), which it changes."""
    colours = (np.zeros((1, 65)), np.zeros((1, 65)))
    # The first colours are drawn with OpenCV's own generator; the same question must have the same answer.
    cv2.setRNGSeed(0)
    cv2.grabCut(image, labels, (0, 0, 0, 0), *colours, rounds, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _band(mask: Mask, reach: int) -> Mask:
    """Pixels within ``reach`` of the edge of a mask."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    plain = mask.astype(np.uint8)
    return np.asarray(cv2.dilate(plain, kernel) != cv2.erode(plain, kernel))


def sharpened(image: Pixels, mask: Mask) -> Mask:
    """A mask made at a smaller scale, on the pixels of ``image`` (h, w, 3): shape (h, w).

    Where the edge passes, tile by tile, it follows the brightness of the full-size picture (guided filter of He et al.,
    PAMI 2013).
    """
    height, width = image.shape[:2]
    if mask.shape == (height, width):
        return mask
    soft = np.asarray(cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    whole = soft > 0.5
    radius = max(2, round(width / mask.shape[1]))
    if not 0 < int(mask.sum()) < mask.size:
        return whole
    for rows, columns in _tiles(soft, radius):
        grey = cv2.cvtColor(np.ascontiguousarray(image[rows, columns]), cv2.COLOR_RGB2GRAY)
        whole[rows, columns] = _guided(np.asarray(grey / 255, np.float32), soft[rows, columns], radius) > 0.5
    return np.asarray(whole, dtype=np.bool_)


def _tiles(soft: npt.NDArray[np.float32], radius: int) -> list[tuple[slice, slice]]:
    """Tiles in which the edge lies."""
    height, width = soft.shape
    step = max(_TILE, 4 * radius)
    every = [
        (slice(y, min(y + step, height)), slice(x, min(x + step, width)))
        for y in range(0, height, step)
        for x in range(0, width, step)
    ]
    return [tile for tile in every if float(soft[tile].max()) > 0 and float(soft[tile].min()) < 1]


def _guided(grey: npt.NDArray[np.float32], soft: npt.NDArray[np.float32], radius: int) -> npt.NDArray[np.float32]:
    size = (2 * radius + 1, 2 * radius + 1)
    mean, mean_soft = cv2.blur(grey, size), cv2.blur(soft, size)
    slope = (cv2.blur(grey * soft, size) - mean * mean_soft) / (cv2.blur(grey * grey, size) - mean * mean + _GUIDE)
    rest = mean_soft - slope * mean
    return np.asarray(cv2.blur(slope, size) * grey + cv2.blur(rest, size), dtype=np.float32)
