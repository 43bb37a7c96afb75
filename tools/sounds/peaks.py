"""The peaks of a recording, from which a waveform is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.sounds.decode import pieces_of

_RATE = 8_000
LOUDEST = 255


def peaks_of(path: Path, steps: int, length: int) -> list[int]:
    """The loudest sample in each of ``steps`` equal parts of a recording of ``length`` milliseconds, 0..255.

    A linear scale, on which full scale is :data:`LOUDEST`. Decoded piece by piece.
    """
    whole = max(1, length * _RATE // 1000)
    found, at = np.zeros(steps, np.float32), 0
    for piece in pieces_of(path, _RATE):
        places = np.minimum(np.arange(at, at + len(piece), dtype=np.int64) * steps // whole, steps - 1)
        np.maximum.at(found, places, np.abs(piece))
        at += len(piece)
    return [int(one) for one in np.minimum(np.rint(found * LOUDEST), LOUDEST)]
