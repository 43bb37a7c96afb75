"""Boxes like those that people confirmed: found at other places and sizes, judged without the image they came from."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.backends.images.boxed_pictures import HEIGHT, SHAPES, WIDTH, Boxed, boxed_pictures
from tools.backends.contract import Example, Input
from tools.backends.images.box_scores import best_threshold, item_score
from tools.backends.images.builtin_similar_regions import SimilarRegions
from tools.backends.images.region_features import DEPTH, grid_of, learn_ground, whitener_of, windows
from tools.backends.images.similar_regions import take_exemplar
from tools.errors import Conflict
from tools.images.pixels import read_pixels
from tools.results import Artefact
from tools.values import check_value


def inputs_of(pictures: list[Boxed]) -> list[Input]:
    return [Input.of_image(at, one.place) for at, one in enumerate(pictures)]


def examples_of(pictures: list[Boxed], count: int) -> list[Example]:
    return [Example(Input.of_image(at, one.place), one.value, True) for at, one in enumerate(pictures[:count])]


def test_without_a_box_nothing_is_learned(tmp_path: Path) -> None:
    empty = Example(Input.of_image(0, boxed_pictures(tmp_path, 1)[0].place), {"boxes": []})
    with pytest.raises(Conflict, match="draw the first one"):
        SimilarRegions(SHAPES).fit([empty], [], 1)


def test_the_artefact_can_be_stored_without_pickling_and_gives_the_same_drafts(tmp_path: Path) -> None:
    pictures, labeller = boxed_pictures(tmp_path, 3), SimilarRegions(SHAPES)
    artefact = labeller.fit(examples_of(pictures, 2), inputs_of(pictures), 1)
    np.savez(tmp_path / "arrays.npz", **dict(artefact.arrays), allow_pickle=False)
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as stored:
        again = Artefact(json.loads(json.dumps(artefact.json)), {name: stored[name] for name in stored.files})
    drafts = labeller.predict(again, inputs_of(pictures))
    assert drafts == labeller.predict(artefact, inputs_of(pictures))
    for draft in drafts:
        assert draft.value is not None and check_value(SHAPES, draft.value, size=(WIDTH, HEIGHT)) == draft.value


def test_an_object_of_twice_the_size_is_found(tmp_path: Path) -> None:
    picture = boxed_pictures(tmp_path, 1)[0]
    large = cv2.resize(read_pixels(picture.place), (2 * WIDTH, 2 * HEIGHT))
    place = tmp_path / "large.png"
    cv2.imwrite(str(place), cv2.cvtColor(large, cv2.COLOR_RGB2BGR))
    labeller = SimilarRegions(SHAPES)
    artefact = labeller.fit(examples_of([picture], 1), [Input.of_image(5, place)], 1)
    draft = labeller.predict(artefact, [Input.of_image(5, place)])[0]
    # Best first: the last one of a label that is set is its best.
    found = {one["label"]: one["box"] for one in reversed((draft.value or {})["boxes"])}
    for one in picture.value["boxes"]:
        assert found[one["label"]] == pytest.approx([2 * side for side in one["box"]], abs=14)


def test_a_box_of_a_few_pixels_is_no_example(tmp_path: Path) -> None:
    pixels = read_pixels(boxed_pictures(tmp_path, 1)[0].place)
    assert take_exemplar(pixels, [10, 10, 14, 14], 0, 0) is None
    taken = take_exemplar(pixels, [10, 10, 60, 40], 0, 0)
    assert taken is not None and taken.grid.shape[2] == DEPTH and taken.shape[1] > taken.shape[0]


def test_the_ground_is_as_far_from_itself_as_its_numbers_are_many(tmp_path: Path) -> None:
    grids = [grid_of(read_pixels(one.place)) for one in boxed_pictures(tmp_path, 4)]
    whitener = whitener_of(learn_ground(grids, 4), 2, 2)
    rows = windows(grids[0], 2, 2)
    assert rows is not None and rows.shape[1] == 4 * DEPTH
    # Whitened, the squared length of a usual window is near the number of its entries (a chi-square's mean).
    assert 0.2 < float(np.mean(whitener.length(rows) ** 2)) / rows.shape[1] < 2
    assert windows(grids[0], 100, 2) is None


def test_the_threshold_is_where_f1_is_best() -> None:
    scores = np.array([0.9, 0.8, 0.8, 0.3, 0.2], dtype=np.float32)
    right = np.array([True, True, False, True, False])
    # Shown from 0.3 on: 3 right of 4 for 3 objects, F1 = 6 / 7; from 0.9 on 2 / 4, from 0.8 on 4 / 6.
    assert best_threshold(scores, right, 3) == (pytest.approx(0.3), pytest.approx(6 / 7))
    assert best_threshold(scores[:0], right[:0], 3) == (1.0, 0.0)


def test_the_score_of_an_answer_is_the_share_expected_to_be_right() -> None:
    shown, hidden = np.array([0.9, 0.7], dtype=np.float32), np.array([0.4], dtype=np.float32)
    assert item_score(shown, hidden, True) == pytest.approx(1.6 / 2.4)
    assert item_score(shown[:0], hidden, True) == pytest.approx(1 / 1.4)
    assert item_score(shown, hidden, False) == pytest.approx(0.8)
