"""Boxes worked by hand, and turned ones there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.geometry.boxes import box_from_corners, clip_box, corners_of, iou_matrix, usual_angle

SIDES = st.floats(0.5, 500)
PLACES = st.floats(-500, 500)


def test_overlap_is_shared_area_over_joined_area() -> None:
    found = iou_matrix([[0, 0, 10, 10], [20, 20, 30, 30]], [[5, 0, 15, 10]])
    assert found.ravel().tolist() == pytest.approx([1 / 3, 0])


def test_boxes_without_area_overlap_nothing() -> None:
    assert iou_matrix([[3, 3, 3, 3]], [[3, 3, 3, 3]]).item() == 0


def test_a_quarter_turn_clockwise_brings_the_top_left_corner_to_the_top_right() -> None:
    # With y pointing down, 90 degrees clockwise moves (0, 0) of a square around (1, 1) to (2, 0).
    assert corners_of((0, 0, 2, 2), 90)[0].tolist() == pytest.approx([2, 0])


@given(PLACES, PLACES, SIDES, SIDES, st.floats(-179, 179))
def test_a_turned_box_is_found_again_from_its_corners(x: float, y: float, w: float, h: float, angle: float) -> None:
    box, turned = box_from_corners(corners_of((x, y, x + w, y + h), angle))
    assert np.allclose([*box, turned], [x, y, x + w, y + h, angle], atol=1e-6)


@given(st.floats(-1e4, 1e4))
def test_angles_are_between_half_a_turn_either_way(angle: float) -> None:
    assert -180 <= usual_angle(angle) < 180


def test_clipping_keeps_what_lies_in_the_image() -> None:
    assert clip_box((-3, 2, 50, 9), (20, 8)) == (0, 2, 20, 8)
