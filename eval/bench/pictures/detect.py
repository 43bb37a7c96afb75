"""How well boxes are found on real pictures: loading that is right, detectors by their classes, likeness to boxes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from eval.bench.measure import Line, Outcome
from eval.bench.pictures.box_sets import REMEDY, BoxSet, average_precision, coco_photos, video_frames
from eval.bench.pictures.template_peer import Template, find_templates, take_template
from eval.bench.texts.labelled_texts import DataMissing, sample_folder
from tools.backends.contract import Example
from tools.backends.images.builtin_opencv import FaceDetector, PeopleDetector
from tools.backends.images.builtin_similar_regions import SimilarRegions
from tools.backends.images.detections import Detections, Detector, Flags, matched
from tools.backends.images.hub_onnx import OnnxDetector
from tools.images.pixels import read_pixels
from tools.labels import slug

PEER = "template matching"
KNOWN_AP, NEAR = 0.40, 0.01
"""What FastestDet reaches on these photographs; anything else means that it is loaded wrongly."""

DESCRIPTION = """\
layout: fastestdet
model: {model}
input: {{width: 352, height: 352, channels: bgr, fit: stretch}}
names: {names}
aliases: {{motorbike: motorcycle, aeroplane: airplane, sofa: couch, pottedplant: potted plant,
  diningtable: dining table, tvmonitor: tv}}
score: 0.65
overlap: 0.45
"""
"""For the published model: its own examples show boxes from 0.65 on; six of its classes have names of Pascal VOC."""

_EVERY = 10
_FEW_PHOTOS, _PHOTOS = 4, 12
_CLASSES = ("car", "person")
_SHOTS = (1, 5, 20)
_CLIPS = (("car4", ("car",)), ("jogging", ("one", "two")))


def detect(folder: Path, is_quick: bool) -> Outcome:
    """Detectors on COCO photographs, and 'more like this box' from a few boxes against plain template matching."""
    if find_spec("pycocotools") is None:
        return Outcome("detect", PEER, (), (f"pycocotools is missing: {REMEDY}",))
    try:
        place = sample_folder()
        photos = coco_photos(place)
        lines = [*_fastestdet_lines(folder, place, photos), *_opencv_lines(photos, is_quick)]
        lines += _clip_lines(place, is_quick) + _photo_lines(photos, is_quick)
    except DataMissing as missing:
        return Outcome("detect", PEER, (), (str(missing),))
    notes = (
        f"{len(photos.paths)} COCO photographs; AP50 by pycocotools over the classes that occur",
        "a face counts as right where its middle lies in the box of a person: the photographs have no boxes of faces",
        "like boxes: learned from the first images drawn that hold so many, judged on others (every "
        f"{_EVERY}th frame of a clip, {_FEW_PHOTOS if is_quick else _PHOTOS} photographs); the peer slides the same "
        "crops over the image in the same seven sizes, by normalised correlation in colour",
    )
    return Outcome("detect", PEER, tuple(lines), notes)


def describe_fastestdet(folder: Path, place: Path) -> Path:
    """The description of the published model, written into ``folder``; ``place`` holds the public sample files."""
    models = place / "models" / "fastestdet"
    if not (models / "FastestDet.onnx").is_file():
        raise DataMissing(f"There is no file {models / 'FastestDet.onnx'}.")
    made = folder / "fastestdet.yaml"
    told = DESCRIPTION.format(model=models / "FastestDet.onnx", names=models / "coco.names")
    made.write_text(told, encoding="utf-8")
    return made


def _fastestdet_lines(folder: Path, place: Path, photos: BoxSet) -> list[Line]:
    detector = OnnxDetector(str(describe_fastestdet(folder, place)))
    found, seconds = _run(photos, detector)
    ap = average_precision(photos, found, photos.names)
    return [
        Line("FastestDet: AP50", ap, "share", more=True),
        Line(f"FastestDet: AP50 away from {KNOWN_AP:.2f}", abs(ap - KNOWN_AP), "share", bar=NEAR),
        Line("FastestDet: one photograph", seconds, "ms"),
    ]


def _run(photos: BoxSet, detector: Detector) -> tuple[dict[int, Detections], float]:
    """(detections with class numbers of the set, by image; median seconds an image); unknown classes are left out."""
    numbers = [_number(photos, name, detector.aliases.get(name, "")) for name in detector.names]
    place = np.array(numbers, dtype=np.int64)
    found, seconds = {}, []
    for at, path in enumerate(photos.paths):
        pixels = read_pixels(path)
        began = time.perf_counter()
        one = detector.detect(pixels)
        seconds.append(time.perf_counter() - began)
        codes = place[one.codes]
        found[at] = Detections(one.boxes, one.scores, codes).part(codes >= 0)
    return found, statistics.median(seconds)


def _number(photos: BoxSet, *names: str) -> int:
    return next((photos.names.index(name) for name in names if name in photos.names), -1)


def _opencv_lines(photos: BoxSet, is_quick: bool) -> list[Line]:
    """Shares of what is shown at the usual threshold that is right, and of people who are found."""
    person = photos.names.index("person")
    chosen = range(0, len(photos.paths), 5 if is_quick else 1)
    lines = []
    for name, detector, judge in (
        ("builtin:people", PeopleDetector(), _is_same_person),
        ("builtin:faces", FaceDetector(), _lies_in_a_person),
    ):
        shown, right, people = 0, 0, 0
        for at in chosen:
            found = detector.detect(read_pixels(photos.paths[at]))
            found = found.part(found.scores >= detector.usual_threshold)
            boxes = photos.boxes[at][photos.codes[at] == person]
            shown, right, people = shown + len(found), right + int(judge(found, boxes).sum()), people + len(boxes)
        lines.append(Line(f"{name}: right of {shown} shown", right / max(1, shown), "share", more=True))
        lines.append(Line(f"{name}: found of {people} people", right / max(1, people), "share", more=True))
    return lines


def _is_same_person(found: Detections, people: np.ndarray) -> Flags:
    return matched(found, people, np.zeros(len(people), dtype=np.int64))


def _lies_in_a_person(found: Detections, people: np.ndarray) -> Flags:
    x, y = (found.boxes[:, :2] + found.boxes[:, 2:]).T[:, :, None] / 2
    inside = (people[:, 0] <= x) & (x < people[:, 2]) & (people[:, 1] <= y) & (y < people[:, 3])
    return np.asarray(inside.any(axis=1))


def _clip_lines(place: Path, is_quick: bool) -> list[Line]:
    lines = []
    for name, classes in _CLIPS:
        frames = video_frames(place, name, classes, _EVERY * (4 if is_quick else 1))
        for shots in (1,) if is_quick else (1, 5):
            trial = _trial(frames, classes, shots, None)
            lines.append(_line(f"like {shots} box(es) of each in {frames.name}: AP50", trial))
            lines.append(Line("  F1 of what is shown", trial.f1, "share", more=True))
    return lines


def _photo_lines(photos: BoxSet, is_quick: bool) -> list[Line]:
    most = _FEW_PHOTOS if is_quick else _PHOTOS
    return [
        _line(f"like {shots} box(es) of '{name}' in photographs: AP50", _trial(photos, (name,), shots, most))
        for name in _CLASSES
        for shots in ((1,) if is_quick else _SHOTS)
    ]


@dataclass(frozen=True)
class Trial:
    """AP50 of ours and of the peer on images that were not learned from, and the F1 of what ours would show."""

    ours: float
    peer: float
    f1: float


def _line(what: str, trial: Trial) -> Line:
    return Line(what, trial.ours, "share", trial.peer, more=True)


def _trial(images: BoxSet, classes: Sequence[str], shots: int, most: int | None) -> Trial:
    examples = draw_examples(images, classes, shots, np.random.default_rng(0))
    learned = {one.input.item_id for one in examples}
    rest = judged_on(images, classes, learned, most)
    finder, threshold = SimilarRegions(images.field(classes)).finder(examples, [images.input(at) for at in rest], 0)
    numbers = np.array([images.names.index(one) for one in classes], dtype=np.int64)
    found = {at: _renumbered(finder.find(read_pixels(images.paths[at])), numbers) for at in rest}
    templates = _templates(examples, classes, numbers)
    peer = {at: find_templates(read_pixels(images.paths[at]), templates) for at in rest}
    return Trial(
        average_precision(images, found, classes),
        average_precision(images, peer, classes),
        _f1(images, found, threshold, set(numbers.tolist())),
    )


def judged_on(images: BoxSet, classes: Sequence[str], learned: set[int], most: int | None) -> list[int]:
    """Images that were not learned from; of more than ``most`` of them, half show one of the classes if so many do."""
    rest = [at for at in range(len(images.paths)) if at not in learned]
    if most is None or len(rest) <= most:
        return rest
    with_them = {at for name in classes for at in images.images_with(name)}
    shown = [at for at in rest if at in with_them][: -(-most // 2)]
    return sorted([*shown, *[at for at in rest if at not in with_them][: most - len(shown)]])


def draw_examples(images: BoxSet, classes: Sequence[str], shots: int, rng: np.random.Generator) -> list[Example]:
    """Images in a drawn order until there are ``shots`` boxes of each class; further boxes in them are left out."""
    left = {slug(one): shots for one in classes}
    made = []
    for at in rng.permutation(len(images.paths)).tolist():
        kept = []
        one = images.example(at, classes)
        for region in one.value["boxes"]:
            if left[region["label"]] > 0:
                left[region["label"]] -= 1
                kept.append(region)
        if kept:
            made.append(Example(one.input, {"boxes": kept}, True))
        if not any(left.values()):
            break
    return made


def _renumbered(found: Detections, numbers: np.ndarray) -> Detections:
    return Detections(found.boxes, found.scores, numbers[found.codes])


def _templates(examples: Sequence[Example], classes: Sequence[str], numbers: np.ndarray) -> list[Template]:
    number_of: Callable[[str], int] = {slug(one): int(numbers[at]) for at, one in enumerate(classes)}.__getitem__
    taken = [
        take_template(read_pixels(one.input.text), region["box"], number_of(region["label"]))
        for one in examples
        for region in one.value["boxes"]
    ]
    return [one for one in taken if one is not None]


def _f1(images: BoxSet, found: dict[int, Detections], threshold: float, wanted: set[int]) -> float:
    """F1 of the boxes shown, over all images."""
    right, shown, objects = 0, 0, 0
    for at, every in found.items():
        one = every.part(every.scores >= threshold)
        mask = np.isin(images.codes[at], list(wanted)) & ~images.crowds[at]
        right += int(matched(one, images.boxes[at][mask], images.codes[at][mask]).sum())
        shown, objects = shown + len(one), objects + int(mask.sum())
    return 2 * right / max(1, shown + objects)
