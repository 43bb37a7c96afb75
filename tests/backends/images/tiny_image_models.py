"""Tiny random transformers models of images in a folder, as a hub would give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.backends.tiny_models import WORDS

LAYERS = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
DETECTED = ("disc", "square", "N/A")


def _save(folder: Path, model: Any, processor: Any) -> Path:
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _words(folder: Path) -> int:
    """A tokenizer with the names that the models of this module are asked for; returns the size of its vocabulary."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = [*WORDS.split(), "a", "photo", "of", "red", "blue", "disc", "square"]
    vocabulary = {word: number for number, word in enumerate(dict.fromkeys(words))}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    fast: Any = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, unk_token="[UNK]", pad_token="[PAD]", eos_token="[SEP]", model_max_length=16
    )
    fast.save_pretrained(folder)
    return len(vocabulary)


def save_clip(folder: Path) -> Path:
    """CLIP with towers for images and for words."""
    import torch
    import transformers as t

    torch.manual_seed(1)
    size = _words(folder)
    config: Any = t.CLIPConfig(
        text_config={**LAYERS, "vocab_size": size, "max_position_embeddings": 16, "eos_token_id": 3, "bos_token_id": 2},
        vision_config={**LAYERS, "image_size": 32, "patch_size": 8},
        projection_dim=12,
    )
    square = {"height": 32, "width": 32}
    return _save(folder, t.CLIPModel(config), t.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=square))


def save_dino(folder: Path) -> Path:
    """DINOv2, which knows no words."""
    import torch
    import transformers as t

    torch.manual_seed(2)
    config: Any = t.Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, mlp_ratio=2, image_size=28, patch_size=14
    )
    square = {"height": 28, "width": 28}
    return _save(folder, t.Dinov2Model(config), t.BitImageProcessorPil(size={"shortest_edge": 28}, crop_size=square))


def save_yolos(folder: Path) -> Path:
    """YOLOS, a detector without a backbone of its own."""
    import torch
    import transformers as t

    torch.manual_seed(3)
    config: Any = t.YolosConfig(
        **LAYERS, image_size=[64, 64], patch_size=16, num_detection_tokens=8, id2label=dict(enumerate(DETECTED))
    )
    processor = t.YolosImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 96})
    return _save(folder, t.YolosForObjectDetection(config), processor)


def save_detr(folder: Path) -> Path:
    """DETR on a tiny residual network."""
    import torch
    import transformers as t

    torch.manual_seed(4)
    backbone: Any = t.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], out_features=["stage4"]
    )
    config: Any = t.DetrConfig(
        backbone_config=backbone,
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_queries=6,
        id2label=dict(enumerate(DETECTED)),
    )
    processor = t.DetrImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 96})
    return _save(folder, t.DetrForObjectDetection(config), processor)


def save_owl(folder: Path) -> Path:
    """OWL-ViT, which is told in words what to look for."""
    import torch
    import transformers as t

    torch.manual_seed(5)
    size = _words(folder)
    config: Any = t.OwlViTConfig(
        text_config={**LAYERS, "vocab_size": size, "max_position_embeddings": 16, "eos_token_id": 3, "bos_token_id": 2},
        vision_config={**LAYERS, "image_size": 64, "patch_size": 16},
        projection_dim=16,
    )
    processor = t.OwlViTImageProcessorPil(size={"height": 64, "width": 64}, crop_size={"height": 64, "width": 64})
    return _save(folder, t.OwlViTForObjectDetection(config), processor)
