"""Transformers models from the hub or a folder: loaded late, from safetensors only, never with code of their own."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.learning.threads import thread_count
from tools.errors import BackendFailed, BackendMissing, InputError

REMEDY = 'pip install "annotation-assistant[ml]"'
CLASSIFIER, TAGGER = "AutoModelForSequenceClassification", "AutoModelForTokenClassification"

_BATCH = 16
_MAX_TOKENS = 512
# Tokenizers keep their padding settings inside and are not safe to share between threads.
LOCK = threading.Lock()


def is_installed() -> bool:
    """Whether transformers and torch are there; nothing is imported."""
    return find_spec("transformers") is not None and find_spec("torch") is not None


@dataclass(frozen=True)
class HubModel:
    """A loaded model with its tokenizer. ``labels`` are its own names for its outputs, in order."""

    model: Any
    tokenizer: Any
    labels: tuple[str, ...]
    revision: str

    def logits(self, texts: Sequence[str], seconds: Sequence[str] | None = None) -> Matrix:
        """Outputs of a sequence classifier, shape (n, labels); ``seconds`` are the second halves of pairs."""
        import torch

        torch.set_num_threads(thread_count())
        made = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            part = slice(start, start + _BATCH)
            second = None if seconds is None else list(seconds[part])
            with LOCK, torch.inference_mode():
                encoded = self.tokenizer(
                    list(texts[part]), second, padding=True, truncation=True, max_length=self.limit, return_tensors="pt"
                )
                made[part] = self.model(**encoded).logits.float().numpy()
        return made

    @property
    def limit(self) -> int:
        """Most tokens of one text."""
        return int(min(getattr(self.model.config, "max_position_embeddings", _MAX_TOKENS), _MAX_TOKENS))


def folder_of(name: str) -> Path | None:
    """The local folder that a name means, ``None`` where it is a name of the hub."""
    place = Path(name).expanduser()
    return place if place.is_dir() else None


def place_of(name: str) -> tuple[str, str, bool]:
    """(place, revision, whether it is a folder); a name of the hub without a revision is refused.

    A branch moves, and suggestions of yesterday and today would come from different models under one name.
    """
    folder = folder_of(name)
    if folder is not None:
        return str(folder), "", True
    place, _, revision = name.partition("@")
    if not revision:
        raise InputError(
            f"hub:{name} names no revision and could mean another model tomorrow: write hub:{place}@COMMIT with the "
            "commit that the model's page shows, or name a folder."
        )
    return place, revision, False


@lru_cache(maxsize=2)
def open_model(name: str, kind: str) -> HubModel:
    """Load ``name`` (a folder or ``owner/model@revision``) as the transformers class ``kind``."""
    if not is_installed():
        raise BackendMissing(f"hub:{name} needs transformers and torch.", REMEDY)
    place, revision, is_folder = place_of(name)
    folder = Path(place) if is_folder else None
    # Some releases of the hub's client report usage; nothing of ours does.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import transformers
    from transformers.utils import logging

    silence: Any = logging
    silence.disable_progress_bar()
    pinned: dict[str, Any] = {"local_files_only": is_folder}
    if revision:
        pinned["revision"] = revision
    try:
        loader: Any = getattr(transformers, kind)
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(place, **pinned)
        model: Any = loader.from_pretrained(place, use_safetensors=True, **pinned)
    except (OSError, ValueError, KeyError) as error:
        raise load_failure(name, folder, error) from None
    model.eval()
    labels = tuple(str(model.config.id2label[at]) for at in range(model.config.num_labels))
    return HubModel(model, tokenizer, labels, _revision(folder, model))


def load_failure(name: str, folder: Path | None, error: Exception) -> BackendMissing | BackendFailed:
    """What to raise where transformers cannot load a model, in one sentence."""
    said = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    if folder is not None:
        return BackendFailed(f"The model in {folder.name} cannot be loaded: {said}")
    remedy = "Download the model into a folder and name the folder: hub:FOLDER."
    return BackendMissing(f"hub:{name} is not on this machine and could not be downloaded: {said}", remedy)


def _revision(folder: Path | None, model: Any) -> str:
    if folder is None:
        return str(getattr(model.config, "_commit_hash", "") or "")
    return digest_files([*sorted(folder.glob("*.safetensors")), folder / "config.json"])


def digest_files(places: Iterable[Path]) -> str:
    """First 12 digits of the SHA-256 over the bytes of files."""
    digest = hashlib.sha256()
    for place in places:
        with place.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:12]
