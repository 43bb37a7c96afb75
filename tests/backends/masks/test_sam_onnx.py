"""Segment-anything exported to ONNX: a pair in a folder, its inputs and outputs as the exporter names them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.backends.masks.sam_models import picture
from tests.backends.masks.sam_onnx import save_pair
from tools.backends.masks.contract_images import Click, Prompts, ProposalTerms
from tools.backends.masks.hub_sam import open_sam
from tools.errors import BackendFailed, InputError


def test_the_decoder_gets_points_in_the_square_and_its_mask_comes_back_on_the_image(tmp_path: Path) -> None:
    segmenter = open_sam(str(save_pair(tmp_path / "pair")))
    image = picture(320, 240)
    (guess,) = segmenter.segment(image, segmenter.encode(image), Prompts(clicks=(Click(160, 120),)))
    # A radius of 40 in a square of 256 for 320 pixels.
    assert guess.box == pytest.approx((110, 70, 210, 170), abs=2)
    assert guess.score == pytest.approx(0.7)


def test_an_earlier_mask_reaches_the_decoder(tmp_path: Path) -> None:
    segmenter = open_sam(str(save_pair(tmp_path / "pair")))
    image = picture(320, 240)
    earlier = np.zeros((240, 320), dtype=np.bool_)
    earlier[20:60, 220:300] = True
    clicks = (Click(160, 120), Click(5, 5, False))
    mask = segmenter.segment(image, segmenter.encode(image), Prompts(clicks=clicks, earlier=earlier))[0].full()
    assert mask[40, 260] and not mask[120, 160]


def test_proposals_come_from_a_grid_of_points(tmp_path: Path) -> None:
    segmenter = open_sam(str(save_pair(tmp_path / "pair")))
    image = picture(320, 240)
    terms = ProposalTerms(points=2, least_score=0.5, least_stability=0.9)
    assert len(segmenter.propose(image, segmenter.encode(image), terms)) == 4


def test_the_revision_changes_with_the_files(tmp_path: Path) -> None:
    folder = save_pair(tmp_path / "pair")
    first = open_sam(str(folder)).identity.revision
    with (folder / "encoder.onnx").open("ab") as file:
        file.write(b"\x72\x04\n\x02ab")
    assert open_sam(str(folder)).identity.revision != first


@pytest.mark.parametrize("lacking", ["orig_im_size", "iou_predictions"])
def test_a_decoder_of_another_form_is_one_sentence(tmp_path: Path, lacking: str) -> None:
    with pytest.raises(BackendFailed, match=f"lacks the (in|out)put '{lacking}'"):
        open_sam(str(save_pair(tmp_path / "pair", lacking)))


def test_files_under_other_names_are_described_beside_them(tmp_path: Path) -> None:
    folder = save_pair(tmp_path / "pair")
    (folder / "encoder.onnx").rename(folder / "vit.onnx")
    with pytest.raises(InputError, match=r"name encoder and decoder in segmenter\.yaml"):
        open_sam(str(folder))
    (folder / "segmenter.yaml").write_text("encoder: vit.onnx\ninput: rgb\n")
    segmenter = open_sam(str(folder))
    colours = segmenter.encode(np.full((64, 64, 3), 200, dtype=np.uint8))["image_embeddings"]
    assert colours.mean() == pytest.approx(200, abs=0.5)


@pytest.mark.parametrize("told", ["what: 1\n", "encoder: ../x.onnx\n", "- [\n", "input: bgr\n"])
def test_a_description_that_makes_no_sense_is_one_sentence(tmp_path: Path, told: str) -> None:
    folder = save_pair(tmp_path / "pair")
    (folder / "segmenter.yaml").write_text(told)
    with pytest.raises(InputError) as refused:
        open_sam(str(folder))
    assert "\n" not in str(refused.value)


def test_a_broken_file_is_one_sentence(tmp_path: Path) -> None:
    folder = save_pair(tmp_path / "pair")
    (folder / "decoder.onnx").write_bytes(b"nothing")
    with pytest.raises(BackendFailed, match=r"decoder\.onnx cannot be loaded"):
        open_sam(str(folder))
