"""How one batch of images becomes drafts of regions."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.backends.masks.contract_images import Encoding, Pixels, Segmenter
from tools.backends.masks.encodings import EncodingCache, key_from
from tools.backends.masks.registry_segment import open_segmenter
from tools.backends.masks.word_detector import open_word_detector
from tools.content import image_of
from tools.context import CallLog, ToolContext
from tools.errors import BackendMissing, InputError
from tools.images.pixels import read_pixels
from tools.records import Draft
from tools.results import Artefact, from_bytes
from tools.segment.drawing import Tightened, everything, from_boxes, tighten
from tools.segment.settled import Settled, settled_in
from tools.sentences import count_of


@dataclass(frozen=True)
class Picture:
    """One image of a batch; ``encoding`` is there where it was made before."""

    item_id: int
    path: Path
    boxes: tuple[dict[str, Any], ...] = ()
    encoding: Encoding | None = None


class SegmentWork:
    """The work of the tool ``segment``; the artefact says how, with what and into which field."""

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> tuple[Picture, ...]:
        """Where the images are, their boxes, and encodings that are there already."""
        plan = settled_in(artefact)
        boxes = from_bytes(artefact.arrays["boxes"]) if "boxes" in artefact.arrays else {}
        cache = EncodingCache(ctx.cache)
        pictures = []
        for item, path in zip(ctx.items.get(unit), map(image_of, ctx.items.contents(unit)), strict=True):
            key = key_from(plan.reference, plan.revision, item.media.digest) if item.media else ""
            known = cache.get(key) if key and plan.is_encoder else None
            pictures.append(Picture(item.item_id, path, tuple(boxes.get(str(item.item_id), ())), known))
        return tuple(pictures)

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """One draft for each image; one that cannot be read is a draft with the reason."""
        plan = settled_in(artefact)
        segmenter = open_segmenter(plan.reference)
        return [_draft(picture, plan, segmenter) for picture in payload]


def _draft(picture: Picture, plan: Settled, segmenter: Segmenter) -> Draft:
    try:
        image = read_pixels(picture.path)
    except InputError as unreadable:
        return Draft(picture.item_id, plan.field, None, state="unread", problem=str(unreadable))
    encoding = picture.encoding if picture.encoding is not None else segmenter.encode(image)
    if plan.how == "tighten_boxes":
        return _tight_draft(picture, plan, tighten(segmenter, image, encoding, picture.boxes, plan.most_change))
    regions, why, scores = _drawn(picture, plan, segmenter, image, encoding)
    score = statistics.fmean(scores) if scores else None
    source: Any = "none" if score is None else "uncalibrated"
    return Draft(picture.item_id, plan.field, {plan.record.key: regions}, score, source, reason=why)


def _drawn(
    picture: Picture, plan: Settled, segmenter: Segmenter, image: Pixels, encoding: Encoding
) -> tuple[list[dict[str, Any]], str, list[float]]:
    """(regions, reason, scores)."""
    if plan.how == "everything":
        regions, scores = everything(segmenter, image, encoding, plan.label, plan.record)
        return regions, f"{count_of(len(regions), 'region')} seen by {plan.reference}", scores
    boxes: Sequence[dict[str, Any]] = picture.boxes
    told = ""
    if plan.how == "words":
        boxes = boxes_by_words(plan, image)
        told = f"found by words with {plan.detector}; "
    regions, missing, scores = from_boxes(segmenter, image, encoding, boxes, plan.record)
    told += f"drawn from {count_of(len(boxes), 'box', 'boxes')} with {plan.reference}"
    return regions, "; ".join([told, *missing]), scores


def boxes_by_words(plan: Settled, image: Pixels) -> list[dict[str, Any]]:
    """Boxes of what the words name, with the labels that go with them."""
    labels = plan.labels
    found = open_word_detector(plan.detector).find(image, list(labels))
    return [{"id": f"w{n}", "label": labels[one.word], "box": list(one.box)} for n, one in enumerate(found, 1)]


def _tight_draft(picture: Picture, plan: Settled, found: Sequence[Tightened]) -> Draft:
    """All boxes of the image, those that stay included; the reason gives each overlap of before and after."""
    shifts = [f"{one.region['id']} {one.overlap:.2f}" for one in found if not one.stays]
    stays = [f"{one.region['id']} stays: {one.stays}" for one in found if one.stays]
    told = f"{len(shifts)} of {count_of(len(found), 'box', 'boxes')} drawn closer with {plan.reference}"
    if shifts:
        told += f" (overlap with before: {', '.join(shifts)})"
    value = {plan.record.key: [one.region for one in found]}
    return Draft(picture.item_id, plan.field, value, reason="; ".join([told, *stays]))


def require_detector(reference: str) -> str:
    """The detector that finds things by words, or one sentence what to do."""
    if reference:
        return reference
    raise BackendMissing(
        "Finding things by words needs a detector that reads words, and the project has none.",
        "Download an OWL-ViT or Grounding DINO model into a folder and say: assistant set PROJECT detector hub:FOLDER.",
    )
