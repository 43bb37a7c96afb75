"""Run lengths against arrays, and against the form of COCO where pycocotools is installed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tools.errors import InputError
from tools.geometry.masks import (
    Mask,
    area_of_runs,
    box_of_runs,
    decode,
    encode,
    mask_iou,
    runs_iou,
    runs_of,
    runs_of_string,
    string_of,
)

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12))


@given(MASKS)
def test_a_mask_survives_its_compressed_text(mask: Mask) -> None:
    assert (decode(encode(mask), mask.shape) == mask).all()  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=20))
def test_runs_of_any_length_survive_their_text(runs: list[int]) -> None:
    assert runs_of_string(string_of(runs)).tolist() == runs


@given(MASKS)
def test_area_and_box_come_from_the_runs_alone(mask: Mask) -> None:
    runs = runs_of(mask)
    rows, columns = np.nonzero(mask)
    wanted = (0, 0, 0, 0)
    if len(rows):
        wanted = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert (area_of_runs(runs), box_of_runs(runs, mask.shape)) == (mask.sum(), wanted)  # type: ignore[arg-type]


@given(st.data())
def test_overlap_of_runs_is_that_of_the_masks(drawn: st.DataObject) -> None:
    shape = drawn.draw(array_shapes(min_dims=2, max_dims=2, max_side=9))
    one, other = (drawn.draw(arrays(np.bool_, shape)) for _ in range(2))
    assert runs_iou(runs_of(one), runs_of(other)) == pytest.approx(mask_iou(one, other))


@given(MASKS)
def test_the_text_is_the_one_that_the_coco_api_writes(mask: Mask) -> None:
    coco = pytest.importorskip("pycocotools.mask", reason="pycocotools is in the extra dev")
    assert encode(mask).encode() == coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"]


def test_a_known_mask_has_the_runs_worked_out_by_hand() -> None:
    mask = np.array([[0, 1, 1], [0, 1, 0]], dtype=bool)
    # Column by column: two outside, then 1 1, then 1, then 0.
    assert runs_of(mask).tolist() == [2, 3, 1]


def test_a_mask_that_begins_inside_starts_with_an_empty_run() -> None:
    assert runs_of(np.ones((2, 2), dtype=bool)).tolist() == [0, 4]


@pytest.mark.parametrize(
    ("counts", "size"), [([3, 2], (2, 2)), ("~~", (1, 1)), ("\x10", (1, 1)), ("o", (2, 2)), ([5, -1], (2, 2))]
)
def test_runs_that_make_no_mask_get_one_sentence(counts: object, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"mask"):
        decode(counts, size)  # type: ignore[arg-type]
