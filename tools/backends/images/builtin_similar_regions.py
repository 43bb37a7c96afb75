"""``builtin:similar-regions``: suggests boxes that look like those that people confirmed, from the first one on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tools.backends.contract import BackendIdentity, Example, Input, Material
from tools.backends.images.box_scores import BoxScores, Judged, learn_scores, scores_of
from tools.backends.images.detector_labeller import (
    boxes_draft,
    calibrated_words,
    calibration_words,
    confirmed_boxes,
    judge,
    threshold_words,
    unread_image,
)
from tools.backends.images.region_features import DEPTH, Grid, Ground, grid_of, learn_ground
from tools.backends.images.similar_regions import REACH, Exemplar, RegionFinder, take_exemplar
from tools.backends.learning.threads import limited_threads
from tools.errors import Conflict, InputError
from tools.images.pixels import read_pixels
from tools.records import Draft
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of

REFERENCE = "builtin:similar-regions"
REVISION = "1"
USUAL_THRESHOLD = 0.45
"""Likeness from which on a box is shown before enough boxes are confirmed to choose a better one."""

MOST_EXEMPLARS = 60
"""Confirmed boxes that are looked for, shared out among the labels; each takes some milliseconds an image."""

MOST_JUDGED = 30
"""Confirmed images in which the boxes of the others are looked for, to see what the likeness is worth."""

_GROUND_IMAGES = 24
_GROUND_SIDE = 480
NOTE = (
    "It looks for what is like the confirmed boxes in outline and colour and does not know what things are: good for "
    "objects that look alike, poor for kinds of things that look different every time."
)


@dataclass(frozen=True)
class _Learned:
    """What looks for boxes, what it takes for the ground, and what its scores are worth."""

    finder: RegionFinder
    ground: Ground
    scores: BoxScores


class SimilarRegions:
    """Learns from confirmed boxes of a field."""

    learns_from: ClassVar[Material] = "images"
    states: ClassVar[tuple[str, ...]] = ("labels", "exemplars", "scores")
    needs_answers = True

    def __init__(self, field: FieldSpec) -> None:
        """Bind to a boxes field."""
        self.field = field

    @property
    def identity(self) -> BackendIdentity:
        """Name and revision."""
        return BackendIdentity(REFERENCE, REVISION, {"most_exemplars": MOST_EXEMPLARS})

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Cut out the confirmed boxes and see how far the likeness can be trusted; ``Conflict`` without any box."""
        with limited_threads():
            learned = self._learn(examples, pool, np.random.default_rng(seed))
        exemplars, ground, scores = learned.finder.exemplars, learned.ground, learned.scores
        said = {
            "backend": REFERENCE,
            "labels": len(examples),
            "exemplars": len(exemplars),
            "calibrated_on": scores.calibrated_on,
            "calibration_words": calibration_words(scores),
            "scores": scores.to_record(),
            "boxes": [_record(one) for one in exemplars],
            "said": self._said(exemplars, scores),
        }
        arrays: dict[str, npt.NDArray[np.generic]] = {f"grid{at}": one.grid for at, one in enumerate(exemplars)}
        arrays |= {f"patch{at}": one.patch for at, one in enumerate(exemplars)}
        return Artefact(said, {**arrays, "mean": ground.mean, "shared": ground.shared})

    def finder(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> tuple[RegionFinder, float]:
        """What looks for the boxes, and from which score on they would be shown; for benchmarks."""
        learned = self._learn(examples, pool, np.random.default_rng(seed))
        return learned.finder, learned.scores.threshold

    def _learn(self, examples: Sequence[Example], pool: Sequence[Input], rng: np.random.Generator) -> _Learned:
        exemplars = self._exemplars(examples, rng)
        if not exemplars:
            raise Conflict(
                f"No box of field {self.field.name!r} is confirmed yet: draw the first one, then {REFERENCE} looks "
                "for more like it. A detector needs no boxes: builtin:people, builtin:faces or hub:FILE.onnx."
            )
        ground = ground_of([one.input.image for one in examples], [one.image for one in pool])
        finder = RegionFinder(exemplars, ground)
        return _Learned(finder, ground, learn_scores(self._judged(finder, examples, rng), USUAL_THRESHOLD))

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each image; a file that cannot be read gives an ``unread`` one."""
        if not inputs:
            return []
        scores = scores_of(artefact.json["scores"])
        with limited_threads():
            finder = RegionFinder(_stored(artefact), _stored_ground(artefact))
            return [self._draft(one, finder, scores) for one in inputs]

    def _draft(self, one: Input, finder: RegionFinder, scores: BoxScores) -> Draft:
        try:
            found = finder.find(read_pixels(one.image))
        except InputError as problem:
            return unread_image(one, self.field, REFERENCE, problem)
        reason = f"like {count_of(len(finder.exemplars), 'confirmed box', 'confirmed boxes')}"
        return boxes_draft(one, self.field, found, scores, reason)

    def _exemplars(self, examples: Sequence[Example], rng: np.random.Generator) -> list[Exemplar]:
        """The confirmed boxes that can be looked for, as many of each label, drawn from all images."""
        every = set(range(len(self.field.labels)))
        places: dict[int, list[tuple[int, Any]]] = {}
        for at, one in enumerate(examples):
            boxes, codes = confirmed_boxes(self.field, one.value, every)
            for box, code in zip(boxes.tolist(), codes.tolist(), strict=True):
                places.setdefault(code, []).append((at, box))
        most = max(1, MOST_EXEMPLARS // max(1, len(places)))
        chosen = [
            (at, box, code)
            for code, found in sorted(places.items())
            for at, box in (found[row] for row in sorted(rng.permutation(len(found))[:most].tolist()))
        ]
        made: list[Exemplar] = []
        for at in sorted({at for at, _, _ in chosen}):
            try:
                pixels = read_pixels(examples[at].input.image)
            except InputError:
                continue
            taken = [
                take_exemplar(pixels, box, code, examples[at].input.item_id) for row, box, code in chosen if row == at
            ]
            made += [one for one in taken if one is not None]
        return made

    def _judged(self, finder: RegionFinder, examples: Sequence[Example], rng: np.random.Generator) -> list[Judged]:
        """Confirmed images in which only boxes of other images were looked for."""
        order = sorted(rng.permutation(len(examples)).tolist(), key=lambda at: not examples[at].calibrates)
        every = {one.code for one in finder.exemplars}
        made = []
        for at in order[:MOST_JUDGED]:
            one = examples[at]
            if all(exemplar.source == one.input.item_id for exemplar in finder.exemplars):
                continue
            try:
                found = finder.find(read_pixels(one.input.image), without=one.input.item_id)
            except InputError:
                continue
            made.append(judge(found, *confirmed_boxes(self.field, one.value, every), one.calibrates))
        return made

    def _said(self, exemplars: Sequence[Exemplar], scores: BoxScores) -> str:
        found = {self.field.labels[one.code].name for one in exemplars}
        missing = [label.name for label in self.field.labels if label.name not in found]
        said = f"It looks for {count_of(len(exemplars), 'confirmed box', 'confirmed boxes')}. {NOTE}"
        said += f" Of {', '.join(missing[:5])} no box is confirmed yet." if missing else ""
        return f"{said} {threshold_words(scores)} {calibrated_words(scores)}"


def ground_of(confirmed: Sequence[Path | str], others: Sequence[Path | str]) -> Ground:
    """What images of the project look like, from some of them."""
    paths = [*others, *confirmed][:_GROUND_IMAGES]
    grids: list[Grid] = []
    for path in paths:
        try:
            pixels = read_pixels(path, _GROUND_SIDE)
        except InputError:
            continue
        grid = grid_of(pixels)
        if min(grid.shape[:2]) >= 2:
            grids.append(grid)
    return learn_ground(grids or [np.zeros((REACH, REACH, DEPTH), dtype=np.float32)], REACH)


def _stored_ground(artefact: Artefact) -> Ground:
    mean, shared = (np.asarray(artefact.arrays[name], dtype=np.float32) for name in ("mean", "shared"))
    return Ground(mean, shared)


def _record(one: Exemplar) -> list[float]:
    return [one.level, one.code, one.source, one.width, one.height]


def _stored(artefact: Artefact) -> list[Exemplar]:
    return [
        Exemplar(
            np.asarray(artefact.arrays[f"grid{at}"], dtype=np.float32),
            int(level),
            int(code),
            int(source),
            float(width),
            float(height),
            np.asarray(artefact.arrays[f"patch{at}"], dtype=np.uint8),
        )
        for at, (level, code, source, width, height) in enumerate(artefact.json["boxes"])
    ]
