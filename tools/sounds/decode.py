"""Samples of a recording, decoded piece by piece with PyAV (FFmpeg's libraries): no file has to fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer

from tools.errors import InputError

Samples = npt.NDArray[np.float32]
SPEECH_RATE = 16_000
"""Samples a second that speech models listen to."""


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The file as a container with sound in it; :class:`InputError` says in one sentence why it is none."""
    try:
        container = av.open(str(path), mode="r", metadata_errors="ignore")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise InputError(f"{path.name} is no recording that can be read ({_cause(error)}).") from None
    with container:
        if not container.streams.audio:
            raise InputError(f"{path.name} has no sound in it.")
        yield container


def pieces_of(path: Path, rate: int = SPEECH_RATE, start: int = 0, end: int | None = None) -> Iterator[Samples]:
    """The samples of one channel, mixed from all, in -1..1, at ``rate`` a second, piece by piece.

    ``start`` and ``end`` are milliseconds from the beginning; the end is exclusive. :class:`InputError` where the file
    breaks off in a way that cannot be read over.
    """
    first, last, at = start * rate // 1000, None if end is None else end * rate // 1000, 0
    with opened(path) as container:
        resampler = AudioResampler(format="flt", layout="mono", rate=rate)
        for piece in _resampled(path, container, resampler):
            begin, at = at, at + len(piece)
            if last is not None and begin >= last:
                return
            kept = piece[max(0, first - begin) : None if last is None else max(0, last - begin)]
            if len(kept):
                yield kept


def samples_of(path: Path, rate: int = SPEECH_RATE, start: int = 0, end: int | None = None) -> Samples:
    """The same in one array, shape (samples,)."""
    return np.concatenate([np.zeros(0, np.float32), *pieces_of(path, rate, start, end)])


def _resampled(path: Path, container: InputContainer, resampler: AudioResampler) -> Iterator[Samples]:
    try:
        for frame in container.decode(audio=0):
            for out in resampler.resample(frame):
                yield _row(out)
        for out in resampler.resample(None):
            yield _row(out)
    except (av.FFmpegError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read to its end ({_cause(error)}).") from None


def _row(frame: AudioFrame) -> Samples:
    return np.asarray(frame.to_ndarray(), dtype=np.float32).reshape(-1)


def _cause(error: BaseException) -> str:
    """FFmpeg's own words without the path."""
    said = getattr(error, "strerror", None) or str(error)
    return str(said).split(":", maxsplit=1)[0].strip().lower() or type(error).__name__
