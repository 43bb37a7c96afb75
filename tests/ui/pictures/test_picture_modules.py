"""What the card does with pictures, without a DOM: places, run lengths, strokes, boxes, polygons, steps back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.ui.modules import module_page, run
from tools.geometry.boxes import corners_of
from tools.geometry.masks import box_of_runs, decode, encode, runs_of
from tools.geometry.polygons import rasterise

pytestmark = pytest.mark.browser

SIZE = (37, 53)


@pytest.fixture(scope="module")
def modules(chromium: Any) -> Iterator[Any]:
    page = module_page(chromium)
    yield page
    page.context.close()


def masks() -> list[Any]:
    """Masks of many shapes: empty, full, corners, noise, large even blocks."""
    rng = np.random.default_rng(4)
    made = [np.zeros(SIZE, bool), np.ones(SIZE, bool), rng.random(SIZE) < 0.5, rng.random(SIZE) < 0.02]
    corner = np.zeros(SIZE, bool)
    corner[0, 0] = corner[-1, -1] = True
    block = np.zeros(SIZE, bool)
    block[5:30, 8:40] = True
    block[10:20, 12:20] = False
    return [*made, corner, block]


@pytest.mark.parametrize("number", range(6))
def test_run_lengths_are_read_and_written_byte_for_byte_as_the_tools_do(modules: Any, number: int) -> None:
    mask = masks()[number]
    text = encode(mask)
    body = "const i = m.decode(given[0]); return [m.encode(i, given[1]), m.area(i), m.boxOf(i, given[2])];"
    written, area, box = run(modules, "canvas/canvas_rle.js", body, [text, mask.size, SIZE[0]])
    assert written == text
    assert area == int(mask.sum())
    assert box == (list(box_of_runs(runs_of(mask), SIZE)) if mask.any() else None)


def test_run_lengths_beyond_32_bits_keep_every_digit(modules: Any) -> None:
    runs = [3_000_000_000, 5, 7, 2_999_999_999, 1, 4]
    assert run(modules, "canvas/canvas_rle.js", "return m.runsOf(m.textOf(given));", runs) == runs


def test_text_that_is_no_run_length_code_is_refused(modules: Any) -> None:
    body = "try { m.decode(given); return ''; } catch (e) { return e.message; }"
    assert "COCO" in run(modules, "canvas/canvas_rle.js", body, "!!\u00e9")


def test_masks_are_joined_cut_moved_and_asked_as_arrays_are(modules: Any) -> None:
    body = """const [a, b, h, w] = given; const one = m.decode(a); const other = m.decode(b); const n = h * w;
    const inside = [];
    for (let y = 0; y < h; y += 1) for (let x = 0; x < w; x += 1) inside.push(m.holds(one, h, x + 0.5, y + 0.5));
    return {union: m.encode(m.union(one, other), n), without: m.encode(m.without(one, other), n),
      moved: m.encode(m.moved(one, [h, w], 7, -5), n), inside};"""
    for one in masks():
        for other in masks():
            found = run(modules, "canvas/canvas_rle.js", body, [encode(one), encode(other), *SIZE])
            moved = np.zeros(SIZE, bool)
            moved[:-5, 7:] = one[5:, :-7]
            assert np.array_equal(decode(found["union"], SIZE), one | other)
            assert np.array_equal(decode(found["without"], SIZE), one & ~other)
            assert np.array_equal(decode(found["moved"], SIZE), moved)
            assert found["inside"] == one.ravel().tolist()


def distances(start: tuple[float, float], end: tuple[float, float]) -> Any:
    """Distance of each pixel centre from a segment (h, w)."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    share = np.clip(((columns - start[0]) * dx + (rows - start[1]) * dy) / length, 0, 1) if length else 0
    return np.hypot(columns - start[0] - share * dx, rows - start[1] - share * dy)


@pytest.mark.parametrize(
    ("start", "end", "radius"),
    [
        ((20.0, 15.0), (20.0, 15.0), 6),
        ((5.0, 5.0), (45.0, 30.0), 4),
        ((30.0, 2.0), (30.0, 34.0), 3),
        ((48.0, 10.0), (3.0, 12.5), 5),
        ((10.2, 30.9), (12.1, 3.3), 2.5),
        ((-4.0, -3.0), (60.0, 40.0), 7),
        ((25.3, 17.7), (25.9, 18.1), 1),
    ],
)
def test_a_stroke_paints_the_pixels_within_the_brush_and_no_other(
    modules: Any, start: tuple[float, float], end: tuple[float, float], radius: float
) -> None:
    body = "return m.encode(m.strokeIntervals(given[0], given[1], given[2]), given[2][0] * given[2][1]);"
    found = decode(run(modules, "canvas/canvas_rle.js", body, [[start, end], radius, SIZE]), SIZE)
    away = distances(start, end)
    # On the very rim rounding decides.
    clear = np.abs(away - radius) > 1e-9
    assert np.array_equal(found[clear], (away <= radius)[clear])


def test_a_polygon_with_a_hole_becomes_the_mask_that_the_tools_make_of_it(modules: Any) -> None:
    parts: list[Any] = [
        [[[4.3, 3.1], [40.7, 6.2], [33.4, 30.8], [8.9, 28.2]], [[15, 10], [25, 11], [20, 20]]],
        [[[44, 2], [50, 2], [50, 9]]],
    ]
    body = "return m.encode(m.polygonIntervals(given[0], given[1]), given[1][0] * given[1][1]);"
    found = decode(run(modules, "canvas/canvas_rle.js", body, [parts, SIZE]), SIZE)
    assert (found != rasterise(parts, SIZE)).sum() <= 2


TRANSFORM = "const t = new m.Transform(8000, 6000); t.resize(600, 500); t.fit();"


def test_the_point_below_the_pointer_stays_there_while_zooming(modules: Any) -> None:
    body = f"""{TRANSFORM} t.zoomAt(300, 250, 8);
    const before = t.toImage(210, 140); t.zoomAt(210, 140, 1.7); const after = t.toImage(210, 140);
    const [x, y] = t.toScreen(...after);
    return [before, after, [x, y]];"""
    before, after, place = run(modules, "canvas/canvas_transform.js", body)
    assert after == pytest.approx(before)
    assert place == pytest.approx([210, 140])


def test_an_object_fills_about_sixty_percent_of_the_view(modules: Any) -> None:
    body = f"""{TRANSFORM} t.fitBox([3000, 2000, 3300, 2100], 0.6);
    const [l, top] = t.toScreen(3000, 2000); const [r, b] = t.toScreen(3300, 2100);
    return [(r - l) / 600, (b - top) / 500, (l + r) / 2, (top + b) / 2];"""
    wide, high, x, y = run(modules, "canvas/canvas_transform.js", body)
    assert wide == pytest.approx(0.6)
    assert high < 0.6
    assert (x, y) == pytest.approx((300, 250))


def test_the_picture_cannot_be_pushed_out_of_sight(modules: Any) -> None:
    body = f"""{TRANSFORM} t.zoomAt(10, 10, 20); t.pan(1e6, 1e6); const one = t.visible();
    t.pan(-1e6, -1e6); const other = t.visible(); t.zoomAt(0, 0, 1e-9); return [one, other, t.isFitted, t.visible()];"""
    one, other, is_fitted, whole = run(modules, "canvas/canvas_transform.js", body)
    assert one[:2] == [0, 0]
    assert other[2:] == [8000, 6000]
    assert is_fitted
    assert whole == pytest.approx([0, 0, 8000, 6000])


def test_a_resized_view_keeps_its_middle_and_a_fitted_one_stays_fitted(modules: Any) -> None:
    body = f"""{TRANSFORM} t.resize(900, 300); const fitted = t.isFitted && t.visible();
    t.zoomAt(450, 150, 6); const before = t.toImage(450, 150); t.resize(500, 400);
    return [fitted, before, t.toImage(250, 200)];"""
    fitted, before, after = run(modules, "canvas/canvas_transform.js", body)
    assert fitted == pytest.approx([0, 0, 8000, 6000])
    assert after == pytest.approx(before)


def test_a_sharp_crop_is_asked_for_only_when_the_copy_is_too_coarse(modules: Any) -> None:
    body = """const { Transform } = await import('/canvas/canvas_transform.js');
    const t = new Transform(8000, 6000); t.resize(600, 500); t.fit(); const whole = m.cropWanted(t, 2048, 2);
    t.fitBox([3000, 2000, 3300, 2100], 0.6); const crop = m.cropWanted(t, 2048, 2);
    return [whole, crop, t.visible(), m.cropWanted(t, 8000, 2)];"""
    whole, crop, seen, full = run(modules, "canvas/canvas_pixels.js", body)
    assert whole is None
    assert full is None
    assert all(isinstance(crop[key], int) for key in crop)
    assert crop["x"] <= seen[0]
    assert crop["y"] <= seen[1]
    assert crop["x"] + crop["w"] >= seen[2]
    assert crop["y"] + crop["h"] >= seen[3]
    assert crop["side"] <= 2048


@pytest.mark.parametrize("angle", [0, 30, -75, 180])
def test_corners_of_a_turned_box_are_those_of_the_tools(modules: Any, angle: float) -> None:
    box = [10, 20, 70, 50]
    found = run(
        modules, "canvas/canvas_geometry.js", "return m.cornersOf({box: given[0], angle: given[1]});", [box, angle]
    )
    assert np.array(found) == pytest.approx(corners_of(box, angle))


@pytest.mark.parametrize("angle", [0, 40, -120])
@pytest.mark.parametrize("name", ["nw", "n", "ne", "e", "se", "s", "sw", "w"])
def test_dragging_a_handle_leaves_the_opposite_one_where_it_was(modules: Any, angle: float, name: str) -> None:
    body = """const opposite = {nw: "se", n: "s", ne: "sw", e: "w", se: "nw", s: "n", sw: "ne", w: "e"}[given.name];
    const region = {box: [100, 100, 180, 140], angle: given.angle};
    const [x, y] = m.handleAt(region, given.name); const next = m.resized(region, given.name, [x + 9, y - 4]);
    return [m.handleAt(region, opposite), m.handleAt(next, opposite), next.angle];"""
    before, after, kept = run(modules, "canvas/canvas_geometry.js", body, {"name": name, "angle": angle})
    # A side handle moves along its own axis only, so its opposite keeps its place; a corner's opposite is fixed.
    assert after == pytest.approx(before)
    assert kept == angle


def test_a_box_is_never_moved_out_of_the_picture(modules: Any) -> None:
    body = "return m.movedRegion({box: [5, 5, 25, 15], angle: 0}, given[0], given[1], [40, 60]).box;"
    assert run(modules, "canvas/canvas_geometry.js", body, [-100, 3]) == [0, 8, 20, 18]
    assert run(modules, "canvas/canvas_geometry.js", body, [100, 100]) == [40, 30, 60, 40]


def test_a_point_in_a_hole_is_not_in_the_polygon(modules: Any) -> None:
    region = {"parts": [[[[0, 0], [40, 0], [40, 40], [0, 40]], [[10, 10], [30, 10], [30, 30], [10, 30]]]]}
    body = "return [[5, 5], [20, 20], [50, 5]].map((point) => m.isIn(given, point));"
    assert run(modules, "canvas/canvas_geometry.js", body, region) == [True, False, False]


def test_taking_the_outer_ring_takes_the_part_and_a_hole_only_itself(modules: Any) -> None:
    parts = [[[[0, 0], [9, 0], [9, 9]], [[1, 1], [2, 1], [2, 2]]], [[[20, 0], [29, 0], [29, 9]]]]
    body = "return [m.withRing(given, 0, 1, null), m.withRing(given, 0, 0, null)];"
    without_hole, without_part = run(modules, "canvas/canvas_geometry.js", body, parts)
    assert without_hole == [[parts[0][0]], parts[1]]
    assert without_part == [parts[1]]


def test_angles_stay_in_half_a_turn_either_way(modules: Any) -> None:
    found = run(
        modules, "canvas/canvas_geometry.js", "return given.map(m.normalAngle);", [180, -180, 190, -190, 725, 0]
    )
    assert found == [-180, -180, -170, 170, 5, 0]


REGIONS: dict[str, dict[str, Any]] = {
    "boxes": {"id": "a", "label": "x", "box": [1.25, 2, 30.5, 40], "angle": 12.5, "attributes": {"cut": True}},
    "polygons": {"id": "a", "label": "x", "parts": [[[[0.123, 0], [9, 0], [9, 9]]]]},
    "masks": {"id": "a", "label": "x", "size": list(SIZE), "counts": encode(masks()[2])},
    "keypoints": {"id": "a", "label": "x", "points": [[1.234, 2, 2], [0, 0, 0]]},
}


@pytest.mark.parametrize("kind", sorted(REGIONS))
def test_what_nobody_touched_is_stored_as_it_came(modules: Any, kind: str) -> None:
    body = """const [region] = m.held({kind: given[0], key: given[0]}, {[given[0]]: [given[1]]}, true);
    return [m.stored(region), m.isChanged(region), m.isChanged({...region, label: "y"})];"""
    stored, is_changed, is_relabelled = run(modules, "image/edit_region_forms.js", body, [kind, REGIONS[kind]])
    assert stored == REGIONS[kind]
    assert (is_changed, is_relabelled) == (False, True)


@pytest.mark.parametrize("kind", sorted(REGIONS))
def test_equal_regions_are_equal_whatever_their_ids_clicks_and_order(modules: Any, kind: str) -> None:
    other = {**REGIONS[kind], "id": "b", "label": "y"}
    one = {kind: [REGIONS[kind], other]}
    same = {kind: [{**other, "id": "c", "prompts": {"clicks": [[1, 1, 1]]}}, REGIONS[kind]]}
    body = "return [m.sameValue(given[3], given[0], given[1]), m.sameValue(given[3], given[0], given[2])];"
    given = [one, same, {kind: [other]}, {"kind": kind, "key": kind}]
    assert run(modules, "card/answers.js", body, given) == [True, False]


def test_steps_are_taken_back_and_done_again_and_quick_nudges_are_one_step(modules: Any) -> None:
    body = """let clock = 0; const h = new m.History(() => clock);
    h.keep("a", "nudge 1"); clock = 100; h.keep("b", "nudge 1"); clock = 5000; h.keep("c", "nudge 1");
    const back = [h.back("now"), h.back("c"), h.back("a")];
    return [back, h.again("a"), h.again("c"), h.again("now")];"""
    assert run(modules, "editing/edit_history.js", body) == [["c", "a", None], "c", "now", None]


SEGMENTER = """
const asked = [];
const waiting = [];
const server = {post: (path, body) => new Promise((yes, no) => { asked.push([path, body]); waiting.push([yes, no]); })};
const s = new m.Segmenter({server, exposure: 7, onState: () => {}});
"""


def test_only_the_newest_click_is_answered(modules: Any) -> None:
    body = """const one = s.preview({clicks: [[1, 1, 1]]}); const two = s.preview({clicks: [[1, 1, 1], [2, 2, 0]]});
    waiting[1][0]({counts: "new"}); waiting[0][0]({counts: "old"});
    return [await one, await two, asked.map(([path, body]) => [path, body.exposure, body.clicks.length])];"""
    found = run(modules, "canvas/canvas_segmenter.js", SEGMENTER + body)
    path = "/card/segment/preview"
    assert found == [None, {"counts": "new"}, [[path, 7, 1], [path, 7, 2]]]


def test_a_superseded_click_is_no_error_and_a_missing_route_is_said_in_words(modules: Any) -> None:
    body = """const one = s.preview({clicks: []}); waiting[0][1]({kind: "Superseded", status: 409});
    const two = s.preview({clicks: []}).catch((e) => e.message); waiting[1][1]({kind: "Unknown", status: 404});
    return [await one, await two, s.state];"""
    found = run(modules, "canvas/canvas_segmenter.js", SEGMENTER + body)
    assert found == [None, "Segmentation by clicks is not available on this server.", "absent"]


def test_encoding_is_waited_for_with_seconds(modules: Any) -> None:
    body = """let clock = 0; const said = [];
    const answers = [{state: "encoding"}, {state: "ready", backend: "builtin:grabcut"}];
    const s2 = new m.Segmenter({server: {post: async () => answers.shift()}, exposure: 7, now: () => clock,
      onState: () => { said.push([s2.state, s2.words]); clock += 3000; }});
    await s2.begin(); return said;"""
    found = run(modules, "canvas/canvas_segmenter.js", SEGMENTER + body)
    assert found == [["encoding", "encoding… 0 s"], ["ready", "segmenting with builtin:grabcut"]]


def test_the_brush_on_fifty_megapixels_takes_no_bitmap(modules: Any) -> None:
    body = """const size = [6000, 8500]; const from = performance.now(); let mask = [];
    for (let at = 0; at < 60; at += 1) {
      mask = m.union(mask, m.strokeIntervals([[1000 + 40 * at, 3000], [1040 + 40 * at, 3010]], 180, size));
    }
    return [performance.now() - from, m.area(mask)];"""
    milliseconds, area = run(modules, "canvas/canvas_rle.js", body)
    assert area > 60 * 40 * 360 * 0.9
    assert area < math.pi * 180**2 + 2 * 180 * 2500 + 360 * 620
    # Sixty moves of the pointer. Bitmaps of this size would take seconds for each of them.
    assert milliseconds < 3000
