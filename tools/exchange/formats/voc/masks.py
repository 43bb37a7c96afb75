"""Masks of Pascal VOC: one PNG with a number for each object, one with a number for each class.

The numbers are palette entries; some programs write the colours of the palette instead. Number k of SegmentationObject
is the k-th object of the XML file, where its class says the same. Entry 255 marks borders that belong to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tools.exchange.files.places import is_file, lies_in
from tools.exchange.files.source import decoded
from tools.geometry.boxes import iou_matrix
from tools.geometry.masks import box_of_runs, runs_of, string_of
from tools.images.probe import MOST_PIXELS

OBJECTS, CLASSES = "SegmentationObject", "SegmentationClass"
MASK_FOLDERS = (OBJECTS, CLASSES)
BORDER = 255
LABELMAP = "labelmap.txt"
NAMES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
"""The classes of VOC in the order of their numbers."""

Numbers = npt.NDArray[np.int64]


@cache
def palette() -> npt.NDArray[np.uint8]:
    """The 256 colours of VOC, shape (256, 3): the bits of the number dealt out to red, green and blue in turn."""
    colours = np.zeros((256, 3), dtype=np.uint8)
    for number in range(256):
        for bit in range(8):
            for channel in range(3):
                colours[number, channel] |= ((number >> (3 * bit + channel)) & 1) << (7 - bit)
    colours.setflags(write=False)
    return colours


class Masks:
    """The PNG files of one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def beside(self, stem: str, objects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The objects with their masks; masks that belong to none of them are objects of their own."""
        found = [dict(one) for one in objects]
        numbers, classes = self._numbers(OBJECTS, stem), self._numbers(CLASSES, stem)
        if numbers is None or (classes is not None and classes.shape != numbers.shape):
            return found
        for number in np.unique(numbers):
            if number in (0, BORDER):
                continue
            mask = numbers == number
            runs = runs_of(mask)
            label = self._label(mask, classes)
            record = {"size": list(mask.shape), "counts": string_of(runs)}
            partner = _partner(found, int(number), label, box_of_runs(runs, mask.shape))
            if partner is not None:
                partner |= record
            elif label:
                found.append({"id": f"mask{number}", "label": label, **record})
        return found

    def _label(self, mask: Any, classes: Numbers | None) -> str:
        """The name of the class that most of the object's pixels have."""
        if classes is None:
            return ""
        inside = classes[mask & (classes != BORDER)]
        if not inside.size:
            return ""
        number = int(np.bincount(inside).argmax())
        return self._names.get(number, "")

    def _numbers(self, folder: str, stem: str) -> Numbers | None:
        path = self._root / folder / f"{stem}.png"
        if ".." in Path(stem).parts or not is_file(path) or not lies_in(path, self._root.resolve()):
            return None
        try:
            with Image.open(path, formats=["PNG"]) as image:
                if image.width * image.height > MOST_PIXELS:
                    return None
                if image.mode in ("P", "L"):
                    return np.asarray(image, dtype=np.int64)
                return self._of_colours(np.asarray(image.convert("RGB"), dtype=np.int64), folder)
        except (OSError, SyntaxError, ValueError):
            return None

    def _of_colours(self, pixels: Any, folder: str) -> Numbers:
        """Numbers from colours: of classes by the list of the folder, of objects by the colours of VOC."""
        keys = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
        known = {int(r) << 16 | int(g) << 8 | int(b): number for number, (r, g, b) in enumerate(palette())}
        if folder == CLASSES:
            known |= self._colours
        colours, inverse = np.unique(keys, return_inverse=True)
        # A colour of no list still tells its object from the others.
        numbers = np.array([known.get(int(one), 256 + at) for at, one in enumerate(colours)], dtype=np.int64)
        return np.asarray(numbers[inverse].reshape(keys.shape), dtype=np.int64)

    @cached_property
    def _listed(self) -> list[tuple[str, int | None]]:
        """Names and colours of labelmap.txt, in its order."""
        path = self._root / LABELMAP
        if not path.is_file():
            return []
        rows = [line.split(":") for line in decoded(path.read_bytes()).splitlines() if line and line[0] != "#"]
        return [(row[0], _colour(row[1]) if len(row) > 1 else None) for row in rows]

    @cached_property
    def _names(self) -> dict[int, str]:
        return dict(enumerate([name for name, _ in self._listed] or NAMES))

    @cached_property
    def _colours(self) -> dict[int, int]:
        return {colour: number for number, (_, colour) in enumerate(self._listed) if colour is not None}


def _colour(written: str) -> int | None:
    try:
        r, g, b = (int(one) for one in written.split(","))
    except ValueError:
        return None
    return r << 16 | g << 8 | b


def _partner(
    found: Sequence[dict[str, Any]], number: int, label: str, box: tuple[float, float, float, float]
) -> dict[str, Any] | None:
    """The object that a mask belongs to: the one of its number, else the free one of its class at its place."""
    free = [one for one in found if "counts" not in one and label in ("", one["label"])]
    by_number = found[number - 1] if number <= len(found) else None
    if by_number is not None and any(one is by_number for one in free):
        return by_number
    boxed = [one for one in free if "box" in one]
    overlaps = iou_matrix([box], [one["box"] for one in boxed])[0] if boxed else np.zeros(0)
    return boxed[int(overlaps.argmax())] if len(boxed) and overlaps.max() > 0 else None
