"""Masks: the pixels that belong to an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tools.errors import InputError, ValueRefused
from tools.geometry.boxes import Size
from tools.geometry.masks import area_of_runs, encode, fill, runs_of_string, string_of
from tools.geometry.polygons import rasterise
from tools.kinds.asked import Asked, Traced
from tools.kinds.drawn import Drawn, Outlined, is_list
from tools.kinds.fitting import TWISTED, mask_of, rings_of

FILLED = "Outlines that were filled in to masks, because the schema asks for masks"


class Masks(Outlined):
    """Masks: ``{"masks": [{"id": "r1", "label": "car", "size": [h, w], "counts": "compressed runs as in COCO"}]}``."""

    name = "masks"
    key = "masks"
    one, many = "mask", "masks"
    fineness = 3
    shape_key = "counts"
    own_keys = frozenset({"size", "counts"})
    geometry = ("counts",)
    by_hand = "draw a box or click into the object, and 'segment' makes the mask"
    question = "Which pixels belong to the objects?"
    field_words = ("mask", "masks", "segmentation", "segmentations")
    holds: ClassVar[dict[str, int]] = Drawn.holds | {"polygons": 1}

    def fit(self, field: Asked, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
        """A mask as it is, or an outline filled in."""
        if region.get("counts"):
            runs, found = mask_of(region, size)
            return {"size": list(found), "counts": string_of(runs)}
        if not region.get("parts"):
            raise ValueRefused("the region has no outline")
        if size is None:
            raise ValueRefused("the size of the image is not known")
        notes.append(FILLED)
        filled = rasterise(rings_of(region["parts"]), (size[1], size[0]))
        if not filled.any():
            raise ValueRefused(TWISTED)
        return {"size": [size[1], size[0]], "counts": encode(filled)}

    def shape(self, field: Asked, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
        """The runs of a mask of the image's own size."""
        given, counts = region.get("size"), region["counts"]
        if not is_list(given) or len(given) != 2 or not all(type(one) is int and one > 0 for one in given):
            raise ValueRefused(f"A mask of field {field.id!r} has a size [height, width], got {given!r}.")
        height, width = given
        if size is not None and (width, height) != tuple(size):
            raise ValueRefused(
                f"A mask of field {field.id!r} is for an image of {width} x {height}; "
                f"this one has {size[0]} x {size[1]}."
            )
        try:
            runs = runs_of_string(counts) if isinstance(counts, str) else _plain_runs(counts)
        except InputError as error:
            raise ValueRefused(f"A mask of field {field.id!r} cannot be read: {error}") from None
        if not fill(runs, (height, width)):
            raise ValueRefused(f"A mask of field {field.id!r} does not fill its image of {width} x {height}.")
        if not area_of_runs(runs):
            raise ValueRefused(f"A mask of field {field.id!r} is empty.")
        return {"size": [height, width], "counts": string_of(runs)}

    def of_mask(self, mask: Traced) -> dict[str, Any]:
        """All of it."""
        return {"size": list(mask.size), "counts": mask.counts()}


def _plain_runs(counts: Any) -> Any:
    if not is_list(counts) or not all(type(one) is int and one >= 0 for one in counts):
        raise InputError("its counts are neither text nor a list of lengths.")
    return np.array(counts, dtype=np.int64)
