"""Plain template matching: the peer of 'more like this box'. Crops slid over images at several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tools.backends.images.detections import Detections, Pixels, best_first, no_detections, suppressed

SIZES = tuple(2 ** (step / 3) for step in range(-3, 4))
"""The same seven sizes that ours looks at."""

OVERLAP = 0.3
SIDE = 48
_BEST = 10


@dataclass(frozen=True)
class Template:
    """A confirmed box: its pixels, scaled so that the longer side is SIDE, its class, and by how much it was scaled."""

    pixels: Pixels
    code: int
    scale: float


def take_template(pixels: Pixels, box: Sequence[float], code: int) -> Template | None:
    """The template in a box; ``None`` where it is only a few pixels large."""
    x0, y0, x1, y1 = (round(float(side)) for side in box)
    crop = pixels[max(0, y0) : y1, max(0, x0) : x1]
    if min(crop.shape[:2]) < 6:
        return None
    scale = SIDE / max(crop.shape[:2])
    size = max(4, round(crop.shape[1] * scale)), max(4, round(crop.shape[0] * scale))
    return Template(np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), code, scale)


def find_templates(pixels: Pixels, templates: Sequence[Template]) -> Detections:
    """Boxes by normalised correlation in colour, best first, without overlapping ones."""
    found = [one for template in templates for one in _matches(pixels, template)]
    if not found:
        return no_detections()
    boxes = np.array([box for box, _, _ in found], dtype=np.float32)
    scores = np.array([score for _, score, _ in found], dtype=np.float32)
    codes = np.array([code for _, _, code in found], dtype=np.int64)
    return suppressed(best_first(boxes, np.clip(scores, 0, 1), codes), OVERLAP, by_class=False)


def _matches(pixels: Pixels, template: Template) -> list[tuple[list[float], float, int]]:
    made = []
    height, width = template.pixels.shape[:2]
    for size in SIZES:
        scale = template.scale / size
        shape = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
        if shape[0] < width or shape[1] < height or shape[0] * shape[1] > 1_500_000:
            continue
        image = np.asarray(cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        response = cv2.matchTemplate(image, template.pixels, cv2.TM_CCOEFF_NORMED)
        best = np.argsort(-response, axis=None)[:_BEST]
        for y, x in zip(*np.unravel_index(best, response.shape), strict=True):
            box = [float(x) / scale, float(y) / scale, float(x + width) / scale, float(y + height) / scale]
            made.append((box, float(response[y, x]), template.code))
    return made
