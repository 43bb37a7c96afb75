"""Any detector as a labeller of a boxes field: classes become labels, confirmed boxes set threshold and confidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from tools.backends.contract import CALIBRATING_LABELS, BackendIdentity, Example, Input, Material, Matrix
from tools.backends.images.box_scores import IMAGES_TO_CALIBRATE, BoxScores, Judged, item_score, learn_scores, scores_of
from tools.backends.images.detections import Codes, Detections, Detector, matched
from tools.backends.texts.label_map import map_labels
from tools.errors import InputError
from tools.geometry.regions import box_of_region
from tools.images.pixels import read_pixels
from tools.records import Draft, JsonValue, ScoreSource
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of, listing

MOST_SHOWN = 300
"""Boxes of one suggestion: more than that nobody corrects."""

SECONDS_TO_JUDGE = 60
"""Time to try the detector on confirmed images before a run."""

_FEWEST, _MOST = 20, 400


class DetectorLabeller:
    """Suggests boxes. What it learns is only how far to believe the detector."""

    learns_from: ClassVar[Material] = "images"
    states: ClassVar[tuple[str, ...]] = ("labels", "scores")
    needs_answers = False

    def __init__(self, field: FieldSpec, detector: Detector) -> None:
        """Refuse a detector none of whose classes is a label of the field."""
        self.field = field
        self._detector = detector
        self._map = map_labels(field, detector.names, detector.aliases, detector.reference)
        self._labels = [label.id for label in field.labels]

    @property
    def identity(self) -> BackendIdentity:
        """The detector with what it finds of the field."""
        settings: dict[str, JsonValue] = {
            "usual_threshold": self._detector.usual_threshold,
            "classes": {self._detector.names[at]: label for at, label in self._map.ids.items()},
        }
        return BackendIdentity(self._detector.reference, self._detector.revision, settings)

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Run the detector over confirmed images, those that may calibrate first, and compare."""
        most = int(min(max(self._detector.pace * SECONDS_TO_JUDGE, _FEWEST), _MOST))
        chosen = sorted(examples, key=lambda one: not one.calibrates)[:most]
        judged = [found for found in map(self._judge, chosen) if found is not None]
        scores = learn_scores(judged, self._detector.usual_threshold)
        return Artefact(
            {
                "backend": self._detector.reference,
                "labels": len(judged),
                "calibrated_on": scores.calibrated_on,
                "calibration_words": calibration_words(scores),
                "scores": scores.to_record(),
                "said": f"{self._map.words()} {threshold_words(scores)} {calibrated_words(scores)}",
            }
        )

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each image; a file that cannot be read gives an ``unread`` one."""
        scores = scores_of(artefact.json["scores"])
        return [self._draft(one, scores) for one in inputs]

    def _draft(self, one: Input, scores: BoxScores) -> Draft:
        try:
            everything = self._detector.detect(read_pixels(one.image))
        except InputError as problem:
            return unread_image(one, self.field, self._detector.reference, problem)
        found = self._known(everything)
        return boxes_draft(one, self.field, found, scores, self._reason(everything, scores.threshold))

    def _known(self, found: Detections) -> Detections:
        """What the field has a label for, with the numbers of its labels as codes."""
        place = np.full(len(self._detector.names), -1, dtype=np.int64)
        for number, label in self._map.ids.items():
            place[number] = self._labels.index(label)
        codes = place[found.codes]
        return Detections(found.boxes, found.scores, codes).part(codes >= 0)

    def _reason(self, found: Detections, threshold: float) -> str:
        other = [int(code) for code in found.part(found.scores >= threshold).codes if int(code) not in self._map.ids]
        if not other:
            return self._detector.reference
        named = Counter(self._detector.names[code] for code in other).most_common(3)
        said = listing([f"{count} {name}" for name, count in named])
        return f"{self._detector.reference}; left out, having no label: {said}"

    def _judge(self, one: Example) -> Judged | None:
        try:
            found = self._known(self._detector.detect(read_pixels(one.input.image)))
        except InputError:
            return None
        known = {self._labels.index(label) for label in self._map.ids.values()}
        return judge(found, *confirmed_boxes(self.field, one.value, known), one.calibrates)


def confirmed_boxes(field: FieldSpec, value: Mapping[str, JsonValue], known: set[int]) -> tuple[Matrix, Codes]:
    """Boxes (m, 4) and label numbers (m,) of an answer, as far as the labels are among ``known``."""
    numbers = {label.id: at for at, label in enumerate(field.labels)}
    kept = [(box_of_region(one), numbers[one["label"]]) for one in value.get("boxes", ()) if one["label"] in numbers]
    kept = [(box, code) for box, code in kept if code in known]
    boxes = np.array([box for box, _ in kept], dtype=np.float32).reshape(-1, 4)
    return boxes, np.array([code for _, code in kept], dtype=np.int64)


def judge(found: Detections, boxes: Matrix, codes: Codes, calibrates: bool) -> Judged:
    """Detections of one image compared with its confirmed boxes."""
    return Judged(found.scores, matched(found, boxes, codes), len(boxes), calibrates)


def boxes_draft(one: Input, field: FieldSpec, found: Detections, scores: BoxScores, reason: str) -> Draft:
    """The draft of an image; ``found`` has numbers of the field's labels as codes."""
    chance = scores.chance(found.scores)
    is_shown = found.scores >= scores.threshold
    is_shown[MOST_SHOWN:] = False
    regions: list[JsonValue] = [
        {
            "id": f"d{number}",
            "label": field.labels[int(found.codes[at])].id,
            "box": [round(float(side), 2) for side in found.boxes[at]],
            "score": round(float(np.clip(chance[at], 0, 1)), 4),
        }
        for number, at in enumerate(np.flatnonzero(is_shown), start=1)
    ]
    score = item_score(chance[is_shown], chance[~is_shown], bool(scores.calibrated_on))
    source: ScoreSource = "calibrated" if scores.calibrated_on else "uncalibrated"
    return Draft(one.item_id, field.id, {"boxes": regions}, min(1.0, max(0.0, score)), source, (), reason)


def unread_image(one: Input, field: FieldSpec, reference: str, problem: InputError) -> Draft:
    """The draft about an image whose file cannot be read."""
    return Draft(one.item_id, field.id, None, reason=reference, state="unread", problem=str(problem))


def threshold_words(scores: BoxScores) -> str:
    """Which boxes are shown and why, in one sentence."""
    if not scores.objects:
        return f"Boxes are shown from its usual score of {scores.threshold:.2f} on."
    return (
        f"Boxes are shown from a score of {scores.threshold:.2f} on, which did best (F1 {scores.f1:.2f}) on "
        f"{count_of(scores.objects, 'confirmed box', 'confirmed boxes')}."
    )


def calibrated_words(scores: BoxScores) -> str:
    """Whether scores are calibrated, in one sentence."""
    if scores.calibrated_on:
        return (
            f"Scores are calibrated on {scores.calibrated_on:,} boxes in {scores.images:,} images that were answered "
            "without a suggestion."
        )
    return (
        f"Scores are not calibrated: that takes {CALIBRATING_LABELS} boxes found in at least {IMAGES_TO_CALIBRATE} "
        "images that were answered without a suggestion."
    )


def calibration_words(scores: BoxScores) -> str:
    """How the scores were calibrated, for the run's settings; "" where they were not."""
    if not scores.calibrated_on:
        return ""
    return f"two parameters on {scores.calibrated_on} boxes of {scores.images} images answered without a suggestion"
