"""Few-shot choices of pictures: crops of photographs by what they show, and drawn digits, against colours alone."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from eval.bench.measure import Line, Outcome
from eval.bench.pictures.box_sets import BoxSet, coco_photos
from eval.bench.texts.labelled_texts import DataMissing, sample_folder
from tools.backends.contract import Example, Input, Matrix
from tools.backends.images.builtin_images import ImageFeatures
from tools.backends.images.detections import Codes, Pixels
from tools.backends.images.image_features import image_vector
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.content import UNREAD
from tools.images.pixels import read_pixels
from tools.schema import FieldSpec

PEER = "colour histogram, nearest neighbour"
SHOTS = (1, 3, 10)
SEEDS = 5
_SMALLEST, _RAREST, _DIGITS, _QUICK = 16, 12, 1000, 250
_BINS = (8, 8, 8)


@dataclass(frozen=True)
class Pictures:
    """Vectors of ours (n, d) and of the peer (n, k), classes (n,), and the photograph that each comes from (n,)."""

    name: str
    ours: Matrix
    colours: Matrix
    codes: Codes
    source: Codes


def images(folder: Path, is_quick: bool) -> Outcome:
    """Both sets at 1, 3 and 10 labels a class; a crop is never judged by one of the same photograph."""
    try:
        crops = _collect("crops of photographs", *_crops(coco_photos(sample_folder())))
    except DataMissing as missing:
        return Outcome("images", PEER, (), (str(missing),))
    began = time.perf_counter()
    digits = _collect("drawn digits", *_digits(_QUICK if is_quick else _DIGITS))
    each = (time.perf_counter() - began) / len(digits.codes)
    lines = [line for pictures in (crops, digits) for line in _lines(pictures, is_quick)]
    lines.append(Line("both vectors of one small picture", each, "ms"))
    kinds = len(np.unique(crops.codes))
    notes = (
        f"{len(crops.codes)} crops of {kinds} kinds of things, each at least {_SMALLEST} pixels wide and high; "
        f"{_most_frequent(crops):.0%} are of one kind; scores are means over the kinds, so chance is {1 / kinds:.2f}",
        f"{len(digits.codes)} digits of scikit-learn (8 by 8 pixels), the pool is all of them without their labels",
        f"ours is builtin:few-shot on builtin:image-features; mean of {1 if is_quick else SEEDS} draws",
    )
    return Outcome("images", PEER, tuple(lines), notes)


def _lines(pictures: Pictures, is_quick: bool) -> list[Line]:
    made = []
    for shots in SHOTS:
        found = [judge(pictures, shots, seed) for seed in range(1 if is_quick else SEEDS)]
        ours, peer = (statistics.mean(one[side] for one in found) for side in (0, 1))
        made.append(Line(f"{pictures.name}, {shots} of each: mean recall", ours, "share", peer, more=True))
    return made


def judge(pictures: Pictures, shots: int, seed: int) -> tuple[float, float]:
    """(ours, peer): the mean over the classes of the share that is answered rightly."""
    rng = np.random.default_rng(seed)
    kinds = np.unique(pictures.codes)
    learn = np.concatenate([rng.permutation(np.flatnonzero(pictures.codes == one))[:shots] for one in kinds])
    test = np.setdiff1d(np.arange(len(pictures.codes)), learn)
    test = test[~np.isin(pictures.source[test], pictures.source[learn])]
    answers = _answers(pictures, learn, test, [f"c{one}" for one in kinds])
    near = np.argmax(pictures.colours[test] @ pictures.colours[learn].T, axis=1)
    truth = pictures.codes[test]
    return mean_recall(truth, answers), mean_recall(truth, pictures.codes[learn][near])


def _answers(pictures: Pictures, learn: Codes, test: Codes, names: list[str]) -> Codes:
    field = FieldSpec.model_validate({"id": "kind", "kind": "choice", "labels": names})
    every = [Input(at, UNREAD, (), row) for at, row in enumerate(pictures.ours)]
    classifier = FewShotClassifier(field, ImageFeatures())
    known = [Example(every[at], {"label": f"c{pictures.codes[at]}"}) for at in learn]
    drafts = classifier.predict(classifier.fit(known, every, 0), [every[at] for at in test])
    return np.array([int(str((one.value or {})["label"])[1:]) for one in drafts], dtype=np.int64)


def mean_recall(truth: Codes, given: Codes) -> float:
    """The share of each class that is answered rightly, averaged over the classes that occur."""
    return float(np.mean([(given[truth == one] == one).mean() for one in np.unique(truth)]))


def _collect(name: str, pictures: list[Pixels], codes: list[int], source: list[int]) -> Pictures:
    return Pictures(
        name,
        np.stack([image_vector(one) for one in pictures]),
        np.stack([_colour_histogram(one) for one in pictures]),
        np.array(codes, dtype=np.int64),
        np.array(source, dtype=np.int64),
    )


def _colour_histogram(pixels: Pixels) -> Matrix:
    """Square roots of the shares of 512 colours: the inner product is the Bhattacharyya coefficient."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hsv], [0, 1, 2], None, list(_BINS), [0, 180, 0, 256, 0, 256]).ravel()
    return np.sqrt(np.asarray(counts / counts.sum(), dtype=np.float32))


def _crops(photos: BoxSet) -> tuple[list[Pixels], list[int], list[int]]:
    """Boxes of the kinds that occur often enough, cut out."""
    frequent = {int(code) for code in np.flatnonzero(np.bincount(np.concatenate(photos.codes)) >= _RAREST)}
    pictures, codes, source = [], [], []
    for at, path in enumerate(photos.paths):
        pixels = read_pixels(path)
        for box, code, crowd in zip(photos.boxes[at], photos.codes[at].tolist(), photos.crowds[at], strict=True):
            x0, y0, x1, y1 = (round(float(side)) for side in box)
            crop = pixels[max(0, y0) : y1, max(0, x0) : x1]
            if code in frequent and not crowd and min(crop.shape[:2]) >= _SMALLEST:
                pictures.append(crop)
                codes.append(code)
                source.append(at)
    return pictures, codes, source


def _digits(count: int) -> tuple[list[Pixels], list[int], list[int]]:
    from sklearn.datasets import load_digits

    read = load_digits()
    grey = (read.images[:count] * 255 / 16).astype(np.uint8)
    return [np.repeat(one[:, :, None], 3, axis=2) for one in grey], read.target[:count].tolist(), list(range(count))


def _most_frequent(pictures: Pictures) -> float:
    return float(np.bincount(pictures.codes).max() / len(pictures.codes))
