"""Real images with boxes for the benchmarks of detectors, and average precision by pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.texts.labelled_texts import DataMissing
from tools.backends.contract import Example, Input, Matrix
from tools.backends.images.detections import Codes, Detections
from tools.labels import slug
from tools.schema import FieldSpec

REMEDY = 'pip install "annotation-assistant[bench]"'
MOST_JUDGED = 100
"""Boxes of an image that are judged, best first, as COCO does it."""


@dataclass(frozen=True)
class BoxSet:
    """Images by path with their boxes (m, 4) in pixels and class numbers (m,), aligned.

    ``crowds`` are boxes around many objects at once, where a detection is neither right nor wrong.
    """

    name: str
    paths: tuple[Path, ...]
    boxes: tuple[Matrix, ...]
    codes: tuple[Codes, ...]
    crowds: tuple[np.ndarray, ...]
    names: tuple[str, ...]

    def field(self, classes: Sequence[str]) -> FieldSpec:
        """A boxes field whose labels are some of the classes."""
        return FieldSpec.model_validate({"id": "objects", "kind": "boxes", "labels": list(classes)})

    def example(self, at: int, classes: Sequence[str]) -> Example:
        """An image with its boxes of some classes, as people would have confirmed them."""
        wanted = {self.names.index(one): slug(one) for one in classes}
        rows = zip(self.boxes[at].tolist(), self.codes[at].tolist(), self.crowds[at].tolist(), strict=True)
        regions = [
            {"id": f"r{number}", "label": wanted[code], "box": box}
            for number, (box, code, is_crowd) in enumerate(rows)
            if code in wanted and not is_crowd
        ]
        return Example(self.input(at), {"boxes": regions}, calibrates=True)

    def input(self, at: int) -> Input:
        """An image as a labeller sees it."""
        return Input.of_image(at, self.paths[at])

    def images_with(self, name: str) -> list[int]:
        """The images in which a class occurs."""
        return [at for at, codes in enumerate(self.codes) if self.names.index(name) in codes]


def coco_photos(folder: Path) -> BoxSet:
    """The COCO photographs (Lin et al., ECCV 2014) among the public sample files."""
    place = folder / "images" / "coco"
    if not (place / "instances.json").is_file():
        raise DataMissing(f"There is no file {place / 'instances.json'}.")
    told = json.loads((place / "instances.json").read_text(encoding="utf-8"))
    numbers = {one["id"]: at for at, one in enumerate(told["categories"])}
    rows: dict[int, list[Any]] = {one["id"]: [] for one in told["images"]}
    for one in told["annotations"]:
        x, y, width, height = one["bbox"]
        rows[one["image_id"]].append(([x, y, x + width, y + height], numbers[one["category_id"]], one["iscrowd"]))
    images = sorted(told["images"], key=lambda one: int(one["id"]))
    return _box_set(
        "COCO photographs",
        [place / "images" / one["file_name"] for one in images],
        [rows[one["id"]] for one in images],
        [one["name"] for one in told["categories"]],
    )


def video_frames(folder: Path, name: str, classes: Sequence[str], every: int) -> BoxSet:
    """Each ``every``-th frame of a clip of the object tracking benchmark (Wu et al., CVPR 2013), one file a class."""
    place = folder / "video" / name
    files = sorted(place.glob("groundtruth_rect*.txt"))
    frames = sorted([*place.glob("**/*.jpg"), *place.glob("**/*.png")])
    if len(files) != len(classes) or not frames:
        raise DataMissing(f"The clip {place} is not there.")
    truth = [[_numbers(line) for line in one.read_text(encoding="utf-8").splitlines() if line.strip()] for one in files]
    rows = []
    for at in range(0, len(frames), every):
        boxes = [(code, lines[at]) for code, lines in enumerate(truth)]
        rows.append([([x, y, x + width, y + height], code, 0) for code, (x, y, width, height) in boxes])
    return _box_set(f"video {name}", frames[::every], rows, classes)


def _numbers(line: str) -> tuple[float, float, float, float]:
    x, y, width, height = (float(one) for one in line.replace(",", " ").split()[:4])
    return x, y, width, height


def _box_set(name: str, paths: Sequence[Path], rows: Sequence[Sequence[Any]], names: Sequence[str]) -> BoxSet:
    return BoxSet(
        name,
        tuple(paths),
        tuple(np.array([box for box, _, _ in one], dtype=np.float32).reshape(-1, 4) for one in rows),
        tuple(np.array([code for _, code, _ in one], dtype=np.int64) for one in rows),
        tuple(np.array([bool(crowd) for _, _, crowd in one], dtype=np.bool_) for one in rows),
        tuple(names),
    )


def average_precision(truth: BoxSet, found: dict[int, Detections], classes: Sequence[str]) -> float:
    """Mean AP at an overlap of 0.5 over the classes that occur in the images of ``found``, by pycocotools.

    ``found`` maps image numbers to detections whose codes are class numbers of ``truth``.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    wanted = {truth.names.index(one) for one in classes}
    with contextlib.redirect_stdout(io.StringIO()):
        gold = COCO()
        gold.dataset = _dataset(truth, list(found), wanted)
        gold.createIndex()
        results = [row for at, one in found.items() for row in _rows(at, one, wanted)]
        if not results:
            return 0.0
        judge = COCOeval(gold, gold.loadRes(results), "bbox")
        judge.params.catIds = sorted(code + 1 for code in wanted)
        judge.params.maxDets = [1, 10, MOST_JUDGED]
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[1])


def _dataset(truth: BoxSet, images: Sequence[int], wanted: set[int]) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for at in images:
        for box, code, crowd in zip(truth.boxes[at], truth.codes[at], truth.crowds[at], strict=True):
            if int(code) not in wanted:
                continue
            x0, y0, x1, y1 = (float(side) for side in box)
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": at,
                    "category_id": int(code) + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": int(crowd),
                }
            )
    categories = [{"id": code + 1, "name": truth.names[code]} for code in sorted(wanted)]
    return {"info": {}, "images": [{"id": at} for at in images], "annotations": annotations, "categories": categories}


def _rows(at: int, found: Detections, wanted: set[int]) -> list[dict[str, Any]]:
    return [
        {"image_id": at, "category_id": int(code) + 1, "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]]}
        | {"score": float(score)}
        for box, score, code in zip(found.boxes.tolist(), found.scores, found.codes, strict=True)
        if int(code) in wanted
    ]
