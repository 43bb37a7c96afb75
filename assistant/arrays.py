"""Derived arrays on disk, shared by the owner of a project and the process that learns for it."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class DiskArrays:
    """Derived arrays under ``cache/arrays``; deleting the folder costs time only."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self.folder = folder
        folder.mkdir(mode=0o770, parents=True, exist_ok=True)

    def get(self, key: str) -> npt.NDArray[Any] | None:
        """The array, or ``None`` if it is absent or was cut short."""
        try:
            array: npt.NDArray[Any] = np.load(self._place(key), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return array

    def put(self, key: str, array: npt.NDArray[Any]) -> None:
        """Store whole or not at all."""
        place = self._place(key)
        # Two processes and several threads write here; none may meet the half-written file of another.
        unfinished = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
        with unfinished.open("wb") as file:
            np.save(file, array, allow_pickle=False)
        unfinished.replace(place)

    def _place(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()}.npy"
