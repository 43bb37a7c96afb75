"""Segment-anything in transformers' ``SamModel``: from a saved folder or from a checkpoint of the original project.

Torchvision is not needed: the picture is scaled here, as the original does it.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tools.backends.contract import BackendIdentity
from tools.backends.hub_model import LOCK, REMEDY, digest_files, is_installed, place_of
from tools.backends.learning.threads import thread_count
from tools.backends.masks.contract_images import Encoding
from tools.backends.masks.hub_sam_keys import converted, is_segment_anything, sizes_of
from tools.backends.masks.sam_frame import Floats
from tools.backends.masks.sam_segmenter import BOTTOM_RIGHT, TOP_LEFT, Asked
from tools.errors import BackendFailed, BackendMissing

EMBEDDINGS = "image_embeddings"


class TransformersSam:
    """``SamModel`` behind the common interface."""

    is_stretched = False

    def __init__(self, model: Any, identity: BackendIdentity) -> None:
        """``model`` is ready to answer."""
        self._model = model
        self.identity = identity
        self.side = int(model.config.vision_config.image_size)

    def encode(self, square: Floats) -> Encoding:
        """The embedding, (1, 256, 64, 64) for a square of 1024 pixels."""
        import torch

        torch.set_num_threads(thread_count())
        with LOCK, torch.inference_mode():
            found = self._model.get_image_embeddings(torch.from_numpy(square))
        return {EMBEDDINGS: found.float().numpy()}

    def decode(self, encoding: Encoding, asked: Asked) -> tuple[Floats, Floats]:
        """Numbers and expected overlaps for each question."""
        import torch

        torch.set_num_threads(thread_count())
        with LOCK, torch.inference_mode():
            found = self._model(
                image_embeddings=torch.from_numpy(np.asarray(encoding[EMBEDDINGS])),
                multimask_output=asked.is_vague,
                **prompts_for(asked),
            )
        return found.pred_masks[0].float().numpy(), found.iou_scores[0].float().numpy()


def prompts_for(asked: Asked) -> dict[str, Any]:
    """The question as transformers takes it: points and corners of a box apart; it pads where there is no box."""
    import torch

    is_corner = np.isin(asked.labels[0], (TOP_LEFT, BOTTOM_RIGHT))
    is_point = (asked.labels[0] >= 0) & ~is_corner
    made: dict[str, Any] = {}
    if is_point.any():
        made["input_points"] = torch.from_numpy(asked.points[:, is_point][None])
        made["input_labels"] = torch.from_numpy(asked.labels[:, is_point][None].astype(np.int64))
    if is_corner.any():
        made["input_boxes"] = torch.from_numpy(asked.points[:, is_corner].reshape(1, -1, 4))
    if asked.earlier is not None:
        made["input_masks"] = torch.from_numpy(asked.earlier[None, None])
    return made


def open_checkpoint(name: str, place: Path) -> TransformersSam:
    """A checkpoint of the original project, its keys renamed; nothing in the file is run."""
    require_transformers(name)
    state = read_weights(place)
    if not is_segment_anything(state):
        raise BackendFailed(f"{place.name} holds no weights of segment-anything: its tensors have other names.")
    import transformers

    sizes: dict[str, Any] = dict(sizes_of(state))
    model = transformers.SamModel(transformers.SamConfig(**sizes))
    try:
        model.load_state_dict(converted(state), strict=True)
    except RuntimeError as error:
        said = str(error).strip().splitlines()[-1].strip()[:200]
        raise BackendFailed(f"The weights in {place.name} do not fit segment-anything: {said}") from None
    return TransformersSam(model.eval(), BackendIdentity(f"hub:{name}", digest_files([place])))


def read_weights(place: Path) -> dict[str, Any]:
    """The tensors of a file by name. Only tensors are read: ``weights_only`` refuses every other object."""
    import torch

    try:
        if place.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(place))
        found = torch.load(place, map_location="cpu", weights_only=True)
    # What a broken or hostile file raises has no common class.
    except Exception as error:  # noqa: BLE001
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise BackendFailed(f"{place.name} cannot be read as a checkpoint of tensors: {said}") from None
    if isinstance(found, dict) and isinstance(found.get("model"), dict):
        found = found["model"]
    if not isinstance(found, dict) or not all(hasattr(one, "shape") for one in found.values()):
        raise BackendFailed(f"{place.name} holds something else than named tensors.")
    return found


def open_pretrained(name: str) -> TransformersSam:
    """A folder that transformers saved, or a name of the hub with its commit."""
    model, revision = from_pretrained(name, "SamModel")
    return TransformersSam(model, BackendIdentity(f"hub:{name}", revision))


def from_pretrained(name: str, kind: str) -> tuple[Any, str]:
    """(model, revision) of a class of transformers, from safetensors only."""
    require_transformers(name)
    place, revision, is_folder = place_of(name)
    import transformers

    pinned: dict[str, Any] = {"local_files_only": is_folder, **({"revision": revision} if revision else {})}
    try:
        model = getattr(transformers, kind).from_pretrained(place, use_safetensors=True, **pinned)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        if is_folder:
            raise BackendFailed(f"The model in {Path(place).name} cannot be loaded: {said}") from None
        remedy = "Download the model into a folder and name the folder: hub:FOLDER."
        raise BackendMissing(f"hub:{name} is not on this machine and could not be downloaded: {said}", remedy) from None
    folder = Path(place)
    files = [*sorted(folder.glob("*.safetensors")), folder / "config.json"] if is_folder else []
    return model.eval(), digest_files(files) if is_folder else revision


def save_random(folder: Path, vision: dict[str, Any], seed: int = 0) -> int:
    """Save a model with random weights, ViT-B but for what ``vision`` says; returns its number of parameters.

    For measuring: what the arithmetic costs does not depend on the weights.
    """
    require_transformers(str(folder))
    import torch
    import transformers

    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"vision_config": {"initializer_range": 0.02, **vision}}
    model = transformers.SamModel(transformers.SamConfig(**sizes))
    model.save_pretrained(folder)
    return sum(one.numel() for one in model.parameters())


def hub_kind(name: str) -> str:
    """The kind of model that a name of the hub means."""
    require_transformers(name)
    place, revision, _ = place_of(name)
    import transformers

    try:
        found: Any = transformers.AutoConfig.from_pretrained(place, revision=revision)
    except (OSError, ValueError, KeyError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        remedy = "Download the model into a folder and name the folder: hub:FOLDER."
        raise BackendMissing(f"hub:{name} is not on this machine and could not be downloaded: {said}", remedy) from None
    return str(found.model_type)


def require_transformers(name: str) -> None:
    """One sentence where transformers is missing, or where a torchvision beside it would break it."""
    if not is_installed():
        raise BackendMissing(f"hub:{name} needs transformers and torch.", REMEDY)
    problem = torchvision_problem()
    if problem:
        raise BackendMissing(problem, "Remove it: pip uninstall torchvision.")
    # Some releases of the hub's client report usage; nothing of ours does.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from transformers.utils import logging

    silence: Any = logging
    silence.disable_progress_bar()


def torchvision_problem() -> str:
    """Why the installed torchvision cannot be used, "" where there is none or it works."""
    if find_spec("torchvision") is None:
        return ""
    try:
        import torchvision  # noqa: F401
    except Exception as error:  # noqa: BLE001 - it raises RuntimeError, OSError or ImportError, by what does not match
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        return f"The installed torchvision does not fit the installed torch and breaks transformers ({said})."
    return ""
