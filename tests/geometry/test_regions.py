"""Regions of all kinds compared with each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tools.geometry.masks import encode
from tools.geometry.regions import (
    box_of_region,
    clip_region,
    mask_of_region,
    match_regions,
    region_iou,
    same_regions,
)

SIZE = (40, 60)


def box(x0: float, y0: float, x1: float, y1: float, label: str = "car", **more: Any) -> dict[str, Any]:
    return {"label": label, "box": [x0, y0, x1, y1], **more}


def mask_of(x0: int, y0: int, x1: int, y1: int) -> dict[str, Any]:
    drawn = np.zeros(SIZE, dtype=bool)
    drawn[y0:y1, x0:x1] = True
    return {"label": "car", "size": list(SIZE), "counts": encode(drawn)}


def polygon(x0: float, y0: float, x1: float, y1: float) -> dict[str, Any]:
    return {"label": "car", "parts": [[[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]]]}


@pytest.mark.parametrize("one", [box(5, 5, 25, 25), polygon(5, 5, 25, 25), mask_of(5, 5, 25, 25)])
@pytest.mark.parametrize("other", [box(15, 5, 35, 25), polygon(15, 5, 35, 25), mask_of(15, 5, 35, 25)])
def test_the_same_shapes_overlap_alike_whatever_they_are_drawn_as(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert region_iou(one, other) == pytest.approx(1 / 3, abs=0.02)


def test_a_turned_box_overlaps_its_own_outline() -> None:
    turned = box(10, 10, 30, 20, angle=30.0)
    assert region_iou(turned, turned) == 1
    assert 0.4 < region_iou(turned, box(10, 10, 30, 20)) < 0.8


def test_boxes_around_regions() -> None:
    boxes = [box_of_region(one) for one in (box(1, 2, 3, 4), polygon(1, 2, 3, 4), mask_of(1, 2, 3, 4))]
    assert boxes == [(1, 2, 3, 4)] * 3


def test_the_box_around_key_points_leaves_out_absent_ones() -> None:
    assert box_of_region({"label": "p", "points": [[5, 6, 2], [0, 0, 0], [9, 3, 1]]}) == (5, 3, 9, 6)


def test_each_region_is_matched_once_and_the_sum_is_the_largest() -> None:
    ours = [box(0, 0, 10, 10), box(6, 0, 16, 10)]
    theirs = [box(4, 0, 14, 10), box(30, 0, 40, 10)]
    # Both of ours overlap the first of theirs (.43 and .67): the better pair counts, and one stays alone.
    assert match_regions(ours, theirs, 0.4) == [(1, 0)]


def test_answers_are_the_same_in_any_order_within_the_tolerance() -> None:
    ours = [box(0, 0, 10, 10), box(20, 0, 30, 10, "bus")]
    theirs = [box(20, 0, 30.5, 10, "bus"), box(0, 0.5, 10, 10)]
    assert same_regions(ours, theirs, 0.9)


@pytest.mark.parametrize(
    "theirs",
    [
        [],
        [box(0, 0, 10, 10, "bus")],
        [box(0, 0, 10, 10), box(0, 0, 10, 10)],
        [box(5, 0, 15, 10)],
        [box(0, 0, 10, 10, attributes={"truncated": True})],
    ],
)
def test_another_label_number_place_or_attribute_is_another_answer(theirs: list[dict[str, Any]]) -> None:
    assert not same_regions([box(0, 0, 10, 10)], theirs, 0.9)


def test_key_points_are_alike_where_they_are_near_for_the_size_of_the_object() -> None:
    one = {"label": "p", "points": [[0, 0, 2], [100, 0, 2], [0, 100, 2]]}
    near = {"label": "p", "points": [[5, 0, 2], [100, 8, 2], [0, 60, 2]]}
    assert region_iou(one, near) == pytest.approx(2 / 3)


def test_a_box_outside_the_image_is_clipped_away() -> None:
    assert clip_region(box(-20, 0, -5, 10), (60, 40)) is None
    clipped = clip_region(box(50, 30, 70, 50), (60, 40))
    assert clipped is not None and clipped["box"] == [50, 30, 60, 40]


def test_the_pixels_of_a_box_are_those_whose_centres_it_covers() -> None:
    assert mask_of_region(box(1, 1, 3, 4), SIZE).sum() == 6
