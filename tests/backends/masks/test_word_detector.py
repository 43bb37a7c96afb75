"""Boxes for words: a tiny OWL-ViT with random weights in a folder, real loading code and processing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.backends.masks.sam_models import picture
from tools.backends.masks import word_detector
from tools.backends.masks.word_detector import WordDetector, open_word_detector
from tools.errors import BackendFailed, InputError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def save_owl(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    letters = [chr(code) for code in range(97, 123)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{one}</w>" for one in letters)]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**small, "vocab_size": len(words), "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    vision = {**small, "image_size": 64, "patch_size": 16}
    torch.manual_seed(0)
    config: Any = transformers.OwlViTConfig(text_config=text, vision_config=vision, projection_dim=32)
    transformers.OwlViTForObjectDetection(config).save_pretrained(folder)
    tokenizer: Any = transformers.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer.model_max_length = 16
    tokenizer.save_pretrained(folder)
    told = {
        "image_processor_type": "OwlViTImageProcessor",
        "size": {"height": 64, "width": 64},
        "do_center_crop": False,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> WordDetector:
    return open_word_detector(f"hub:{save_owl(tmp_path_factory.mktemp('owl') / 'tiny')}")


def test_boxes_lie_in_the_image_and_name_a_word_that_was_asked(
    detector: WordDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_detector, "_LEAST_SCORE", -1.0)
    found = detector.find(picture(), ["red box", "blue box"])
    assert found and {one.word for one in found} <= {"red box", "blue box"}
    for one in found:
        x0, y0, x1, y1 = one.box
        assert 0 <= x0 < x1 <= 320 and 0 <= y0 < y1 <= 240 and 0 <= one.score <= 1


def test_nothing_is_found_where_nothing_is_sure(detector: WordDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_detector, "_LEAST_SCORE", 1.0)
    assert detector.find(picture(), ["red box"]) == []


def test_a_folder_without_a_detector_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed) as told:
        open_word_detector(f"hub:{tmp_path}")
    assert "\n" not in str(told.value)
    with pytest.raises(InputError, match="hub:FOLDER"):
        open_word_detector("builtin:x")
