"""Masks and shapes as other programs pack them."""

from __future__ import annotations

import base64
import io
import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from tools.exchange.files.xmlread import DOCTYPE, children_of, parse_xml
from tools.exchange.pictures.brush import OTHER_SIZE, TORN, decode_brush, encode_brush
from tools.exchange.pictures.crop_runs import OUTSIDE, WRONG_SUM, CropRuns, decode_crop, encode_crop, read_counts
from tools.exchange.pictures.mask_picture import NO_PICTURE, TOO_BIG, decode_picture, encode_picture
from tools.exchange.pictures.outlines import SAG, about_centre, about_corner, ellipse_outline, wrapped

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40))
sizes = st.floats(0.5, 4000, allow_nan=False)
angles = st.floats(-720, 720, allow_nan=False)


def _bits(*fields: tuple[int, int]) -> list[int]:
    """Numbers with so many bits each, packed by hand."""
    written = "".join(f"{number:0{bits}b}" for number, bits in fields)
    written += "0" * (-len(written) % 8)
    return [int(written[at : at + 8], 2) for at in range(0, len(written), 8)]


HEAD = ((7, 5), (2, 4), (3, 4), (7, 4), (15, 4))


@given(masks)
def test_brush_strokes_come_back_as_they_were(mask: Any) -> None:
    assert (decode_brush(encode_brush(mask), mask.shape) == mask).all()


def test_a_run_longer_than_the_largest_size_is_cut_in_pieces() -> None:
    mask = np.zeros((300, 300), bool)
    mask[100:299] = True
    assert (decode_brush(encode_brush(mask), mask.shape) == mask).all()


def test_brush_strokes_by_hand_are_read_by_their_fourth_channel() -> None:
    # Two pixels: red and transparent (a block of four single values), then blue and half seen (repeated 0, 0, 255, 9).
    strokes = _bits(
        (8, 32), *HEAD, (0, 1), (0, 2), (3, 3), (255, 8), (0, 8), (0, 8), (0, 8),
        (1, 1), (0, 2), (1, 3), (0, 8), (0, 1), (1, 2), (1, 4), (255, 8), (9, 8),
    )  # fmt: skip
    assert decode_brush(strokes, (1, 2)).tolist() == [[False, True]]


def test_brush_strokes_of_another_size_are_refused_before_they_are_unpacked() -> None:
    with pytest.raises(ValueError, match=OTHER_SIZE):
        decode_brush(_bits((2**32 - 1, 32), *HEAD, (1, 1)), (2, 2))


def test_torn_brush_strokes_are_refused() -> None:
    with pytest.raises(ValueError, match=TORN):
        decode_brush(encode_brush(np.eye(9, dtype=bool))[:-2], (9, 9))
    with pytest.raises(ValueError, match="no list of bytes"):
        decode_brush([1, 2, 999], (1, 1))


def test_brush_strokes_of_a_large_photograph_are_read_in_seconds() -> None:
    mask = np.zeros((5000, 4000), bool)
    mask[1000:4000, 500:3500] = True
    mask[::7, ::3] ^= True
    strokes = encode_brush(mask[:1000])
    start = time.perf_counter()
    assert (decode_brush(strokes, (1000, 4000)) == mask[:1000]).all()
    assert time.perf_counter() - start < 30


@given(masks)
def test_masks_in_a_crop_come_back_as_they_were(mask: Any) -> None:
    runs = encode_crop(mask)
    if runs is None:
        assert not mask.any()
    else:
        assert (decode_crop(runs, mask.shape) == mask).all()


def test_the_runs_of_a_crop_go_row_by_row_and_begin_with_zeros() -> None:
    mask = np.zeros((4, 5), bool)
    mask[1, 2:4] = True
    mask[2, 3] = True
    assert encode_crop(mask) == CropRuns((0, 2, 1, 1), 2, 1, 2, 2)
    assert read_counts("0, 2, 1,1") == (0, 2, 1, 1)


def test_a_crop_over_the_edge_is_cut_there_and_one_outside_refused() -> None:
    assert decode_crop(CropRuns((0, 4), -1, -1, 2, 2), (3, 3)).sum() == 1
    with pytest.raises(ValueError, match=OUTSIDE):
        decode_crop(CropRuns((0, 4), 3, 0, 2, 2), (3, 3))
    with pytest.raises(ValueError, match=WRONG_SUM):
        decode_crop(CropRuns((0, 5), 0, 0, 2, 2), (3, 3))
    with pytest.raises(ValueError, match="no whole numbers"):
        read_counts("1, two")


@given(sizes, sizes, sizes, sizes, angles)
def test_a_rectangle_turned_about_its_corner_keeps_that_corner(
    x: float, y: float, width: float, height: float, turned: float
) -> None:
    box, angle = about_centre(x, y, width, height, turned)
    found = about_corner(box, angle)
    assert found == pytest.approx((x, y, width, height, wrapped(turned)), abs=1e-6)
    assert -180 <= angle < 180


def test_a_rectangle_turned_by_a_quarter_about_its_corner_lies_left_of_it() -> None:
    box, angle = about_centre(100, 50, 40, 20, 90)
    # Its corners are (100, 50), (100, 90), (80, 90) and (80, 50): the centre is (90, 70).
    assert (box, angle) == ((70, 60, 110, 80), 90)
    assert about_centre(1, 2, 3, 4, 0) == ((1, 2, 4, 6), 0)


@given(sizes, sizes, angles)
def test_the_outline_of_an_ellipse_stays_close_to_it(radius_x: float, radius_y: float, turned: float) -> None:
    ring = ellipse_outline(10, 20, radius_x, radius_y, turned)
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2
    whole = math.pi * radius_x * radius_y
    perimeter = 2 * math.pi * max(radius_x, radius_y)
    assert whole - SAG * perimeter <= abs(area) <= whole + 1e-6 * whole


@given(masks)
def test_masks_as_pictures_come_back_as_they_were(mask: Any) -> None:
    assert (decode_picture(encode_picture(mask), mask.shape) == mask).all()


def test_a_picture_larger_than_its_image_is_refused_unopened() -> None:
    stream = io.BytesIO()
    Image.new("1", (50, 40)).save(stream, "PNG")
    written = base64.b64encode(stream.getvalue()).decode()
    with pytest.raises(ValueError, match=TOO_BIG):
        decode_picture(written, (40, 49))
    for broken in ("", "not base64!", base64.b64encode(b"GIF89a" + bytes(40)).decode(), written[:60]):
        with pytest.raises(ValueError, match=NO_PICTURE):
            decode_picture(broken, (40, 50))


def test_xml_is_read_child_by_child_and_as_a_whole() -> None:
    content = b'<?xml version="1.0"?><a x="1"><b>one<c y="2"/></b> between <d/></a>'
    root = parse_xml(content)
    assert (root.tag, root.get("x"), [one.tag for one in root]) == ("a", "1", ["b", "d"])
    assert [(one.tag, one.text) for one in children_of(content)] == [("b", "one"), ("d", None)]


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<!DOCTYPE a><a/>",
    ],
)
def test_xml_with_a_doctype_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=DOCTYPE):
        parse_xml(content)


@pytest.mark.parametrize("content", [b"", b"<a>", b"<a></b>", b"<a/><b/>", b"{}", b"<a>&nbsp;</a>", b"\xff\xfe<"])
def test_what_is_not_xml_says_so(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^line \d+: "):
        parse_xml(content)


def test_xml_nested_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="nested more than"):
        parse_xml(b"<a>" * 100_000)


@settings(max_examples=20, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20))
def test_any_text_comes_through_xml_whole(text: str) -> None:
    from xml.sax.saxutils import escape

    whole = f"<a><b>{escape(text)}</b></a>".encode()
    assert (parse_xml(whole)[0].text or "") == text
