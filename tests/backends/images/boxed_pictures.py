"""Pictures with boxed shapes, drawn the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.pictures import draw, save
from tools.schema import FieldSpec

SHAPES = FieldSpec.model_validate({"name": "Shapes", "kind": "boxes", "labels": ["disc", "square"]})
WIDTH, HEIGHT = 240, 180


@dataclass(frozen=True)
class Boxed:
    """A picture with what is in it, as a value of the field."""

    place: Path
    value: dict[str, Any]


def boxed_pictures(folder: Path, count: int, seed: int = 1) -> list[Boxed]:
    """Pictures with a red disc and a blue square each, of varied size, on a mottled ground."""
    rng = np.random.default_rng(seed)
    return [_boxed(folder / f"{number:03}.png", rng) for number in range(count)]


def _boxed(place: Path, rng: np.random.Generator) -> Boxed:
    mottled = rng.integers(60, 200, (HEIGHT, WIDTH, 3)).astype(np.float32)
    pixels = np.asarray(np.clip(cv2.GaussianBlur(mottled, (0, 0), 5) * 1.0, 0, 255), dtype=np.uint8)
    regions: list[dict[str, Any]] = []
    for half, (shape, colour) in enumerate((("disc", "red"), ("square", "blue"))):
        side = int(rng.integers(36, 56))
        x = half * WIDTH // 2 + int(rng.integers(4, WIDTH // 2 - side - 4))
        y = int(rng.integers(4, HEIGHT - side - 4))
        draw(pixels, shape, (x, y, x + side, y + side), colour)
        regions.append({"id": f"r{half}", "label": shape, "box": [x, y, x + side, y + side]})
    return Boxed(save(pixels, place), {"boxes": regions})
