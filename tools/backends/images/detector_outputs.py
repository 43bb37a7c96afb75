"""Images into the input of an ONNX detector, and its outputs into boxes: pure calculations."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.backends.images.detections import Codes, Detections, Pixels, best_first
from tools.backends.images.detector_file import DetectorFile, InputForm
from tools.errors import BackendFailed

FLOOR = 0.01
"""Scores below are noise; what lies above is kept, so that a threshold can be chosen later."""

MOST_BOXES = 1000
Tensor = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Placed:
    """Where an image stands in the model's input: x_input = x * scale_x + left, and so for y."""

    scale_x: float
    scale_y: float
    left: float = 0.0
    top: float = 0.0

    def back(self, boxes: Matrix) -> Matrix:
        """Boxes (n, 4) of the input as boxes of the image."""
        shift = np.array([self.left, self.top] * 2, dtype=np.float32)
        scale = np.array([self.scale_x, self.scale_y] * 2, dtype=np.float32)
        return np.asarray((boxes - shift) / scale, dtype=np.float32)


def make_input(pixels: Pixels, form: InputForm) -> tuple[Tensor, Placed]:
    """The tensor (1, 3, height, width) of an RGB image, and where the image stands in it."""
    image, placed = _fitted(pixels, form)
    if form.channels == "bgr":
        image = image[:, :, ::-1]
    shares = np.asarray(image, dtype=np.float32) / np.float32(form.scale)
    scaled = np.asarray((shares - np.array(form.mean, np.float32)) / np.array(form.std, np.float32))
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], dtype=np.float32), placed


def _fitted(pixels: Pixels, form: InputForm) -> tuple[Pixels, Placed]:
    height, width = pixels.shape[:2]
    if form.fit == "stretch":
        return _resized(pixels, form.width, form.height), Placed(form.width / width, form.height / height)
    scale = min(form.width / width, form.height / height)
    inner = max(1, round(width * scale)), max(1, round(height * scale))
    spare = form.width - inner[0], form.height - inner[1]
    left, top = (0, 0) if form.fit == "corner" else (spare[0] // 2, spare[1] // 2)
    framed = np.full((form.height, form.width, 3), form.pad, dtype=np.uint8)
    framed[top : top + inner[1], left : left + inner[0]] = _resized(pixels, *inner)
    return framed, Placed(inner[0] / width, inner[1] / height, left, top)


def _resized(pixels: Pixels, width: int, height: int) -> Pixels:
    # Without averaging, fine patterns turn into coarse ones when an image is made smaller (aliasing).
    is_smaller = width < pixels.shape[1] and height < pixels.shape[0]
    made = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)
    return np.asarray(made, dtype=np.uint8)


def read_output(output: npt.NDArray[np.generic], told: DetectorFile, classes: int) -> Detections:
    """Boxes in pixels of the input, best first, without suppression; ``output`` is the model's first one."""
    raw = np.asarray(output, dtype=np.float32)
    raw = raw[0] if raw.ndim and raw.shape[0] == 1 else raw
    if told.layout == "fastestdet":
        return _kept(*_grid(_shaped(raw, 3, 5 + classes, told), told.input))
    if told.layout == "yolov10":
        rows = _shaped(raw, 2, None, told)
        return _kept(_scaled(rows[:, :4], told), rows[:, 4], rows[:, 5].astype(np.int64))
    if told.layout == "yolov5":
        rows = _shaped(raw.T if raw.ndim == 2 else raw, 2, 5 + classes, told).T
        shares = rows[:, 5:] * rows[:, 4:5]
    else:
        rows = _shaped(raw, 2, 4 + classes, told).T
        shares = rows[:, 4:]
    codes = shares.argmax(axis=1)
    return _kept(_corners(_scaled(rows[:, :4], told)), shares[np.arange(len(codes)), codes], codes)


def _shaped(raw: Tensor, dimensions: int, first: int | None, told: DetectorFile) -> Tensor:
    """The output where its shape is what the description promises, else one sentence."""
    wanted = 6 if first is None else first
    at = 1 if first is None else 0
    if raw.ndim != dimensions or raw.shape[at] != wanted:
        raise BackendFailed(
            f"The detector answers with the shape {raw.shape}; the layout {told.layout} with {len(told.names)} names "
            f"needs {wanted} numbers for each box. Check 'layout' and 'names' in its description."
        )
    return raw


def _scaled(boxes: Matrix, told: DetectorFile) -> Matrix:
    if not told.relative:
        return boxes
    return np.asarray(boxes * np.array([told.input.width, told.input.height] * 2, np.float32), dtype=np.float32)


def _grid(raw: Tensor, form: InputForm) -> tuple[Matrix, Matrix, Codes]:
    """FastestDet (dog-qiuqiu, 2022): objectness, offset of the centre through tanh, size through the logistic function,
    then the classes; the score is objectness^0.6 times class^0.4."""
    rows, columns = raw.shape[1:]
    y, x = np.mgrid[0:rows, 0:columns]
    centre_x, centre_y = (x + np.tanh(raw[1])) / columns, (y + np.tanh(raw[2])) / rows
    width, height = 1 / (1 + np.exp(-raw[3])), 1 / (1 + np.exp(-raw[4]))
    relative = np.stack([centre_x, centre_y, width, height], axis=-1).reshape(-1, 4)
    shares = raw[5:].reshape(len(raw) - 5, -1)
    codes = shares.argmax(axis=0)
    best = shares[codes, np.arange(shares.shape[1])]
    scores = np.maximum(raw[0].ravel(), 0) ** 0.6 * np.maximum(best, 0) ** 0.4
    pixels = relative * np.array([form.width, form.height] * 2)
    return _corners(np.asarray(pixels, dtype=np.float32)), np.asarray(scores, dtype=np.float32), codes


def _corners(boxes: Matrix) -> Matrix:
    """(centre x, centre y, width, height) as corners."""
    half = boxes[:, 2:] / 2
    return np.hstack([boxes[:, :2] - half, boxes[:, :2] + half]).astype(np.float32)


def _kept(boxes: Matrix, scores: Matrix, codes: Codes) -> Detections:
    above = scores >= FLOOR
    found = best_first(boxes[above], np.clip(scores[above], 0, 1), codes[above])
    return found.part(np.arange(min(len(found), MOST_BOXES)))
