"""The tool over many images: from boxes, closer boxes, everything, words; on the fake context."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.fake_context import FakeContext, carry_out
from tests.pictures import draw, ground, save
from tools.backends.contract import BackendIdentity
from tools.backends.masks.contract_images import Encoding, MaskGuess, Pixels, Prompts, ProposalTerms
from tools.backends.masks.encodings import EncodingCache, encoding_key
from tools.backends.masks.sam_frame import trimmed
from tools.errors import ArgumentsRefused, BackendMissing, InputError
from tools.geometry.masks import decode, mask_iou
from tools.geometry.polygons import rasterise
from tools.kinds.registry import KINDS
from tools.records import Draft
from tools.schema import read_schema
from tools.segment import plan, work
from tools.segment.drawing import everything, tighten
from tools.segment.pointing import PointingArgs, outline_of, point_at, without_specks
from tools.segment.tool import segment
from tools.values import check_value

SCHEMA = """
name: Things
item: image
fields:
  - {id: boxes, kind: boxes, rotated: true, labels: [{id: red, name: Red}, {id: blue, name: Blue}]}
  - {id: masks, kind: masks, labels: [{id: red, name: Red}]}
  - {id: outlines, kind: polygons, labels: [{id: r, name: red}]}
"""
DISC = [40.0, 30.0, 101.0, 91.0]
LOOSE = [34.0, 24.0, 107.0, 97.0]


def box(region_id: str = "b1", label: str = "red", corners: list[float] | None = None, **more: Any) -> dict[str, Any]:
    return {"id": region_id, "label": label, "box": corners or LOOSE, **more}


@pytest.fixture
def ctx(tmp_path: Path) -> FakeContext:
    """Three pictures of a red disc."""
    made = FakeContext(read_schema(SCHEMA))
    rng = np.random.default_rng(4)
    for number in range(3):
        pixels = ground(rng)
        draw(pixels, "disc", (40, 30, 100, 90), "red")
        made.add_image(save(pixels, tmp_path / f"{number}.png"))
    return made


def run(ctx: FakeContext, **args: Any) -> list[Draft]:
    result = segment.run(segment.read_arguments(args), ctx)
    return carry_out(result, segment.work, ctx)


def value(draft: Draft) -> Mapping[str, Any]:
    assert draft.value is not None
    return draft.value


def test_masks_come_from_agreed_boxes_and_fit_the_schema(ctx: FakeContext) -> None:
    ctx.decide(1, {"boxes": [box()]})
    (draft,) = run(ctx, how="from_boxes", field="masks")
    (region,) = value(draft)["masks"]
    mask = decode(region["counts"], tuple(region["size"]))
    assert (draft.item_id, region["id"], region["label"]) == (1, "b1", "red")
    assert mask[60, 70] and not mask[28, 38] and 2400 < mask.sum() < 3200
    assert region["prompts"]["box"] == LOOSE
    check_value(ctx.schema.field("masks"), dict(value(draft)), "", (), size=(160, 120))


def test_proposed_boxes_serve_where_nobody_decided(ctx: FakeContext) -> None:
    ctx.decide(1, {"boxes": [box()]})
    ctx.suggest(Draft(2, "boxes", {"boxes": [box("p1")]}))
    assert [draft.item_id for draft in run(ctx, field="masks")] == [1, 2]


def test_outlines_get_the_label_of_the_same_name_and_others_are_left_out(ctx: FakeContext) -> None:
    ctx.decide(1, {"boxes": [box(), box("b2", "blue")]})
    (draft,) = run(ctx, field="outlines")
    (region,) = value(draft)["polygons"]
    assert region["label"] == "r" and len(region["parts"]) == 1
    check_value(ctx.schema.field("outlines"), dict(value(draft)), "", (), size=(160, 120))


def test_boxes_are_drawn_closer_and_the_reason_tells_each_overlap(ctx: FakeContext) -> None:
    ctx.decide(1, {"boxes": [box(attributes={})]})
    (draft,) = run(ctx, how="tighten_boxes", items="#1", most_change=0.5)
    (region,) = value(draft)["boxes"]
    assert region["box"] == pytest.approx(DISC, abs=2)
    assert "1 of 1 box drawn closer" in draft.reason and "b1 0." in draft.reason


def test_a_box_that_would_change_too_much_stays_and_says_why(ctx: FakeContext) -> None:
    ctx.decide(1, {"boxes": [box(), box("t1", corners=DISC, angle=30.0)]})
    (draft,) = run(ctx, how="tighten_boxes", items="#1", most_change=0.05)
    assert [region["box"] for region in value(draft)["boxes"]] == [LOOSE, DISC]
    assert "b1 stays: it would change by" in draft.reason and "t1 stays: it is turned" in draft.reason


def test_without_boxes_it_says_what_to_do_first(ctx: FakeContext) -> None:
    result = segment.run(segment.read_arguments({"field": "masks"}), ctx)
    assert result.work is None and "draw or propose boxes first" in result.text


def test_the_built_in_one_says_that_it_does_not_see_everything(ctx: FakeContext) -> None:
    with pytest.raises(InputError, match="name a segment-anything model"):
        run(ctx, how="everything", field="masks")


def test_everything_needs_to_know_which_label(ctx: FakeContext) -> None:
    with pytest.raises(InputError, match="Red, Blue"):
        run(ctx, how="everything", field="boxes")


def test_words_without_a_detector_say_how_to_get_one(ctx: FakeContext) -> None:
    with pytest.raises(BackendMissing, match="OWL-ViT or Grounding DINO"):
        run(ctx, how="words", field="masks", words="red")


def test_words_become_boxes_and_then_masks(ctx: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader:
        def find(self, image: Pixels, words: list[str]) -> list[Any]:
            from tools.backends.masks.word_detector import FoundBox

            return [FoundBox((34.0, 24.0, 107.0, 97.0), words[0], 0.9)]

    monkeypatch.setattr(work, "open_word_detector", lambda reference: Reader())
    ctx.settings["detector"] = "hub:some"
    drafts = run(ctx, how="words", field="masks", words="a red ball", items="#1, #3")
    assert [draft.item_id for draft in drafts] == [1, 3]
    assert [region["label"] for region in value(drafts[0])["masks"]] == ["red"]
    assert "found by words with hub:some" in drafts[0].reason


def test_words_that_fit_no_label_are_refused(ctx: FakeContext) -> None:
    assert plan.labels_for_words(ctx.schema.field("boxes"), "RED, blue") == {"RED": "red", "blue": "blue"}
    with pytest.raises(InputError, match="'cat' is no label"):
        plan.labels_for_words(ctx.schema.field("boxes"), "cat")


def test_a_picture_that_is_gone_is_a_draft_with_the_reason(ctx: FakeContext) -> None:
    ctx.decide(1, {"boxes": [box()]})
    Path(ctx.places[1]).unlink()
    (draft,) = run(ctx, field="masks")
    assert (draft.state, draft.value) == ("unread", None) and "cannot be read" in draft.problem


def test_texts_are_not_segmented() -> None:
    made = FakeContext(read_schema("name: T\nfields:\n  - {id: kind, kind: choice, labels: [a, b]}\n"), ["words"])
    with pytest.raises(InputError, match="needs a field of"):
        run(made)


class Known:
    """A segmenter that knows one mask, encodes slowly and counts how often."""

    is_encoder = True

    def __init__(self) -> None:
        self.encoded = 0
        self.identity = BackendIdentity("hub:known", "r1")

    def encode(self, image: Pixels) -> Encoding:
        self.encoded += 1
        return {"sum": np.array([image.sum()], dtype=np.int64)}

    def segment(self, image: Pixels, encoding: Encoding, prompts: Prompts) -> list[MaskGuess]:
        assert encoding["sum"][0] == image.sum()
        mask = np.zeros(image.shape[:2], dtype=np.bool_)
        mask[30:90, 40:100] = True
        return [trimmed(mask, 0.8)]

    def propose(self, image: Pixels, encoding: Encoding, terms: ProposalTerms) -> list[MaskGuess]:
        return [*self.segment(image, encoding, Prompts()), trimmed(np.zeros(image.shape[:2], dtype=np.bool_), 0.1)]


def test_everything_that_is_seen_becomes_a_region_with_the_label(ctx: FakeContext) -> None:
    known = Known()
    image = np.zeros((120, 160, 3), dtype=np.uint8)
    regions, scores = everything(known, image, known.encode(image), "red", KINDS["masks"])
    assert [one["id"] for one in regions] == ["s1"] and regions[0]["label"] == "red" and scores[0] == 0.8


def test_a_box_without_anything_in_it_stays() -> None:
    class Blind(Known):
        def segment(self, image: Pixels, encoding: Encoding, prompts: Prompts) -> list[MaskGuess]:
            return [trimmed(np.zeros(image.shape[:2], dtype=np.bool_))]

    (found,) = tighten(Blind(), np.zeros((120, 160, 3), dtype=np.uint8), {}, [box()], 1.0)
    assert found.stays == "nothing was found in it" and found.region["box"] == LOOSE


def test_pointing_twice_encodes_once_and_the_encoding_is_kept(
    ctx: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Known()
    monkeypatch.setattr("tools.segment.pointing.open_segmenter", lambda reference: known)
    args = PointingArgs(item=1, clicks=((70, 60, 1),))
    answers = [point_at(args, ctx, lambda: True) for _ in range(2)]
    media = ctx.items.get([1])[0].media
    assert known.encoded == 1 and answers[0]["score"] == 0.8 and answers[0]["box"] == [40, 30, 100, 90]
    assert media is not None and EncodingCache(ctx.cache).has(encoding_key(known.identity, media.digest))


def test_an_outline_follows_its_mask_with_its_hole_and_without_specks() -> None:
    mask = np.zeros((120, 160), dtype=np.bool_)
    cv2.circle(canvas := np.zeros((120, 160), dtype=np.uint8), (80, 60), 40, 1, -1)
    mask |= canvas > 0
    mask[50:70, 70:90] = False
    clean = mask.copy()
    mask[5, 5] = True
    parts = outline_of(trimmed(mask))
    assert len(parts) == 1 and len(parts[0]) == 2
    assert mask_iou(rasterise(parts, (120, 160)), clean) > 0.97


def test_the_outline_of_a_ragged_mask_takes_no_time() -> None:
    mask = np.random.default_rng(0).random((600, 800)) > 0.5
    began = time.process_time()
    outline_of(trimmed(mask))
    assert time.process_time() - began < 1


def test_a_preview_takes_no_unknown_argument() -> None:
    with pytest.raises(ArgumentsRefused, match="takes no argument 'what'"):
        segment.read_preview({"item": 1, "what": 2})


def test_pieces_below_a_thousandth_of_the_largest_and_below_four_pixels_are_specks() -> None:
    mask = np.zeros((90, 110), dtype=np.bool_)
    mask[:50, :100] = True
    mask[60, :5] = mask[62, :4] = mask[64, :1] = True
    kept = mask.copy()
    kept[62] = kept[64] = False
    assert (without_specks(mask) == kept).all()
    small = np.zeros((9, 9), dtype=np.bool_)
    small[:3, :3] = small[5, :4] = small[7, :3] = True
    kept = small.copy()
    kept[7] = False
    assert (without_specks(small) == kept).all()


def test_of_many_pieces_the_fifty_largest_are_kept() -> None:
    mask = np.zeros((120, 60), dtype=np.bool_)
    for at in range(52):
        mask[2 * at, : 5 + at] = True
    kept = mask.copy()
    kept[:4] = False
    assert (without_specks(mask) == kept).all()
