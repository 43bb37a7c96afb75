"""``builtin:grabcut``: what is pointed at is found, corrections are kept, big and odd images answer too."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.pictures import draw, ground
from tools.backends.masks.builtin_grabcut import GrabCutSegmenter
from tools.backends.masks.contract_images import Click, Mask, Pixels, Prompts, ProposalTerms
from tools.errors import BackendFailed, InputError
from tools.geometry.masks import mask_iou


def disc(shape: tuple[int, int], x: float, y: float, radius: float) -> Mask:
    rows, columns = np.indices(shape)
    return np.asarray(np.hypot(columns + 0.5 - x, rows + 0.5 - y) <= radius)


@pytest.fixture
def picture() -> Pixels:
    """A red disc round (60, 60) and a blue one round (150, 60)."""
    pixels = ground(np.random.default_rng(1), 220, 120)
    draw(pixels, "disc", (30, 30, 90, 90), "red")
    draw(pixels, "disc", (125, 35, 175, 85), "blue")
    return pixels


def found(pixels: Pixels, **prompts: object) -> Mask:
    return GrabCutSegmenter().segment(pixels, {}, Prompts(**prompts))[0].full()  # type: ignore[arg-type]


def test_one_click_finds_the_whole_disc(picture: Pixels) -> None:
    assert mask_iou(found(picture, clicks=(Click(60, 60),)), disc((120, 220), 60, 60, 30)) > 0.9


def test_only_the_part_that_was_clicked_is_taken(picture: Pixels) -> None:
    draw(picture, "disc", (125, 35, 175, 85), "red")
    mask = found(picture, clicks=(Click(60, 60),))
    assert mask[60, 60] and not mask[60, 150]


def test_a_box_finds_the_disc_in_it(picture: Pixels) -> None:
    assert mask_iou(found(picture, box=(26.0, 26.0, 94.0, 94.0)), disc((120, 220), 60, 60, 30)) > 0.9


def test_nothing_beyond_a_box_is_taken(picture: Pixels) -> None:
    mask = found(picture, box=(40.0, 40.0, 94.0, 94.0), clicks=(Click(60, 60),))
    assert not mask[:, :38].any() and not mask[:38].any()


def test_strokes_take_both_discs_and_leave_the_ground(picture: Pixels) -> None:
    strokes = (((40.0, 60.0), (80.0, 60.0)), ((135.0, 60.0), (165.0, 60.0)))
    mask = found(picture, object_strokes=strokes, background_strokes=(((5.0, 10.0), (210.0, 10.0)),))
    assert mask_iou(mask, disc((120, 220), 60, 60, 30) | disc((120, 220), 150, 60, 25)) > 0.9


def test_a_click_beside_takes_a_part_away_and_leaves_the_rest(picture: Pixels) -> None:
    both = disc((120, 220), 60, 60, 30) | disc((120, 220), 150, 60, 25)
    clicks = (Click(60, 60), Click(150, 60, False))
    mask = found(picture, clicks=clicks, earlier=both)
    assert mask[60, 60] and not mask[60, 150]


def test_clicks_hold_wherever_they_are(picture: Pixels) -> None:
    clicks = (Click(60, 60), Click(100, 20), Click(70, 60, False))
    mask = found(picture, clicks=clicks)
    assert mask[60, 60] and mask[20, 100] and not mask[60, 70]


def test_the_same_question_has_the_same_answer(picture: Pixels) -> None:
    first, second = (found(picture, clicks=(Click(60, 60), Click(75, 70))) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 300), (16, 16), (2, 2)])
def test_small_and_thin_images_answer(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 90, dtype=np.uint8)
    mask = found(pixels, clicks=(Click(0.5, 0.5),))
    assert mask.shape == shape and mask[0, 0]


def test_a_box_over_the_whole_image_answers(picture: Pixels) -> None:
    assert found(picture, box=(0.0, 0.0, 220.0, 120.0)).shape == (120, 220)


def test_an_image_of_fifty_megapixels_answers_in_seconds_with_a_sharp_edge() -> None:
    pixels = np.full((6000, 8400, 3), 150, dtype=np.uint8)
    draw(pixels, "disc", (3000, 2000, 5000, 4000), "red")
    began = time.process_time()
    mask = found(pixels, clicks=(Click(4000, 3000),))
    assert time.process_time() - began < 20
    assert mask_iou(mask[1500:4500, 2500:5500], disc((3000, 3000), 1500.5, 1500.5, 1000)) > 0.98


@pytest.mark.parametrize(
    ("prompts", "told"),
    [
        (Prompts(), "Nothing says where"),
        (Prompts(clicks=(Click(3, 3, False),)), "Nothing says where"),
        (Prompts(clicks=(Click(220, 3),)), "lies outside the image of 220 × 120"),
        (Prompts(box=(9, 9, 3, 3)), "left < right"),
        (Prompts(box=(300, 9, 310, 20)), "lies outside"),
        (Prompts(clicks=(Click(3, 3),), earlier=np.ones((3, 4), dtype=np.bool_)), "4 × 3 pixels, the image 220 × 120"),
    ],
)
def test_prompts_that_make_no_sense_are_one_sentence(picture: Pixels, prompts: Prompts, told: str) -> None:
    with pytest.raises(InputError, match=told):
        GrabCutSegmenter().segment(picture, {}, prompts)


def test_it_says_that_it_proposes_nothing_by_itself(picture: Pixels) -> None:
    with pytest.raises(BackendFailed, match="name a segment-anything model"):
        GrabCutSegmenter().propose(picture, {}, ProposalTerms())
