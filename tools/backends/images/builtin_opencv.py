"""OpenCV's own detectors: faces by Haar cascades, people by gradients. Quick, old, and often wrong on photographs.

Viola and Jones (CVPR 2001); Dalal and Triggs (CVPR 2005). Measured by ``python -m eval bench detect``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tools.backends.contract import Matrix
from tools.backends.images.detections import Detections, Pixels, best_first, clipped, no_detections, suppressed

FACES, PEOPLE = "builtin:faces", "builtin:people"
NOTES = {
    FACES: "OpenCV's Haar cascades find upright faces from the front and the side; they miss small, tilted and dark "
    "ones and take other things for faces.",
    PEOPLE: "OpenCV's gradient detector finds people who stand upright and are seen whole; it misses sitting, cut off "
    "and small ones.",
}
_MOST_SIDE = 1280
_FACE_SIDE = 24
_PROFILES = ("haarcascade_frontalface_default.xml", "haarcascade_profileface.xml")
_SAME = 0.3


class FaceDetector:
    """Haar cascades for faces from the front and from both sides."""

    reference = FACES
    revision = f"opencv-{cv2.__version__}"
    names = ("face",)
    aliases: Mapping[str, str] = {"face": "faces"}
    pace = 1.0
    usual_threshold = 0.3

    def detect(self, pixels: Pixels) -> Detections:
        """Faces with a score made of the cascade's own weight, which is no probability."""
        small, scale = _within(pixels, _MOST_SIDE)
        grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
        found = [_faces(grey, _PROFILES[0]), _faces(grey, _PROFILES[1])]
        mirrored, weights = _faces(np.ascontiguousarray(grey[:, ::-1]), _PROFILES[1])
        width = grey.shape[1]
        found.append(
            (np.hstack([width - mirrored[:, 2:3], mirrored[:, 1:2], width - mirrored[:, :1], mirrored[:, 3:]]), weights)
        )
        boxes, scores = np.vstack([one for one, _ in found]), np.concatenate([one for _, one in found])
        # A weight of 5 is reached by about half of true faces; the scale has no other meaning.
        return _finished(boxes, 1 - np.exp2(-scores / 5), pixels, scale)


def _faces(grey: Any, cascade: str) -> tuple[Matrix, Matrix]:
    """(boxes, weights) of one cascade."""
    found, _, weights = _cascade(cascade).detectMultiScale3(
        grey, scaleFactor=1.15, minNeighbors=3, minSize=(_FACE_SIDE, _FACE_SIDE), outputRejectLevels=True
    )
    return _boxes(found), np.asarray(weights, dtype=np.float32).reshape(-1)


class PeopleDetector:
    """Histograms of gradients with the linear classifier that OpenCV carries."""

    reference = PEOPLE
    revision = f"opencv-{cv2.__version__}"
    names = ("person",)
    aliases: Mapping[str, str] = {"person": "people"}
    pace = 2.0
    usual_threshold = 0.5

    def detect(self, pixels: Pixels) -> Detections:
        """People with a score made of the distance from the classifier's border, which is no probability."""
        small, scale = _within(pixels, _MOST_SIDE)
        if small.shape[0] < 128 or small.shape[1] < 64:
            return no_detections()
        hog = cv2.HOGDescriptor()
        hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), dtype=np.float32))
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        found, weights = hog.detectMultiScale(grey, winStride=(8, 8), padding=(16, 16), scale=1.05)
        boxes = _boxes(found)
        # The window leaves a margin around the person it was trained on.
        inset = (boxes[:, 2:] - boxes[:, :2]) * np.array([0.12, 0.06], dtype=np.float32)
        boxes = np.hstack([boxes[:, :2] + inset, boxes[:, 2:] - inset])
        scores = 1 - np.exp2(-np.asarray(weights, dtype=np.float32).reshape(-1) / np.float32(0.6))
        return _finished(boxes, scores, pixels, scale)


@lru_cache(maxsize=4)
def _cascade(name: str) -> Any:
    return cv2.CascadeClassifier(str(Path(str(cv2.__file__)).parent / "data" / name))


def _within(pixels: Pixels, side: int) -> tuple[Pixels, float]:
    """The image with no side longer than ``side``, and how much smaller it became."""
    scale = min(1.0, side / max(pixels.shape[:2]))
    if scale == 1.0:
        return pixels, scale
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8), scale


def _boxes(found: Any) -> Matrix:
    """Corners (n, 4) of OpenCV's (x, y, width, height)."""
    given = np.asarray(found, dtype=np.float32).reshape(-1, 4)
    return np.hstack([given[:, :2], given[:, :2] + given[:, 2:]])


def _finished(boxes: Matrix, scores: Matrix, pixels: Pixels, scale: float) -> Detections:
    found = best_first(boxes / np.float32(scale), np.clip(scores, 0, 1), np.zeros(len(boxes), dtype=np.int64))
    height, width = pixels.shape[:2]
    return clipped(suppressed(found, _SAME), width, height)
