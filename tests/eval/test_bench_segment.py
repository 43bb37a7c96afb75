"""The benchmark of segmenting: where clicks go, how they are counted, and what a difference beyond chance is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eval.bench.segmenting.segment import after, ours_better
from eval.bench.segmenting.segment_boxes import roughened
from eval.bench.segmenting.segment_clicks import Photo, click_through, clicks_to, next_click, read_photos
from eval.bench.segmenting.segment_peer import plain_grabcut
from tests.pictures import draw, ground
from tools.backends.masks.contract_images import Mask, Pixels, Prompts


def photo() -> Photo:
    """A wide object of 40 × 20 pixels with its middle at (40, 30); the last column is unknown."""
    truth = np.zeros((60, 80), dtype=np.bool_)
    truth[20:40, 20:60] = True
    counted = np.ones_like(truth)
    counted[:, 79] = False
    return Photo("p", np.zeros((60, 80, 3), dtype=np.uint8), truth, counted)


def test_the_first_click_goes_into_the_middle_of_the_object() -> None:
    click = next_click(photo(), np.zeros((60, 80), dtype=np.bool_), None)
    assert click.is_object and 29 <= click.x <= 51 and click.y == pytest.approx(30, abs=1)


def test_the_next_click_goes_into_the_largest_wrong_region() -> None:
    mask = photo().truth.copy()
    mask[20:40, 20:25] = False
    mask[0:10, 0:60] = True
    click = next_click(photo(), mask, None)
    assert not click.is_object and click.y == pytest.approx(5, abs=1)


def test_an_off_centre_click_lies_anywhere_in_the_region() -> None:
    rng = np.random.default_rng(0)
    spots = {(click.x, click.y) for click in (next_click(photo(), np.zeros((60, 80), bool), rng) for _ in range(50))}
    assert len(spots) > 40 and all(20 < x < 60 and 20 < y < 40 for x, y in spots)


def test_pixels_of_unknown_truth_count_for_nobody() -> None:
    mask = photo().truth.copy()
    mask[:, 79] = True
    assert photo().overlap(mask) == 1.0


def test_clicking_stops_when_it_is_enough_and_sees_the_mask_before() -> None:
    seen = []

    def answer(image: Pixels, prompts: Prompts) -> Mask:
        seen.append(prompts.earlier is not None)
        mask = np.zeros((60, 80), dtype=np.bool_)
        mask[20:40, 20 : 20 + 20 * len(prompts.clicks)] = True
        return mask

    assert click_through(photo(), answer, None, 20, 0.9) == [0.5, 1.0] and seen == [False, True]
    assert len(click_through(photo(), answer, None, 20, 0.9, least=3)) == 3


def test_clicks_are_counted_to_the_first_that_is_enough_and_the_cap_where_none_is() -> None:
    assert (clicks_to([0.5, 0.86, 0.8], 0.85, 20), clicks_to([0.5], 0.85, 20)) == (2, 20)
    assert after([[0.1, 0.2, 0.3], [0.9]], 2).tolist() == [0.2, 0.9]


def test_a_difference_is_beyond_chance_where_its_interval_is_above_zero() -> None:
    base = np.linspace(0, 0.5, 30)
    low, high = ours_better(base + 0.1, base)
    assert low == pytest.approx(0.1) and high == pytest.approx(0.1)
    low, high = ours_better(np.array([1.0, 0.0, np.nan]), np.array([0.0, 1.0, 0.5]))
    assert low < 0 < high


def test_the_peer_finds_a_disc_in_a_box() -> None:
    pixels = ground(np.random.default_rng(1))
    draw(pixels, "disc", (40, 30, 100, 90), "red")
    assert plain_grabcut(pixels, Prompts(box=(34, 24, 107, 97)))[60, 70]


def test_rough_boxes_stay_inside_the_image() -> None:
    x0, y0, x1, y1 = roughened((0.0, 0.0, 100.0, 50.0), 100, 50, np.random.default_rng(2))
    assert 0 <= x0 < x1 <= 100 and 0 <= y0 < y1 <= 50


def test_photos_are_read_with_their_scribbles(tmp_path: Path) -> None:
    for name in ("images", "masks", "scribbles1"):
        (tmp_path / name).mkdir()
    Image.fromarray(photo().image).save(tmp_path / "images" / "a.png")
    Image.fromarray(np.where(photo().truth, 255, 128).astype(np.uint8)).save(tmp_path / "masks" / "a.png")
    drawn = Image.fromarray(np.tile(np.array([0, 1, 2], dtype=np.uint8), (60, 27))[:, :80], mode="L")
    drawn.save(tmp_path / "scribbles1" / "a.png")
    (found,) = read_photos(tmp_path)
    assert found.box == (20, 20, 60, 40) and found.counted.sum() == 800 and len(found.scribbles) == 1
    assert found.scribbles[0].object_strokes[0] == ((1.5, 0.5),)
