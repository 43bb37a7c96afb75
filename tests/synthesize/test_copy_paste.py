"""Copy and paste of objects: what is labelled is what is seen, and where it stands is plausible."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import InputError
from tools.geometry.masks import decode, encode
from tools.geometry.regions import mask_of_region
from tools.schema import FieldSpec
from tools.synthesize.copy_paste import (
    MOST_SCALE,
    Cutting,
    Habits,
    Placement,
    Scene,
    answer_of,
    cut_out,
    paste,
    paste_some,
    place,
    scene_of,
    soft_edge,
)
from tools.values import check_value

RED, GREY = (200, 10, 10), (90, 90, 90)


def _disc(size: tuple[int, int], x: int, y: int, radius: int) -> Any:
    rows, columns = np.mgrid[: size[0], : size[1]]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def _picture(size: tuple[int, int], *discs: tuple[int, int, int], label: str = "ball") -> Scene:
    """A grey picture with red discs (x, y, radius) in it, each a region."""
    pixels = np.full((*size, 3), GREY, dtype=np.uint8)
    regions = []
    for number, (x, y, radius) in enumerate(discs, start=1):
        mask = _disc(size, x, y, radius)
        pixels[mask] = RED
        regions.append({"id": f"r{number}", "label": label, "size": list(size), "counts": encode(mask)})
    return scene_of(pixels, regions)


def _masks(scene: Scene) -> list[Any]:
    return [mask_of_region(region, scene.pixels.shape[:2]) for region in scene.regions]


BALL = cut_out(_picture((60, 80), (40, 30, 15)))[0]


def test_an_object_is_cut_out_with_its_size_and_height() -> None:
    assert BALL.mask.shape == (31, 31)
    assert (BALL.pixels[BALL.mask] == RED).all()
    assert BALL.share == pytest.approx(np.sqrt(np.count_nonzero(BALL.mask) / 4800))
    assert BALL.foot == pytest.approx(46 / 60)


def test_objects_that_are_tiny_or_cut_by_the_edge_stay_where_they_are() -> None:
    assert cut_out(_picture((60, 80), (2, 30, 10), (50, 20, 3))) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(0, 20), st.floats(0.3, 1.2), st.booleans(), st.sampled_from((0.0, 1.5, 4.0)))
def test_a_labelled_pixel_is_at_least_half_the_objects(
    x: int, y: int, scale: float, mirrored: bool, feather: float
) -> None:
    before = _picture((60, 80))
    after = paste(before, BALL, Placement(x, y, scale, mirrored), feather)
    # On one axis of colour, red is 1 and grey is 0: how much of each pixel is the ball's.
    share = (after.pixels[..., 0].astype(float) - GREY[0]) / (RED[0] - GREY[0])
    mask = decode(after.regions[0]["counts"], (60, 80))
    assert share[mask].min() >= 0.45
    assert share[~mask].max() <= 0.55


def test_masks_never_overlap_after_pasting() -> None:
    scene = _picture((100, 120), (30, 50, 20), (95, 50, 20))
    after = paste(scene, BALL, Placement(25, 35, 1.3))
    total = sum(mask.astype(int) for mask in _masks(after))
    assert total.max() == 1
    assert _masks(after)[0].sum() < _masks(scene)[0].sum()
    assert after.regions[1] == scene.regions[1]


def test_what_is_covered_wholly_is_gone() -> None:
    scene = _picture((60, 80), (40, 30, 5))
    assert [one["id"] for one in paste(scene, BALL, Placement(25, 15, 1.0)).regions] == ["p1"]


def test_nothing_of_the_old_surroundings_comes_along() -> None:
    blue = Scene(np.full((60, 80, 3), (0, 0, 255), np.uint8), ())
    for scale in (0.6, 1.0, 1.4):
        after = paste(blue, BALL, Placement(5, 5, scale), 3.0)
        # The ball lay on grey. Red over blue has no more green than the ball's own.
        assert after.pixels[..., 1].max() <= RED[1]


def test_the_picture_that_is_given_stays_as_it_is() -> None:
    scene = _picture((60, 80), (40, 30, 12))
    kept = scene.pixels.copy()
    paste(scene, BALL, Placement(0, 0, 1.0))
    assert (scene.pixels == kept).all()


def test_a_place_over_the_edge_is_refused() -> None:
    with pytest.raises(InputError, match="reaches over its edge"):
        paste(_picture((60, 80)), BALL, Placement(70, 0, 1.0))


def test_size_and_height_are_those_that_the_label_has_elsewhere() -> None:
    habits = Habits()
    far = _picture((200, 300), (150, 60, 8))
    habits.add(far.regions, (200, 300))
    rng = np.random.default_rng(0)
    for _ in range(20):
        chosen = place(_picture((400, 600)), BALL, habits, rng)
        assert chosen is not None
        after = paste(_picture((400, 600)), BALL, chosen)
        found = _masks(after)[0]
        assert np.sqrt(found.mean()) / 0.35 + 0.1 > 0.7 * 0.027**0.5
        foot = (np.flatnonzero(found.any(axis=1))[-1] + 1) / 400
        assert 0.25 < foot < 0.45


def test_no_object_is_covered_so_far_that_nobody_finds_it() -> None:
    scene = _picture((80, 80), (40, 40, 30))
    rng = np.random.default_rng(1)
    for _ in range(20):
        chosen = place(scene, BALL, Habits(), rng, least_visible=0.8)
        if chosen is not None:
            after = paste(scene, BALL, chosen)
            assert _masks(after)[0].sum() >= 0.8 * _masks(scene)[0].sum()


def test_without_room_there_is_no_place() -> None:
    scene = _picture((40, 40), (20, 20, 19))
    assert place(scene, BALL, Habits({"ball": [(0.9, 1.0)]}), np.random.default_rng(0), least_visible=0.9) is None


def test_nothing_is_enlarged_beyond_what_its_pixels_give() -> None:
    small = Cutting(np.zeros((10, 10, 3), np.uint8), np.ones((10, 10), bool), "ball", 0.1, 0.5)
    habits = Habits({"ball": [(0.5, 0.9)]})
    assert place(_picture((500, 500)), small, habits, np.random.default_rng(0)) is None
    assert MOST_SCALE == 2


def test_the_same_seed_makes_the_same_scene() -> None:
    scene, cuttings = _picture((100, 120), (30, 50, 15)), [BALL, BALL, BALL]
    made = [paste_some(scene, cuttings, Habits(), np.random.default_rng(7)) for _ in range(2)]
    assert (made[0].pixels == made[1].pixels).all()
    assert made[0].regions == made[1].regions
    other = paste_some(scene, cuttings, Habits(), np.random.default_rng(8))
    assert other.regions != made[0].regions


def test_every_pasted_object_is_named_and_counted() -> None:
    after = paste_some(_picture((300, 400)), [BALL] * 5, Habits({"ball": [(0.08, 0.5)]}), np.random.default_rng(3))
    assert len(after.pasted) == len(after.regions) == 3
    assert set(after.pasted) == {one["id"] for one in after.regions}


@pytest.mark.parametrize("kind", ["boxes", "polygons", "masks"])
def test_the_answer_of_a_scene_is_a_value_of_the_field(kind: str) -> None:
    scene = paste(_picture((60, 80), (20, 20, 12)), BALL, Placement(30, 10, 1.0))
    field = FieldSpec.model_validate({"id": "objects", "kind": kind, "labels": ["ball"]})
    checked = check_value(field, answer_of(scene, kind), None, None, (80, 60))
    masks = _masks(scene)
    for region, mask in zip(checked[kind], masks, strict=True):
        if kind != "boxes":
            assert (mask_of_region(region, (60, 80)) == mask).all()
        else:
            rows = np.flatnonzero(mask.any(axis=1))
            assert (region["box"][1], region["box"][3]) == (rows[0], rows[-1] + 1)


def test_key_points_cannot_be_corrected_and_are_refused() -> None:
    with pytest.raises(InputError, match="has no outline"):
        scene_of(np.zeros((10, 10, 3), np.uint8), [{"id": "a", "label": "ball", "points": [[1, 1, 2]]}])
    with pytest.raises(InputError, match="not 'keypoints'"):
        answer_of(_picture((20, 20), (10, 10, 5)), "keypoints")


def test_an_edge_fades_inwards_only() -> None:
    mask = np.zeros((20, 20), bool)
    mask[5:15, 5:15] = True
    alpha = soft_edge(mask, 3.0)
    assert (alpha[~mask] == 0).all()
    assert alpha[10, 10] == 1
    assert 0 < alpha[5, 10] < alpha[6, 10] < alpha[7, 10] < 1
    assert (soft_edge(mask, 0) == mask).all()
