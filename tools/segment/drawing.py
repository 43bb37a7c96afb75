"""From boxes to masks, from masks to regions: the pure part of the tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.backends.masks.contract_images import (
    Box,
    Encoding,
    MaskGuess,
    Pixels,
    Prompts,
    ProposalTerms,
    Segmenter,
)
from tools.geometry.boxes import iou_matrix
from tools.geometry.masks import encode
from tools.kinds.contract import Kind
from tools.segment.pointing import outline_of

Region = Mapping[str, Any]


@dataclass(frozen=True)
class Tightened:
    """A box before and after: ``overlap`` is the IoU of the two; ``stays`` says why it was left, "" where it moved."""

    region: dict[str, Any]
    before: Box
    after: Box
    overlap: float
    stays: str = ""


@dataclass(frozen=True)
class _Traced:
    """A guess, as regions are made of it."""

    guess: MaskGuess

    @property
    def size(self) -> tuple[int, int]:
        return self.guess.size

    @property
    def box(self) -> Box:
        return self.guess.box

    def counts(self) -> str:
        return encode(self.guess.full())

    def parts(self) -> list[Any]:
        return outline_of(self.guess)


def region_of(guess: MaskGuess, kind: Kind, region_id: str, label: str, backend: str) -> dict[str, Any] | None:
    """The mask as a region of a field of ``kind``; ``None`` where there is nothing in it."""
    if not guess.part.any():
        return None
    made = {"id": region_id, "label": label, **kind.of_mask(_Traced(guess))}
    return {**made, "prompts": {"backend": backend, "clicks": []}}


def from_boxes(
    segmenter: Segmenter, image: Pixels, encoding: Encoding, boxes: Sequence[Region], kind: Kind
) -> tuple[list[dict[str, Any]], list[str], list[float]]:
    """(regions, what is missing and why, the segmenter's own scores) for boxes that have ids and labels."""
    made, missing, scores = [], [], []
    backend = segmenter.identity.reference
    for box in boxes:
        guess = segmenter.segment(image, encoding, Prompts(box=clipped(box["box"], image)))[0]
        region = region_of(guess, kind, str(box["id"]), str(box["label"]), backend)
        if region is None:
            missing.append(f"nothing was found in box {box['id']}")
            continue
        region["prompts"]["box"] = list(box["box"])
        made.append(region)
        scores += [guess.score] if guess.score is not None else []
    return made, missing, scores


def tighten(
    segmenter: Segmenter, image: Pixels, encoding: Encoding, boxes: Sequence[Region], most_change: float
) -> list[Tightened]:
    """Every box drawn closely round the object in it, unless it would change by more than ``most_change``.

    The change is 1 - IoU of before and after.
    """
    found = []
    for region in boxes:
        before = clipped(region["box"], image)
        if region.get("angle"):
            found.append(Tightened(dict(region), before, before, 1.0, "it is turned"))
            continue
        guess = segmenter.segment(image, encoding, Prompts(box=before))[0]
        found.append(_tightened(region, before, guess, most_change))
    return found


def _tightened(region: Region, before: Box, guess: MaskGuess, most_change: float) -> Tightened:
    after = guess.box
    if not guess.part.any():
        return Tightened(dict(region), before, before, 1.0, "nothing was found in it")
    overlap = float(iou_matrix([before], [after])[0, 0])
    if 1 - overlap > most_change:
        why = f"it would change by {1 - overlap:.2f}, more than {most_change:.2f}"
        return Tightened(dict(region), before, after, overlap, why)
    return Tightened({**region, "box": list(after)}, before, after, overlap)


def everything(
    segmenter: Segmenter, image: Pixels, encoding: Encoding, label: str, kind: Kind
) -> tuple[list[dict[str, Any]], list[float]]:
    """Regions for whatever the segmenter sees in the image, the surest first, all with one label; and its scores."""
    guesses = segmenter.propose(image, encoding, ProposalTerms())
    backend = segmenter.identity.reference
    made = [region_of(guess, kind, f"s{n}", label, backend) for n, guess in enumerate(guesses, 1)]
    kept = [one for one in made if one is not None]
    return kept, [guess.score for guess in guesses if guess.score is not None]


def clipped(box: Sequence[float], image: Pixels) -> Box:
    """A box cut at the edges of the image."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = (float(side) for side in box)
    return max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1)
