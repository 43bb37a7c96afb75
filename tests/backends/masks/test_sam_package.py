"""The original package beside transformers: the same file, the same masks. Run by ``make test-sam``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends.masks.sam_models import picture
from tools.backends.masks.contract_images import Click, Prompts
from tools.backends.masks.hub_sam import open_sam
from tools.backends.masks.hub_sam_package import package_state
from tools.backends.masks.sam_frame import Frame
from tools.geometry.masks import mask_iou

pytestmark = [pytest.mark.sam, pytest.mark.slow]
if package_state():
    pytest.skip("segment_anything and a working torchvision are missing: make test-sam", allow_module_level=True)

PROMPTS = (
    Prompts(clicks=(Click(140, 110),)),
    Prompts(clicks=(Click(140, 110), Click(20, 20, False))),
    Prompts(box=(78.0, 58.0, 202.0, 162.0)),
    Prompts(clicks=(Click(140, 110),), box=(78.0, 58.0, 202.0, 162.0)),
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ViT-B of full size with random weights, saved as its authors save theirs."""
    import segment_anything
    import torch

    torch.manual_seed(0)
    model = segment_anything.sam_model_registry["vit_b"]()
    with torch.no_grad():
        for value in model.parameters():
            value.add_(torch.randn_like(value) * 0.01)
    place = tmp_path_factory.mktemp("sam") / "sam_vit_b_random.pth"
    torch.save(model.state_dict(), place)
    return place


@pytest.fixture(scope="module")
def answers(checkpoint: Path) -> dict[str, Any]:
    """Encoding and guesses of both routes for every prompt, and the seconds of encoding."""
    image = picture(640, 480)
    found: dict[str, Any] = {}
    for route, name in (("transformers", str(checkpoint)), ("package", f"segment_anything:{checkpoint}")):
        segmenter = open_sam(name)
        began = time.perf_counter()
        encoding = segmenter.encode(image)
        found[f"{route} seconds"] = time.perf_counter() - began
        found[route] = (encoding, [segmenter.segment(image, encoding, prompts) for prompts in PROMPTS])
    print({name: f"{value:.1f}" for name, value in found.items() if name.endswith("seconds")})
    return found


def test_both_routes_encode_alike(answers: dict[str, Any]) -> None:
    first, second = (answers[route][0]["image_embeddings"] for route in ("transformers", "package"))
    assert first.shape == second.shape == (1, 256, 64, 64)
    assert np.abs(first - second).max() < 1e-3 * max(1.0, float(np.abs(second).max()))


@pytest.mark.parametrize("at", range(len(PROMPTS)))
def test_both_routes_draw_the_same_masks(answers: dict[str, Any], at: int) -> None:
    pairs = list(zip(answers["transformers"][1][at], answers["package"][1][at], strict=True))
    for first, second in pairs:
        print(PROMPTS[at], int(first.full().sum()), f"{mask_iou(first.full(), second.full()):.6f}", first.score)
        assert mask_iou(first.full(), second.full()) > 0.999
        assert first.score == pytest.approx(second.score, abs=1e-3)


def test_our_masks_are_those_of_the_packages_own_predictor(checkpoint: Path) -> None:
    import segment_anything

    image = picture(640, 480)
    predictor = segment_anything.SamPredictor(segment_anything.sam_model_registry["vit_b"](str(checkpoint)))
    predictor.set_image(image)
    ours = open_sam(f"segment_anything:{checkpoint}")
    # A pixel's number in the predictor is its middle here, less half a pixel of the square.
    frame = Frame(480, 640)
    point = (frame.points_in([(140.0, 110.0)]) / (frame.inner[1] / 640)).astype(np.float64)
    theirs, scores, _ = predictor.predict(point, np.array([1]), multimask_output=True)
    best = theirs[int(scores.argmax())]
    assert mask_iou(ours.segment(image, ours.encode(image), PROMPTS[0])[0].full(), best) > 0.999
