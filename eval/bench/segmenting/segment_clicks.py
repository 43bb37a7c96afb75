"""Clicks as a person would make them, and what a segmenter answers: the usual way to judge interactive segmentation.

Each click goes into the largest connected region where mask and truth differ: onto its point farthest from its edge, or
anywhere in it (Xu et al., CVPR 2016; Sofiiuk et al., ICIP 2022 count clicks to a given overlap in the same way).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from tools.backends.masks.contract_images import Click, Mask, Pixels, Point, Prompts

CAP = 20
IGNORED = 128
Answer = Callable[[Pixels, Prompts], Mask]
"""A segmenter, asked: image and prompts to a mask of the whole image."""


@dataclass(frozen=True)
class Photo:
    """An image with the true mask of its object; ``counted`` (h, w) is false where the truth is not known."""

    name: str
    image: Pixels
    truth: Mask
    counted: Mask
    scribbles: tuple[Prompts, ...] = ()

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Half open bounds of the object, pixels whose truth is unknown left out."""
        rows, columns = np.flatnonzero(self.truth.any(axis=1)), np.flatnonzero(self.truth.any(axis=0))
        return (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))

    def overlap(self, mask: Mask) -> float:
        """Intersection over union with the truth where it is known."""
        found, true = mask & self.counted, self.truth & self.counted
        union = int((found | true).sum())
        return int((found & true).sum()) / union if union else 1.0


def read_photos(folder: Path) -> Iterator[Photo]:
    """The GrabCut set (Rother et al., SIGGRAPH 2004): images, masks (128 = unknown) and two sets of scribbles."""
    for place in sorted((folder / "images").iterdir()):
        with Image.open(place) as picture:
            image = np.asarray(picture.convert("RGB"))
        mask = _grey(folder / "masks" / f"{place.stem}.png")
        sets = [folder / f"scribbles{n}" / f"{place.stem}.png" for n in (1, 2)]
        drawn = tuple(_strokes(_grey(one)) for one in sets if one.is_file())
        yield Photo(place.stem, image, mask == 255, mask != IGNORED, drawn)


def _grey(place: Path) -> npt.NDArray[np.uint8]:
    with Image.open(place) as picture:
        return np.asarray(picture if picture.mode in ("P", "L") else picture.convert("L"))


def _strokes(drawn: npt.NDArray[np.uint8]) -> Prompts:
    """Every pixel of a scribble is a stroke of one point."""
    return Prompts(object_strokes=_points(drawn == 1), background_strokes=_points(drawn == 2))


def _points(mask: Mask) -> tuple[tuple[Point, ...], ...]:
    ys, xs = np.nonzero(mask)
    return tuple(((float(x) + 0.5, float(y) + 0.5),) for x, y in zip(xs, ys, strict=True))


def click_through(
    photo: Photo, answer: Answer, rng: np.random.Generator | None, cap: int, enough: float, least: int = 1
) -> list[float]:
    """Overlap after each click until one was ``enough``, with at least ``least`` and at most ``cap`` clicks.

    Clicks are off the centre with ``rng``.
    """
    mask: Mask = np.zeros(photo.truth.shape, dtype=np.bool_)
    clicks: list[Click] = []
    overlaps: list[float] = []
    while len(clicks) < cap and (len(clicks) < least or max(overlaps) < enough):
        clicks.append(next_click(photo, mask, rng))
        earlier = mask if mask.any() else None
        mask = answer(photo.image, Prompts(clicks=tuple(clicks), earlier=earlier))
        overlaps.append(photo.overlap(mask))
    return overlaps


def next_click(photo: Photo, mask: Mask, rng: np.random.Generator | None) -> Click:
    """Into the largest region that is wrong; its middle without ``rng``, anywhere in it with one."""
    best_area, best, is_object = 0, photo.truth, True
    for wrong, of_object in ((photo.truth & ~mask, True), (mask & ~photo.truth, False)):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((wrong & photo.counted).astype(np.uint8), connectivity=8)
        areas = stats[1:, cv2.CC_STAT_AREA]
        if len(areas) and areas.max() > best_area:
            best_area, best, is_object = int(areas.max()), labels == 1 + int(areas.argmax()), of_object
    if rng is None:
        inside = cv2.distanceTransform(np.pad(best.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
        y, x = np.unravel_index(int(inside.argmax()), inside.shape)
    else:
        ys, xs = np.nonzero(best)
        at = int(rng.integers(len(ys)))
        y, x = ys[at], xs[at]
    return Click(float(x) + 0.5, float(y) + 0.5, is_object)


def clicks_to(overlaps: list[float], enough: float, cap: int) -> int:
    """The number of the first click with that overlap; ``cap`` where none had it."""
    return next((n for n, one in enumerate(overlaps, 1) if one >= enough), cap)
