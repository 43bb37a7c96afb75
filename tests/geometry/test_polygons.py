"""Outlines of masks and masks of outlines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from tools.geometry.masks import Mask
from tools.geometry.polygons import polygon_area, polygon_box, polygons_of, rasterise, ring_area

SQUARE = [[2, 1], [6, 1], [6, 5], [2, 5]]
HOLE = [[3, 2], [5, 2], [5, 4], [3, 4]]


@settings(max_examples=300)
@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_the_outlines_of_a_mask_give_the_mask_back(mask: Mask) -> None:
    assert (rasterise(polygons_of(mask), mask.shape) == mask).all()  # type: ignore[arg-type]


@given(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_outlines_have_the_area_of_the_mask(mask: Mask) -> None:
    assert polygon_area(polygons_of(mask)) == mask.sum()


def test_a_hole_is_left_out_of_the_mask() -> None:
    mask = rasterise([[SQUARE, HOLE]], (7, 8))
    assert (mask.sum(), mask[3, 4], mask[1, 2]) == (12, False, True)


def test_a_hole_of_one_part_does_not_cut_another() -> None:
    inside = [[3, 2], [5, 2], [5, 4], [3, 4]]
    assert rasterise([[SQUARE, HOLE], [inside]], (7, 8)).sum() == 16


def test_a_polygon_outside_the_image_covers_what_lies_inside() -> None:
    assert rasterise([[[[-5, -5], [3, -5], [3, 3], [-5, 3]]]], (4, 4)).sum() == 9


def test_a_pixel_counts_where_its_centre_lies_inside() -> None:
    assert rasterise([[[[0.6, 0], [3, 0], [3, 1], [0.6, 1]]]], (1, 3)).tolist() == [[False, True, True]]


def test_parts_that_touch_at_a_corner_only_are_apart() -> None:
    assert len(polygons_of(np.eye(2, dtype=bool))) == 2


def test_simplified_outlines_stay_near() -> None:
    rows, columns = np.mgrid[:200, :200]
    disc = (rows - 100) ** 2 + (columns - 100) ** 2 < 80**2
    rings = polygons_of(disc, tolerance=1.5)
    again = rasterise(rings, (200, 200))
    assert len(rings[0][0]) < 40
    assert np.count_nonzero(again ^ disc) < 0.03 * disc.sum()


@pytest.mark.parametrize(("ring", "area"), [(SQUARE, 16), (SQUARE[::-1], 16), (SQUARE[:2], 0)])
def test_the_area_of_a_ring_does_not_depend_on_its_direction(ring: list[list[float]], area: float) -> None:
    assert ring_area(ring) == area


def test_the_box_is_around_all_parts() -> None:
    assert polygon_box([[SQUARE], [[[10, 0], [11, 0], [11, 9]]]]) == (2, 0, 11, 9)
