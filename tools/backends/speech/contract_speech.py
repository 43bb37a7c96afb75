"""What every back-end keeps to that writes down speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tools.backends.contract import BackendIdentity
from tools.content import AudioFile


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its place in the recording in milliseconds, the end exclusive; ``score`` is 0..1."""

    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of speech in milliseconds, the end exclusive, with what is said in it and its words."""

    start: int
    end: int
    text: str
    score: float
    words: tuple[Word, ...] = ()


class Transcriber(Protocol):
    """Writes down what is said."""

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and settings."""

    @property
    def language(self) -> str:
        """The one language that it understands, as an ISO 639-1 code; empty where it understands several."""

    def transcribe(self, recording: AudioFile, stopping: Callable[[], bool]) -> list[Heard]:
        """What is said in a recording or a part of one, in order; nothing where nobody speaks.

        Times count from the beginning of the whole recording.

        ``stopping`` is asked between pieces. :class:`~tools.errors.InputError` where the file cannot be read.
        """
