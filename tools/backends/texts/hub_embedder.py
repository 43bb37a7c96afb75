"""Any sentence-transformers model, from the hub or from a folder, as text vectors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.hub_model import LOCK, REMEDY, digest_files, place_of
from tools.backends.learning.embedding import OfTexts
from tools.backends.learning.threads import thread_count
from tools.backends.learning.vectors import unit_rows
from tools.errors import BackendFailed, BackendMissing

_BATCH = 64


def is_installed() -> bool:
    """Whether sentence-transformers is there; nothing is imported."""
    return find_spec("sentence_transformers") is not None


class HubEmbedder(OfTexts):
    """A sentence-transformers model by ``name@revision`` or folder."""

    pace = 100

    def __init__(self, name: str) -> None:
        """Load the model; :class:`BackendMissing` says what is lacking."""
        self._model, self.revision = _open(name)
        self.reference = f"hub:{name}"
        self.dimension = int(self._model.get_embedding_dimension())

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit rows, shape (n, dimension); an empty text gives zeros."""
        import torch

        made = np.zeros((len(texts), self.dimension), dtype=np.float32)
        filled = [at for at, text in enumerate(texts) if text.strip()]
        if filled:
            torch.set_num_threads(thread_count())
            with LOCK:
                rows = self._model.encode([texts[at] for at in filled], batch_size=_BATCH, show_progress_bar=False)
            made[filled] = unit_rows(np.asarray(rows, dtype=np.float32))
        return made


@lru_cache(maxsize=2)
def _open(name: str) -> tuple[Any, str]:
    if not is_installed():
        raise BackendMissing(f"hub:{name} needs sentence-transformers.", REMEDY)
    from sentence_transformers import SentenceTransformer

    place, revision, is_folder = place_of(name)
    folder = Path(place) if is_folder else None
    try:
        model: Any = SentenceTransformer(
            place, device="cpu", revision=revision or None, local_files_only=folder is not None
        )
    except (OSError, ValueError, KeyError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        if folder is not None:
            raise BackendFailed(f"The model in {folder.name} cannot be loaded: {said}") from None
        remedy = "Download the model into a folder and name the folder: hub:FOLDER."
        raise BackendMissing(f"hub:{name} is not on this machine and could not be downloaded: {said}", remedy) from None
    if folder is None:
        return model, revision
    return model, digest_files([*sorted(folder.rglob("*.safetensors")), *sorted(folder.glob("*.json"))])
