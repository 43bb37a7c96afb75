"""Whisper (Radford et al. 2022) through faster-whisper: speech found first, then written down with words and times.

What the model makes up on silence is held back: only what a voice activity detector takes for speech is listened to,
and a recording without any is no transcript. Long recordings are heard in pieces that are cut where nobody speaks,
because the features of what is heard at once are all in memory.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.backends.contract import BackendIdentity
from tools.backends.learning.threads import thread_count
from tools.backends.speech.contract_speech import Heard, Word
from tools.content import AudioFile
from tools.errors import BackendFailed, StoppedShort
from tools.sounds.decode import SPEECH_RATE, Samples, samples_of

PIECE_MS = 8 * 60 * 1000
"""The longest stretch that is heard at once."""

_REACH_MS = 60 * 1000
"""How far before the end of a piece a pause is looked for."""

_STEP_MS = 20
REMEDY = 'pip install "annotation-assistant[audio]"'
_LOCK = threading.Lock()


def is_installed() -> bool:
    """Whether the package is there; nothing is imported."""
    return find_spec("faster_whisper") is not None


class WhisperTranscriber:
    """A Whisper model in the form that CTranslate2 reads, from a folder; computed in 8-bit integers."""

    def __init__(self, reference: str, revision: str, folder: Path, language: str = "", beam: int = 1) -> None:
        """``language`` where the model knows one only. The weights are loaded at the first recording."""
        self._reference, self._revision, self._folder = reference, revision, folder
        self._beam = beam
        self._model: Any = None
        self.language = language

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and settings."""
        settings = {"beam": self._beam, "voice_activity": True, "precision": "int8"}
        return BackendIdentity(self._reference, self._revision, settings)

    def transcribe(self, recording: AudioFile, stopping: Callable[[], bool]) -> list[Heard]:
        """What is said, in order; times count from the beginning of the recording."""
        found: list[Heard] = []
        last = recording.length if recording.end is None else recording.end
        for start, samples in _pieces(recording, last):
            if stopping():
                raise StoppedShort(f"Stopped at {start / 1000:.0f} s of {recording.path.name}.")
            found += self._heard(samples, start, last)
        return found

    def _heard(self, samples: Samples, offset: int, last: int) -> Iterator[Heard]:
        with _LOCK:
            segments, _ = self._loaded().transcribe(
                samples,
                beam_size=self._beam,
                language=self.language or None,
                vad_filter=True,
                word_timestamps=True,
                condition_on_previous_text=False,
            )
            # The model works while the segments are read.
            said = list(segments)
        for one in said:
            heard = _in_milliseconds(one, offset, last)
            if heard is not None:
                yield heard

    def _loaded(self) -> Any:
        if self._model is None:
            from faster_whisper import WhisperModel

            try:
                self._model = WhisperModel(
                    str(self._folder), device="cpu", compute_type="int8", cpu_threads=thread_count()
                )
            except (RuntimeError, ValueError, OSError) as error:
                raise BackendFailed(f"{self._reference} cannot be loaded from {self._folder.name}: {error}") from None
        return self._model


def _in_milliseconds(one: Any, offset: int, last: int) -> Heard | None:
    words = tuple(
        Word(offset + round(w.start * 1000), offset + round(w.end * 1000), w.word.strip(), round(w.probability, 4))
        for w in one.words or ()
    )
    # The first and the last word say more exactly than the model's own marks where speech begins and ends.
    start = words[0].start if words else offset + round(one.start * 1000)
    end = min(max(words[-1].end if words else offset + round(one.end * 1000), start + 1), last)
    text = " ".join(one.text.split())
    # The model's own figure is one for half a minute; that of the words is the segment's own.
    score = sum(word.score for word in words) / len(words) if words else math.exp(one.avg_logprob)
    return Heard(start, end, text, round(score, 4), words) if text and start < end else None


def _pieces(recording: AudioFile, last: int) -> Iterator[tuple[int, Samples]]:
    """(start in milliseconds, samples) of stretches that end in the quietest moment before they would be too long."""
    start = recording.start
    while start < last:
        end = min(start + PIECE_MS, last)
        samples = samples_of(recording.path, start=start, end=end)
        if end < last:
            end = start + quietest(samples, (end - start - _REACH_MS, end - start))
            samples = samples[: (end - start) * SPEECH_RATE // 1000]
        yield start, samples
        start = end


def quietest(samples: Samples, between: tuple[int, int]) -> int:
    """The middle of the quietest 20 ms of a stretch, in milliseconds from the beginning of ``samples``."""
    step = _STEP_MS * SPEECH_RATE // 1000
    edges = range(between[0] * SPEECH_RATE // 1000, between[1] * SPEECH_RATE // 1000 + 1, step)
    loudness = [(float(abs(samples[a:b]).max(initial=0.0)), a) for a, b in pairwise(edges)]
    return (min(loudness, default=(0.0, edges[0]))[1] + step // 2) * 1000 // SPEECH_RATE


def as_segments(heard: Sequence[Heard]) -> list[dict[str, Any]]:
    """Segments as answers hold them, with words and scores beside; no two overlap."""
    made: list[dict[str, Any]] = []
    reach = 0
    for number, one in enumerate(heard, start=1):
        start = max(one.start, reach)
        if start >= one.end:
            continue
        words = [{"start": w.start, "end": w.end, "text": w.text, "score": w.score} for w in one.words]
        made.append(
            {"id": f"r{number}", "start": start, "end": one.end, "text": one.text, "words": words, "score": one.score}
        )
        reach = one.end
    return made
