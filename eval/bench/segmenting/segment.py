"""Segmenting by clicks, boxes and scribbles on the GrabCut set, boxes drawn closer on COCO, and what a click costs.

Every segmenter that is present is measured: the built-in one, and those that ``ASSISTANT_SEGMENTERS`` names, separated
by commas (``hub:FOLDER``). The peer answers the same questions in the same run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eval.bench.measure import Line, Outcome
from eval.bench.segmenting.segment_boxes import tightening
from eval.bench.segmenting.segment_clicks import CAP, Answer, Photo, click_through, clicks_to, read_photos
from eval.bench.segmenting.segment_latency import latency
from eval.bench.segmenting.segment_peer import NAME, plain_grabcut
from eval.bench.texts.labelled_texts import DataMissing, sample_folder
from tools.backends.masks.contract_images import Encoding, Mask, Pixels, Prompts, Segmenter
from tools.backends.masks.registry_segment import DEFAULT_SEGMENTER, open_segmenter
from tools.results import FloatArray

ENOUGH = (0.85, 0.90)
AFTER = 5
DRAWS = 10_000
_QUICK = 4
_QUICK_CAP = 6
NAMED = "ASSISTANT_SEGMENTERS"


@dataclass(frozen=True)
class Marks:
    """What one side reached on each photo, in the order of the photos; ``nan`` where a photo has no scribbles.

    ``centre`` and ``aside`` are overlaps after each click, of any length up to the cap.
    """

    box: FloatArray
    scribbles: FloatArray
    centre: tuple[list[float], ...]
    aside: tuple[list[float], ...]
    seconds: float


def segment(folder: Path, is_quick: bool) -> Outcome:
    """GrabCut (Rother et al., SIGGRAPH 2004), 50 photos: paired over the photos, against OpenCV's own function."""
    try:
        place = sample_folder() / "images"
        photos = list(read_photos(place / "grabcut"))
    except (DataMissing, OSError) as missing:
        return Outcome("segment", NAME, (), (str(missing),))
    photos, cap = (photos[:: len(photos) // _QUICK][:_QUICK], _QUICK_CAP) if is_quick else (photos, CAP)
    theirs = marks_of(photos, plain_grabcut, cap)
    lines: list[Line] = []
    notes = [
        f"{len(photos)} photos, unknown pixels left out; clicks go into the largest wrong region, {cap} at most",
        "peer: discs of 5 px, the rest probably background, 5 iterations; intervals: 95 %, bootstrap over photos",
        "the built-in one was tuned on every second photo (in order of their names); the others were only measured",
    ]
    for reference in (DEFAULT_SEGMENTER, *filter(None, os.environ.get(NAMED, "").split(","))):
        ours = marks_of(photos, answer_of(open_segmenter(reference.strip())), cap)
        lines += compared(reference, ours, theirs, cap)
        notes += differences(reference, ours, theirs)
    more, told = tightening(place / "coco", 3 if is_quick else 50)
    clicked, said = latency(folder, is_quick)
    return Outcome("segment", NAME, (*lines, *more, *clicked), (*notes, *told, *said))


def answer_of(segmenter: Segmenter) -> Answer:
    """A segmenter as the benchmark asks it: every image is encoded once."""
    known: list[tuple[Pixels, Encoding]] = []

    def answer(image: Pixels, prompts: Prompts) -> Mask:
        if not known or known[0][0] is not image:
            known[:] = [(image, segmenter.encode(image))]
        return segmenter.segment(image, known[0][1], prompts)[0].full()

    return answer


def marks_of(photos: Sequence[Photo], answer: Answer, cap: int) -> Marks:
    """Ask everything on every photo; off-centre clicks are drawn with the photo's number as seed."""
    began = time.process_time()
    box, scribbles, centre, aside = [], [], [], []
    for number, photo in enumerate(photos):
        box.append(photo.overlap(answer(photo.image, Prompts(box=photo.box))))
        drawn = [photo.overlap(answer(photo.image, prompts)) for prompts in photo.scribbles]
        scribbles.append(float(np.mean(drawn)) if drawn else float("nan"))
        centre.append(clicked(photo, answer, None, cap))
        aside.append(clicked(photo, answer, np.random.default_rng(number), cap))
    asked = sum(map(len, centre)) + sum(map(len, aside)) + len(photos) * 3
    seconds = (time.process_time() - began) / asked
    return Marks(np.array(box), np.array(scribbles), tuple(centre), tuple(aside), seconds)


def clicked(photo: Photo, answer: Answer, rng: np.random.Generator | None, cap: int) -> list[float]:
    """Overlaps until the highest bar is reached, and at least the first few."""
    return click_through(photo, answer, rng, cap, ENOUGH[-1], AFTER)


def compared(reference: str, ours: Marks, theirs: Marks, cap: int) -> list[Line]:
    """One line a question; the bars are those of differences beyond chance."""
    lines = [
        Line(f"{reference}: IoU after a box", _mean(ours.box), "share", _mean(theirs.box), more=True),
        Line("  high end of the difference", ours_better(ours.box, theirs.box)[1], "share", bar=0.0, more=True),
        Line("IoU after scribbles", _mean(ours.scribbles), "share", _mean(theirs.scribbles), more=True),
        Line(
            "  high end of the difference", ours_better(ours.scribbles, theirs.scribbles)[1], "share", bar=0, more=True
        ),
    ]
    ways: dict[str, Callable[[Marks], tuple[list[float], ...]]] = {
        "centre": lambda marks: marks.centre,
        "off-centre": lambda marks: marks.aside,
    }
    for name, pick in ways.items():
        mine, other = after(pick(ours), AFTER), after(pick(theirs), AFTER)
        lines.append(Line(f"IoU after {AFTER} {name} clicks", _mean(mine), "share", _mean(other), more=True))
        lines.append(Line("  low end of the difference", ours_better(mine, other)[0], "share", bar=0.0, more=True))
        for enough in ENOUGH:
            counts = [[clicks_to(one, enough, cap) for one in pick(marks)] for marks in (ours, theirs)]
            what = f"{name} clicks to IoU {enough:.2f}, mean"
            lines.append(Line(what, float(np.mean(counts[0])), "clicks", float(np.mean(counts[1]))))
    return [*lines, Line("processor time an answer", ours.seconds, "ms", theirs.seconds)]


def differences(reference: str, ours: Marks, theirs: Marks) -> list[str]:
    """The intervals in words, and how many photos never got there."""
    told = []
    for name, mine, other in (
        ("box", ours.box, theirs.box),
        ("scribbles", ours.scribbles, theirs.scribbles),
        (f"{AFTER} centre clicks", after(ours.centre, AFTER), after(theirs.centre, AFTER)),
        (f"{AFTER} off-centre clicks", after(ours.aside, AFTER), after(theirs.aside, AFTER)),
    ):
        low, high = ours_better(mine, other)
        told.append(f"{name} {_mean(mine) - _mean(other):+.3f} [{low:+.3f}, {high:+.3f}]")
    never = [sum(max(one) < ENOUGH[-1] for one in marks.centre) for marks in (ours, theirs)]
    told.append(f"never {ENOUGH[-1]:.2f} by centre clicks: {never[0]}, the peer {never[1]}")
    return [f"{reference} less the peer: " + "; ".join(told)]


def after(courses: Sequence[Sequence[float]], clicks: int) -> FloatArray:
    """Overlap after so many clicks, shape (photos,)."""
    return np.array([course[min(clicks, len(course)) - 1] for course in courses])


def ours_better(ours: FloatArray, theirs: FloatArray, seed: int = 0) -> tuple[float, float]:
    """95 % interval of the mean difference over photos, paired, by the percentile bootstrap (Efron 1979)."""
    apart: npt.NDArray[np.floating] = (ours - theirs)[~np.isnan(ours - theirs)]
    if not len(apart):
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, len(apart), (DRAWS, len(apart)))
    low, high = np.quantile(apart[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _mean(values: FloatArray) -> float:
    return float(np.nanmean(values)) if not np.isnan(values).all() else 0.0
