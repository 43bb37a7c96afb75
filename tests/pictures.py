"""Small pictures for tests, drawn and saved as files: coloured shapes on a noisy ground, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tools.backends.images.detections import Pixels

COLOURS = {"red": (200, 40, 40), "green": (40, 170, 60), "blue": (40, 60, 200)}


def ground(rng: np.random.Generator, width: int = 160, height: int = 120) -> Pixels:
    """A grey ground with some noise."""
    noise = rng.integers(-12, 13, (height, width, 3))
    return np.asarray(np.clip(150 + noise, 0, 255), dtype=np.uint8)


def draw(pixels: Pixels, shape: str, box: tuple[int, int, int, int], colour: str) -> None:
    """A filled disc, square or ring in the box (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = box
    centre, reach = ((x0 + x1) // 2, (y0 + y1) // 2), min(x1 - x0, y1 - y0) // 2
    if shape == "square":
        cv2.rectangle(pixels, (x0, y0), (x1 - 1, y1 - 1), COLOURS[colour], -1)
    else:
        cv2.circle(pixels, centre, reach, COLOURS[colour], -1 if shape == "disc" else 5)


def save(pixels: Pixels, place: Path) -> Path:
    """The picture as a PNG file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(place)
    return place


def coloured(folder: Path, count: int, colours: tuple[str, ...] = ("red", "blue")) -> list[tuple[Path, str]]:
    """``count`` pictures with one disc each, whose colour is the answer, in turn."""
    rng = np.random.default_rng(5)
    made = []
    for number in range(count):
        colour = colours[number % len(colours)]
        pixels = ground(rng)
        x, y = int(rng.integers(0, 60)), int(rng.integers(0, 20))
        draw(pixels, "disc", (x, y, x + 100, y + 100), colour)
        made.append((save(pixels, folder / f"{number:03}.png"), colour))
    return made
