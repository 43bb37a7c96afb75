"""Segment-anything with tiny random weights, in every form in which it comes: nothing has to be fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SIDE, WIDTH, LAYERS, HEADS = 1024, 96, 2, 4

# The names of the original project's state dict, written out from its modules, with those of transformers beside them.
ORIGINAL = (
    ("image_encoder.pos_embed", "vision_encoder.pos_embed"),
    ("image_encoder.patch_embed.proj.weight", "vision_encoder.patch_embed.projection.weight"),
    ("image_encoder.blocks.1.norm1.weight", "vision_encoder.layers.1.layer_norm1.weight"),
    ("image_encoder.blocks.1.norm2.bias", "vision_encoder.layers.1.layer_norm2.bias"),
    ("image_encoder.blocks.0.attn.rel_pos_h", "vision_encoder.layers.0.attn.rel_pos_h"),
    ("image_encoder.blocks.0.attn.qkv.bias", "vision_encoder.layers.0.attn.qkv.bias"),
    ("image_encoder.blocks.0.mlp.lin2.weight", "vision_encoder.layers.0.mlp.lin2.weight"),
    ("image_encoder.neck.0.weight", "vision_encoder.neck.conv1.weight"),
    ("image_encoder.neck.1.bias", "vision_encoder.neck.layer_norm1.bias"),
    ("image_encoder.neck.2.weight", "vision_encoder.neck.conv2.weight"),
    ("image_encoder.neck.3.weight", "vision_encoder.neck.layer_norm2.weight"),
    (
        "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
        "shared_image_embedding.positional_embedding",
    ),
    ("prompt_encoder.point_embeddings.3.weight", "prompt_encoder.point_embed.3.weight"),
    ("prompt_encoder.not_a_point_embed.weight", "prompt_encoder.not_a_point_embed.weight"),
    ("prompt_encoder.no_mask_embed.weight", "prompt_encoder.no_mask_embed.weight"),
    ("prompt_encoder.mask_downscaling.0.weight", "prompt_encoder.mask_embed.conv1.weight"),
    ("prompt_encoder.mask_downscaling.1.weight", "prompt_encoder.mask_embed.layer_norm1.weight"),
    ("prompt_encoder.mask_downscaling.3.bias", "prompt_encoder.mask_embed.conv2.bias"),
    ("prompt_encoder.mask_downscaling.4.bias", "prompt_encoder.mask_embed.layer_norm2.bias"),
    ("prompt_encoder.mask_downscaling.6.weight", "prompt_encoder.mask_embed.conv3.weight"),
    ("mask_decoder.iou_token.weight", "mask_decoder.iou_token.weight"),
    ("mask_decoder.transformer.layers.1.norm4.weight", "mask_decoder.transformer.layers.1.layer_norm4.weight"),
    (
        "mask_decoder.transformer.layers.0.cross_attn_token_to_image.q_proj.weight",
        "mask_decoder.transformer.layers.0.cross_attn_token_to_image.q_proj.weight",
    ),
    (
        "mask_decoder.transformer.final_attn_token_to_image.out_proj.bias",
        "mask_decoder.transformer.final_attn_token_to_image.out_proj.bias",
    ),
    ("mask_decoder.transformer.norm_final_attn.bias", "mask_decoder.transformer.layer_norm_final_attn.bias"),
    ("mask_decoder.output_upscaling.0.weight", "mask_decoder.upscale_conv1.weight"),
    ("mask_decoder.output_upscaling.1.weight", "mask_decoder.upscale_layer_norm.weight"),
    ("mask_decoder.output_upscaling.3.bias", "mask_decoder.upscale_conv2.bias"),
    (
        "mask_decoder.output_hypernetworks_mlps.2.layers.0.weight",
        "mask_decoder.output_hypernetworks_mlps.2.proj_in.weight",
    ),
    (
        "mask_decoder.output_hypernetworks_mlps.2.layers.1.bias",
        "mask_decoder.output_hypernetworks_mlps.2.layers.0.bias",
    ),
    (
        "mask_decoder.output_hypernetworks_mlps.3.layers.2.weight",
        "mask_decoder.output_hypernetworks_mlps.3.proj_out.weight",
    ),
    ("mask_decoder.iou_prediction_head.layers.1.weight", "mask_decoder.iou_prediction_head.layers.0.weight"),
)


def tiny_sam(seed: int = 1) -> Any:
    """A ``SamModel`` of two layers."""
    import torch
    import transformers

    torch.manual_seed(seed)
    vision = {
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "global_attn_indexes": [1],
        "initializer_range": 0.05,
    }
    model = transformers.SamModel(transformers.SamConfig(vision_config=vision)).eval()
    with torch.no_grad():
        for value in model.parameters():
            value.add_(torch.randn_like(value) * 0.02)
    return model


def original_state(model: Any) -> dict[str, Any]:
    """The model's tensors under the names of the original project: every rule of :data:`ORIGINAL`, the other way."""
    from tools.backends.masks.hub_sam_keys import renamed_key

    names = original_names(LAYERS)
    state = model.state_dict()
    return {name: state[renamed_key(name)].clone() for name in names}


def original_names(layers: int) -> list[str]:
    """Every name in the state dict of ``Sam``, from the source of its modules."""
    both = ("weight", "bias")
    names = ["image_encoder.pos_embed", *(f"image_encoder.patch_embed.proj.{one}" for one in both)]
    for at in range(layers):
        block = f"image_encoder.blocks.{at}"
        names += [f"{block}.attn.rel_pos_{one}" for one in "hw"]
        parts = ("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.lin1", "mlp.lin2")
        names += [f"{block}.{part}.{one}" for part in parts for one in both]
    names += [f"image_encoder.neck.{at}.weight" for at in range(4)] + [f"image_encoder.neck.{at}.bias" for at in (1, 3)]
    names += ["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"]
    names += [f"prompt_encoder.point_embeddings.{at}.weight" for at in range(4)]
    names += ["prompt_encoder.not_a_point_embed.weight", "prompt_encoder.no_mask_embed.weight"]
    names += [f"prompt_encoder.mask_downscaling.{at}.{one}" for at in (0, 1, 3, 4, 6) for one in both]
    names += ["mask_decoder.iou_token.weight", "mask_decoder.mask_tokens.weight"]
    attentions = ["final_attn_token_to_image"]
    for at in range(2):
        layer = f"mask_decoder.transformer.layers.{at}"
        attentions += [
            f"layers.{at}.{one}" for one in ("self_attn", "cross_attn_token_to_image", "cross_attn_image_to_token")
        ]
        names += [
            f"{layer}.{part}.{one}"
            for part in ("norm1", "norm2", "norm3", "norm4", "mlp.lin1", "mlp.lin2")
            for one in both
        ]
    projections = ("q_proj", "k_proj", "v_proj", "out_proj")
    names += [f"mask_decoder.transformer.{at}.{p}.{one}" for at in attentions for p in projections for one in both]
    names += [f"mask_decoder.transformer.norm_final_attn.{one}" for one in both]
    names += [f"mask_decoder.output_upscaling.{at}.{one}" for at in (0, 1, 3) for one in both]
    heads = [f"output_hypernetworks_mlps.{at}" for at in range(4)] + ["iou_prediction_head"]
    names += [f"mask_decoder.{head}.layers.{at}.{one}" for head in heads for at in range(3) for one in both]
    return names


def picture(width: int = 320, height: int = 240) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Two coloured boxes on a gradient."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0] = np.linspace(20, 120, width, dtype=np.uint8)
    pixels[60:160, 80:200] = (200, 60, 40)
    pixels[20:60, 220:300] = (30, 80, 220)
    return pixels


def save_tiny_sam2(folder: Path) -> Path:
    """A random ``Sam2Model`` of a few thousand parameters a layer."""
    import torch
    import transformers

    torch.manual_seed(3)
    backbone = {
        "hidden_size": 12,
        "num_attention_heads": 1,
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [12, 24, 48, 96],
        "num_attention_heads_per_stage": [1, 2, 4, 8],
        "global_attention_blocks": [3],
        "image_size": [256, 256],
        "window_positional_embedding_background_size": [7, 7],
    }
    vision = {
        "backbone_config": {"model_type": "sam2_hiera_det_model", **backbone},
        "backbone_channel_list": [96, 48, 24, 12],
        "backbone_feature_sizes": [[64, 64], [32, 32], [16, 16]],
        "fpn_hidden_size": 256,
    }
    config: Any = transformers.Sam2Config(vision_config=vision, prompt_encoder_config={"image_size": 256})
    transformers.Sam2Model(config).save_pretrained(folder)
    return folder
