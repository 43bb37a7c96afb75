"""Recordings made for tests: tones and silence, written as files of several forms."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

Stretch = tuple[float, int]
"""(loudness in 0..1, milliseconds) of a tone."""


def tones(stretches: Sequence[Stretch], rate: int = 16_000, channels: int = 1) -> np.ndarray:
    """Samples in 16 bits, shape (samples, channels): a tone of 440 Hz at each loudness, one after the other."""
    parts = []
    for loudness, length in stretches:
        at = np.arange(length * rate // 1000) / rate
        parts.append(loudness * np.sin(2 * np.pi * 440 * at))
    mono = (np.concatenate(parts) * 32767).astype(np.int16)
    return np.repeat(mono[:, None], channels, axis=1)


def save_wav(path: Path, stretches: Sequence[Stretch], rate: int = 16_000, channels: int = 1) -> Path:
    """A WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(tones(stretches, rate, channels).tobytes())
    return path


def save_mp3(path: Path, stretches: Sequence[Stretch], rate: int = 44_100) -> Path:
    """An MP3 file."""
    samples = tones(stretches, rate).reshape(1, -1)
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("mp3", rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path
