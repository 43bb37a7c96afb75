"""The answer to somebody who points at an object in an image and looks at the mask: a preview, nothing is stored."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from pydantic import Field

from tools import content
from tools.backends.masks.contract_images import Click, Encoding, Mask, MaskGuess, Pixels, Point, Prompts, Segmenter
from tools.backends.masks.encodings import EncodingCache, encoding_key
from tools.backends.masks.registry_segment import DEFAULT_SEGMENTER, open_segmenter
from tools.context import ToolContext
from tools.errors import InputError, Superseded
from tools.geometry.masks import encode, mask_of_record
from tools.images.pixels import read_pixels
from tools.records import Item, Media
from tools.spec import ToolArgs

_KEPT = 2
_TOLERANCE = 1.0
_FINE_SIDE = 1024
_MOST_PIECES, _LEAST_PIECE = 50, 4
_DOUBLED = 4_000_000
_LOCK = threading.Lock()
_IMAGES: OrderedDict[str, Pixels] = OrderedDict()
_ENCODINGS: OrderedDict[str, Encoding] = OrderedDict()


class PointingArgs(ToolArgs):
    """What somebody points at in one image; coordinates are pixels of the full-size image."""

    item: int = Field(description="Number of the image item")
    clicks: tuple[tuple[float, float, int], ...] = Field(
        default=(), description="Clicks as x, y, 1 on the object or 0 beside it", max_length=200
    )
    box: tuple[float, float, float, float] | None = Field(
        default=None, description="Box round the object: left, top, right, bottom"
    )
    object_strokes: tuple[tuple[Point, ...], ...] = Field(
        default=(), description="Strokes over the object", max_length=200
    )
    background_strokes: tuple[tuple[Point, ...], ...] = Field(
        default=(), description="Strokes over the background", max_length=200
    )
    region: dict[str, Any] | None = Field(
        default=None, description="The mask that is being corrected: size and counts of COCO"
    )
    backend: str = Field(default="", description="Segmenter; the project's own, else the built-in one, if empty")


def segmenter_reference(wanted: str, settings: Mapping[str, Any]) -> str:
    """The segmenter that was asked for, else the project's own, else the built-in one."""
    return wanted or str(settings.get("segmenter") or "") or DEFAULT_SEGMENTER


def point_at(args: PointingArgs, ctx: ToolContext, is_wanted: Callable[[], bool]) -> dict[str, Any]:
    """The mask of what is pointed at, as a region of kind mask, with its outline and box."""
    began = time.perf_counter()
    item, media = image_of(ctx, args.item)
    prompts = prompts_of(args, media)
    segmenter = open_segmenter(segmenter_reference(args.backend, ctx.settings))
    image = pixels_of(ctx, item)
    _go_on(is_wanted)
    encoding = encoding_of(ctx, segmenter, media, image)
    _go_on(is_wanted)
    guess = segmenter.segment(image, encoding, prompts)[0]
    _go_on(is_wanted)
    return {**shape_of(guess), "backend": segmenter.identity.reference, "milliseconds": _since(began)}


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)


def _go_on(is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise Superseded("A newer click took the place of this one.")


def image_of(ctx: ToolContext, item_id: int) -> tuple[Item, Media]:
    """An item with its image, or a sentence that it has none."""
    item = ctx.items.get([item_id])[0]
    if item.media is None:
        raise InputError(f"Item #{item_id} is no image; only images can be segmented.")
    return item, item.media


def prompts_of(args: PointingArgs, media: Media) -> Prompts:
    """What was pointed at, checked against the size of the image."""
    earlier = None if args.region is None else _earlier(args.region, media)
    prompts = Prompts(
        clicks=tuple(Click(x, y, sign == 1) for x, y, sign in args.clicks),
        box=args.box,
        object_strokes=tuple(stroke for stroke in args.object_strokes if stroke),
        background_strokes=tuple(stroke for stroke in args.background_strokes if stroke),
        earlier=earlier,
    )
    if any(sign not in (0, 1) for _, _, sign in args.clicks):
        raise InputError("A click is x, y and 1 on the object or 0 beside it.")
    prompts.check(media.height, media.width)
    return prompts


def _earlier(region: Mapping[str, Any], media: Media) -> Mask | None:
    size = region.get("size")
    if not isinstance(size, (list, tuple)) or list(size) != [media.height, media.width] or "counts" not in region:
        raise InputError(
            f"The mask that is corrected needs 'counts' and the size [{media.height}, {media.width}] of its image."
        )
    mask = mask_of_record(region)
    return mask if mask.any() else None


def pixels_of(ctx: ToolContext, item: Item) -> Pixels:
    """Pixels of an image; the last few are kept, because clicks come one after the other."""
    assert item.media is not None
    key = item.media.digest
    with _LOCK:
        if key in _IMAGES:
            _IMAGES.move_to_end(key)
            return _IMAGES[key]
    image = read_pixels(content.image_of(ctx.items.contents([item.item_id])[0]))
    with _LOCK:
        _IMAGES[key] = image
        while len(_IMAGES) > _KEPT:
            _IMAGES.popitem(last=False)
    return image


def encoding_of(ctx: ToolContext, segmenter: Segmenter, media: Media, image: Pixels) -> Encoding:
    """The encoding of an image: from memory, from the cache, else made now and kept."""
    if not segmenter.is_encoder:
        return {}
    key = encoding_key(segmenter.identity, media.digest)
    with _LOCK:
        known = _ENCODINGS.get(key)
    if known is not None:
        return known
    cache = EncodingCache(ctx.cache)
    found = cache.get(key)
    if found is None:
        found = segmenter.encode(image)
        cache.put(key, found)
    with _LOCK:
        _ENCODINGS[key] = found
        while len(_ENCODINGS) > _KEPT:
            _ENCODINGS.popitem(last=False)
    return found


def shape_of(guess: MaskGuess) -> dict[str, Any]:
    """A mask as the page reads it: COCO's compressed runs, box, outline and score."""
    return {
        "size": list(guess.size),
        "counts": encode(guess.full()),
        "box": list(guess.box),
        "parts": outline_of(guess),
        "score": guess.score,
    }


def outline_of(guess: MaskGuess) -> list[Any]:
    """The mask as parts of a polygon: its largest pieces, without specks and pinholes that nobody could edit."""
    if not guess.part.any():
        return []
    kept = without_specks(guess.part)
    kept = ~without_specks(~np.pad(kept, 1))[1:-1, 1:-1]
    # OpenCV's outlines go through the middles of pixels: on doubled pixels that is a quarter of one from the edge.
    fine = 2 if kept.size <= _DOUBLED else 1
    doubled = np.kron(kept, np.ones((fine, fine), dtype=np.uint8)).astype(np.uint8)
    rings, tree = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    tolerance = fine * outline_tolerance(guess.size)
    short = [cv2.approxPolyDP(ring, tolerance, closed=True).reshape(-1, 2) for ring in rings]
    usable = [n for n, ring in enumerate(short) if len(ring) >= 3]
    parents = np.asarray(tree).reshape(-1, 4)[:, 3]
    parts = [[short[n], *(short[hole] for hole in usable if parents[hole] == n)] for n in usable if parents[n] < 0]
    return [[((ring + 0.5) / fine + guess.origin).tolist() for ring in part] for part in parts]


def without_specks(mask: Mask) -> Mask:
    """The largest pieces of a mask (h, w), those left out that are below a thousandth of the largest."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if len(areas) <= 1:
        return mask
    order = np.argsort(-areas, kind="stable")[:_MOST_PIECES]
    kept = order[areas[order] >= max(_LEAST_PIECE, areas.max() / 1000)]
    return np.asarray(np.isin(pieces, kept + 1) if len(kept) else mask, dtype=np.bool_)


def outline_tolerance(size: tuple[int, int]) -> float:
    """How far an outline may leave the edge of its mask: one pixel, more where the image is bigger than screens are."""
    return _TOLERANCE * max(1.0, max(size) / _FINE_SIDE)
