"""Image vectors of transformers models: CLIP and SigLIP, which read words too, DINO, ViT and their like."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.hub_model import LOCK, REMEDY, digest_files, is_installed, load_failure, place_of
from tools.backends.images.detections import Pixels
from tools.backends.learning.embedding import OfImages
from tools.backends.learning.threads import thread_count
from tools.backends.learning.vectors import unit_rows
from tools.errors import BackendMissing, InputError
from tools.images.pixels import read_pixels

WORD_FAMILIES = ("clip", "siglip", "siglip2", "chinese_clip", "altclip", "metaclip_2")
"""Models with a tower for words beside the one for images; both give vectors of one space."""

SIGHT_FAMILIES = (
    "beit",
    "bit",
    "convnext",
    "convnextv2",
    "data2vec-vision",
    "deit",
    "dinov2",
    "dinov2_with_registers",
    "dinov3_convnext",
    "dinov3_vit",
    "efficientnet",
    "ijepa",
    "mobilenet_v2",
    "mobilevit",
    "regnet",
    "resnet",
    "swin",
    "swinv2",
    "vit",
    "vit_msn",
)
"""Models of images alone."""

_BATCH = 16
_CAPTION = "a photo of {}"


class HubImageEmbedder(OfImages):
    """A model by ``name@revision`` or folder, read through transformers' own image processor on Pillow."""

    pace = 8

    def __init__(self, name: str) -> None:
        """Load the model; :class:`BackendMissing` says what is lacking."""
        self._loaded = open_image_model(name, "AutoModel")
        self.reference = f"hub:{name}"
        self.revision = self._loaded.revision
        self.knows_words = self._loaded.family in WORD_FAMILIES
        self.dimension = self._rows([np.zeros((32, 32, 3), dtype=np.uint8)]).shape[1]

    def embed(self, paths: Sequence[Path | str]) -> Matrix:
        """Unit rows, shape (n, dimension), for paths of image files; zeros where one cannot be read."""
        made = np.zeros((len(paths), self.dimension), dtype=np.float32)
        for start in range(0, len(paths), _BATCH):
            read = [(at, _pixels(paths[at])) for at in range(start, min(start + _BATCH, len(paths)))]
            seen = [(at, pixels) for at, pixels in read if pixels is not None]
            if seen:
                made[[at for at, _ in seen]] = self._rows([pixels for _, pixels in seen])
        return made

    def embed_words(self, words: Sequence[str]) -> Matrix:
        """Unit rows of words in the space of the images; zeros where the model has no tower for words."""
        if not self.knows_words or not words:
            return np.zeros((len(words), self.dimension), dtype=np.float32)
        import torch

        tokenizer = open_tokenizer(self.reference.partition(":")[2])
        with LOCK, torch.inference_mode():
            encoded = tokenizer(
                [_CAPTION.format(one) for one in words], padding="max_length", truncation=True, return_tensors="pt"
            )
            rows = _pooled(self._loaded.model.get_text_features(**encoded))
        return unit_rows(np.asarray(rows.float().numpy(), dtype=np.float32))

    def _rows(self, images: Sequence[Pixels]) -> Matrix:
        import torch

        torch.set_num_threads(thread_count())
        with LOCK, torch.inference_mode():
            given = self._loaded.processor(images=list(images), return_tensors="pt")
            if self.knows_words:
                rows = _pooled(self._loaded.model.get_image_features(pixel_values=given["pixel_values"]))
            else:
                rows = _pooled(self._loaded.model(pixel_values=given["pixel_values"]))
        flat = rows.float().flatten(1).numpy()
        return unit_rows(np.asarray(flat, dtype=np.float32))


def _pooled(output: Any) -> Any:
    """The one vector of an image or text in whatever the model returns: its pooled output, else its first token."""
    import torch

    if isinstance(output, torch.Tensor):
        return output
    pooled = getattr(output, "pooler_output", None)
    return output.last_hidden_state[:, 0] if pooled is None else pooled


def _pixels(path: Path | str) -> Pixels | None:
    try:
        return read_pixels(path)
    except InputError:
        return None


class ImageModel:
    """A loaded model with its image processor; ``family`` is transformers' name of its kind."""

    def __init__(self, model: Any, processor: Any, family: str, revision: str) -> None:
        """Keep the parts."""
        self.model = model
        self.processor = processor
        self.family = family
        self.revision = revision


@lru_cache(maxsize=2)
def open_image_model(name: str, kind: str) -> ImageModel:
    """Load ``name`` (a folder or ``owner/model@revision``) as the transformers class ``kind``, from safetensors only.

    The image processor is the one on Pillow: the other one needs torchvision.
    """
    place, pinned, folder = _opening(name)
    import transformers

    try:
        loader: Any = getattr(transformers, kind)
        model: Any = loader.from_pretrained(place, use_safetensors=True, **pinned)
        processor: Any = transformers.AutoImageProcessor.from_pretrained(place, backend="pil", **pinned)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise load_failure(name, folder, error) from None
    model.eval()
    return ImageModel(model, processor, str(model.config.model_type), revision_of(folder, model))


def revision_of(folder: Path | None, model: Any) -> str:
    """The commit of a model of the hub; of a folder, the digest of its weights and of how it wants its images."""
    if folder is None:
        return str(getattr(model.config, "_commit_hash", "") or "")
    return digest_files([*sorted(folder.glob("*.safetensors")), *sorted(folder.glob("*config.json"))])


@lru_cache(maxsize=2)
def open_tokenizer(name: str) -> Any:
    """The tokenizer of a model that reads words."""
    place, pinned, folder = _opening(name)
    import transformers

    try:
        return transformers.AutoTokenizer.from_pretrained(place, **pinned)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise load_failure(name, folder, error) from None


@lru_cache(maxsize=8)
def family_of(name: str) -> str:
    """Which family of transformers a model belongs to, from its configuration alone."""
    place, pinned, folder = _opening(name)
    import transformers

    try:
        return str(transformers.AutoConfig.from_pretrained(place, **pinned).model_type)
    except (OSError, ValueError, KeyError) as error:
        raise load_failure(name, folder, error) from None


def _opening(name: str) -> tuple[str, dict[str, Any], Path | None]:
    """(place, arguments that pin it, its folder if it is one), after what transformers needs to be quiet."""
    if not is_installed():
        raise BackendMissing(f"hub:{name} needs transformers and torch.", REMEDY)
    place, revision, is_folder = place_of(name)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from transformers.utils import logging

    silence: Any = logging
    silence.disable_progress_bar()
    pinned: dict[str, Any] = {"local_files_only": is_folder}
    if revision:
        pinned["revision"] = revision
    return place, pinned, Path(place) if is_folder else None
