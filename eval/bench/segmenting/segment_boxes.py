"""Boxes that were drawn roughly, drawn closer by the tool's own calculation, against the boxes of the true masks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from eval.bench.measure import Line
from tools.backends.masks.contract_images import Box
from tools.backends.masks.registry_segment import DEFAULT_SEGMENTER, open_segmenter
from tools.geometry.boxes import iou_matrix
from tools.geometry.masks import box_of_runs, runs_of_string
from tools.segment.drawing import tighten

ROUGH = 0.1
"""Each side is moved by up to this share of the box's width or height, to either side."""

LEAST_SIDE = 24
"""Smaller objects are left out: a box of a few pixels is not drawn any closer."""

MOST_CHANGE = 0.3
_DRAWS = 10_000


def tightening(folder: Path, most_images: int) -> tuple[list[Line], list[str]]:
    """IoU with the true box before and after, over the objects of the first images."""
    if not (folder / "instances.json").is_file():
        return [], [f"boxes were not drawn closer: {folder} is missing"]
    told = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(0)
    before, after, moved = [], [], 0
    for image in told["images"][:most_images]:
        found = _of_image(folder, image, told["annotations"], rng)
        before += [one[0] for one in found]
        after += [one[1] for one in found]
        moved += sum(one[2] for one in found)
    gains = np.array(after) - np.array(before)
    drawn = np.random.default_rng(1).integers(0, len(gains), (_DRAWS, len(gains)))
    low, high = np.quantile(gains[drawn].mean(axis=1), [0.025, 0.975])
    lines = [Line("rough boxes drawn closer: IoU with the true box", float(np.mean(after)), "share", more=True)]
    lines.append(Line("  before", float(np.mean(before)), "share", more=True))
    note = (
        f"{len(gains)} objects of COCO of at least {LEAST_SIDE} px, sides moved by up to {ROUGH:.0%}; gain "
        f"{gains.mean():+.3f} [{low:+.3f}, {high:+.3f}]; {moved} moved, the others would have changed by more than "
        f"{MOST_CHANGE}; better {int((gains > 0.005).sum())}, worse {int((gains < -0.005).sum())}"
    )
    return lines, [note]


def _of_image(
    folder: Path, image: dict[str, Any], annotations: list[Any], rng: np.random.Generator
) -> list[tuple[float, float, bool]]:
    """(IoU before, IoU after, whether it was moved) for each object of an image."""
    with Image.open(folder / "images" / image["file_name"]) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    segmenter = open_segmenter(DEFAULT_SEGMENTER)
    found = []
    for one in annotations:
        if one["image_id"] != image["id"] or one["iscrowd"]:
            continue
        size = one["segmentation"]["size"]
        true = box_of_runs(runs_of_string(one["segmentation"]["counts"]), (size[0], size[1]))
        if min(true[2] - true[0], true[3] - true[1]) < LEAST_SIDE:
            continue
        rough = roughened(true, pixels.shape[1], pixels.shape[0], rng)
        region = {"id": "b", "label": "x", "box": list(rough)}
        (made,) = tighten(segmenter, pixels, {}, [region], MOST_CHANGE)
        first, second = iou_matrix([true, true], [rough, made.region["box"]])[0]
        found.append((float(first), float(second), not made.stays))
    return found


def roughened(box: Box, width: int, height: int, rng: np.random.Generator) -> Box:
    """The box with each side moved by chance, inside the image."""
    wide, high = box[2] - box[0], box[3] - box[1]
    x0, y0, x1, y1 = np.array(box) + rng.uniform(-ROUGH, ROUGH, 4) * (wide, high, wide, high)
    return float(max(0, x0)), float(max(0, y0)), float(min(width, x1)), float(min(height, y1))
