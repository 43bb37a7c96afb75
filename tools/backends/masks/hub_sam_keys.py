"""Checkpoints of segment-anything, read for transformers: the same tensors under other names.

The original project (Kirillov et al., "Segment Anything", ICCV 2023) saves the state dict of its module ``Sam``, with
``image_encoder``, ``prompt_encoder`` and ``mask_decoder``; transformers' ``SamModel`` holds the same network. Nothing
is computed here, tensors are renamed; the sizes of the network are read off their shapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tools.errors import BackendFailed

_PATCH = "image_encoder.patch_embed.proj.weight"
_NECK = {"0": "conv1", "1": "layer_norm1", "2": "conv2", "3": "layer_norm2"}
_DOWNSCALING = {"0": "conv1", "1": "layer_norm1", "3": "conv2", "4": "layer_norm2", "6": "conv3"}
_UPSCALING = {"0": "upscale_conv1", "1": "upscale_layer_norm", "3": "upscale_conv2"}
_GAUSS = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
# The mean and deviation of the colours are buffers of the original module that are not saved with its weights.
_NOT_WEIGHTS = ("pixel_mean", "pixel_std")


def sizes_of(state: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The configuration of ``SamModel`` that these tensors of the original project fit, read off their shapes."""
    patches = state[_PATCH].shape
    width, patch = int(patches[0]), int(patches[-1])
    layers = 1 + max(int(key.split(".")[2]) for key in state if key.startswith("image_encoder.blocks."))
    side = int(state["image_encoder.pos_embed"].shape[1])
    reaches = [int(state[f"image_encoder.blocks.{at}.attn.rel_pos_h"].shape[0]) for at in range(layers)]
    head = int(state["image_encoder.blocks.0.attn.rel_pos_h"].shape[1])
    vision = {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": width // head,
        "mlp_dim": int(state["image_encoder.blocks.0.mlp.lin1.weight"].shape[0]),
        "output_channels": int(state["image_encoder.neck.0.weight"].shape[0]),
        "image_size": side * patch,
        "patch_size": patch,
        # Relative positions reach over the whole image in the layers that see all of it, over a window in the others.
        "global_attn_indexes": [at for at, reach in enumerate(reaches) if reach == 2 * side - 1],
        "window_size": (min(reaches) + 1) // 2 if min(reaches) < 2 * side - 1 else 14,
        "num_pos_feats": int(state[_GAUSS].shape[1]),
    }
    prompts = {"image_size": side * patch, "patch_size": patch, "hidden_size": vision["output_channels"]}
    return {"vision_config": vision, "prompt_encoder_config": prompts}


def is_segment_anything(keys: object) -> bool:
    """Whether these names of tensors are those of the original project."""
    return isinstance(keys, Mapping) and _PATCH in keys and _GAUSS in keys


def converted(state: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors under the names of ``SamModel``; every one of ``state`` is used, else :class:`BackendFailed`."""
    renamed = {renamed_key(key): tensor for key, tensor in state.items() if key not in _NOT_WEIGHTS}
    # The same matrix places points of prompts and pixels of the image; transformers names it twice.
    renamed["prompt_encoder.shared_embedding.positional_embedding"] = state[_GAUSS]
    return renamed


def renamed_key(key: str) -> str:
    """One name of ``Sam`` as ``SamModel`` has it."""
    part, _, rest = key.partition(".")
    if key == _GAUSS:
        return "shared_image_embedding.positional_embedding"
    if part == "image_encoder":
        return f"vision_encoder.{_of_encoder(rest)}"
    if part == "prompt_encoder":
        return f"prompt_encoder.{_of_prompts(rest)}"
    if part == "mask_decoder":
        return f"mask_decoder.{_of_decoder(rest)}"
    raise BackendFailed(f"The checkpoint holds {key!r}, which is no part of segment-anything.")


def _of_encoder(rest: str) -> str:
    if rest.startswith("neck."):
        _, number, leaf = rest.split(".", 2)
        return f"neck.{_NECK[number]}.{leaf}"
    rest = rest.replace("patch_embed.proj.", "patch_embed.projection.").replace("blocks.", "layers.")
    return re.sub(r"\.norm([12])\.", r".layer_norm\1.", rest)


def _of_prompts(rest: str) -> str:
    if rest.startswith("mask_downscaling."):
        _, number, leaf = rest.split(".", 2)
        return f"mask_embed.{_DOWNSCALING[number]}.{leaf}"
    return rest.replace("point_embeddings.", "point_embed.")


def _of_decoder(rest: str) -> str:
    if rest.startswith("output_upscaling."):
        _, number, leaf = rest.split(".", 2)
        return f"{_UPSCALING[number]}.{leaf}"
    if rest.startswith("iou_prediction_head.layers.") or rest.startswith("output_hypernetworks_mlps."):
        return _of_three_layers(rest)
    return re.sub(r"\.norm(\d|_final_attn)\.", r".layer_norm\1.", rest)


def _of_three_layers(rest: str) -> str:
    """The small networks of the decoder: transformers names their first and last layer apart."""
    head, number, leaf = re.fullmatch(r"(.+)\.layers\.(\d+)\.(\w+)", rest).groups()  # type: ignore[union-attr]
    return f"{head}.{ {'0': 'proj_in', '1': 'layers.0', '2': 'proj_out'}[number] }.{leaf}"
