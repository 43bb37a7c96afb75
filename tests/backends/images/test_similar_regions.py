"""Finding more of what was boxed, on real photographs that scikit-image carries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assistant.demo.photos import photo_place
from tools.backends.images.builtin_similar_regions import USUAL_THRESHOLD, ground_of
from tools.backends.images.region_features import Ground
from tools.backends.images.similar_regions import Exemplar, RegionFinder, take_exemplar
from tools.geometry.boxes import iou_matrix
from tools.images.pixels import Pixels, read_pixels

COINS = ([30, 28, 68, 74], [80, 37, 118, 73])
MOTORCYCLE = [125, 75, 682, 452]
SHIFT = 40
"""Pixels by which the second camera of the stereo pair sees the motorcycle further left, about."""


def picture(name: str) -> Pixels:
    place = photo_place(name)
    assert place is not None
    return read_pixels(place)


@pytest.fixture(scope="module")
def ground() -> Ground:
    names = ("coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png", "grass.png")
    return ground_of([str(photo_place(name)) for name in names], [])


def taken(pixels: Pixels, *boxes: Any) -> list[Exemplar]:
    found = [take_exemplar(pixels, box, 0, 1) for box in boxes]
    return [one for one in found if one is not None]


def test_two_coins_find_all_the_others_and_nothing_else(ground: Ground) -> None:
    coins = picture("coins.png")
    found = RegionFinder(taken(coins, *COINS), ground).find(coins)
    assert np.count_nonzero(found.scores >= USUAL_THRESHOLD) == 24


def test_a_large_object_is_found_where_its_window_reaches_over_the_edges(ground: Ground) -> None:
    finder = RegionFinder(taken(picture("motorcycle_left.png"), MOTORCYCLE), ground)
    found = finder.find(picture("motorcycle_right.png"))
    x0, y0, x1, y1 = MOTORCYCLE
    assert iou_matrix([found.boxes[0]], [[x0 - SHIFT, y0, x1 - SHIFT, y1]]).item() > 0.9
    assert found.scores[0] > USUAL_THRESHOLD > found.scores[1]


def test_an_example_finds_itself_where_it_was_cut_out(ground: Ground) -> None:
    motorcycle = picture("motorcycle_left.png")
    found = RegionFinder(taken(motorcycle, MOTORCYCLE), ground).find(motorcycle)
    assert iou_matrix([found.boxes[0]], [MOTORCYCLE]).item() > 0.98


def test_of_the_image_that_is_left_out_nothing_is_looked_for(ground: Ground) -> None:
    coins = picture("coins.png")
    assert len(RegionFinder(taken(coins, *COINS), ground).find(coins, without=1)) == 0
