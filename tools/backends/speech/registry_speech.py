"""Which back-ends write down speech: ``scheme:name`` to a late loader, and what would make the missing ones usable."""

from __future__ import annotations

import threading

from tools.backends.hub_model import folder_of
from tools.backends.images.registry_images import BackendStatus, status_of
from tools.backends.speech import whisper, whisper_tiny
from tools.backends.speech.contract_speech import Transcriber
from tools.backends.speech.whisper import WhisperTranscriber
from tools.errors import BackendMissing, InputError, NotFound

DEFAULT = whisper_tiny.REFERENCE
_NEEDED = ("model.bin", "config.json")
_LOCK = threading.Lock()
_OPEN: dict[str, Transcriber] = {}


def open_transcriber(reference: str) -> Transcriber:
    """The back-end of that name, loaded once and kept; :class:`BackendMissing` carries the line that would help."""
    with _LOCK:
        if reference not in _OPEN:
            found = _load(reference)
            _OPEN.clear()
            _OPEN[reference] = found
        return _OPEN[reference]


def _load(reference: str) -> Transcriber:
    scheme, _, name = reference.partition(":")
    if reference == whisper_tiny.REFERENCE:
        return whisper_tiny.open_tiny()
    if scheme == "hub" and name:
        return _open_folder(reference, name)
    raise NotFound(
        f"There is no back-end {reference!r} that writes down speech; there are {DEFAULT} and hub:FOLDER of a Whisper "
        "model in the form that faster-whisper reads."
    )


def _open_folder(reference: str, name: str) -> Transcriber:
    if not whisper.is_installed():
        raise BackendMissing("faster-whisper is not installed.", whisper.REMEDY)
    folder = folder_of(name)
    missing = [one for one in _NEEDED if folder is None or not (folder / one).is_file()]
    if folder is None or missing:
        raise InputError(
            f"{reference} is no folder with a Whisper model in the form that faster-whisper reads; it lacks "
            f"{' and '.join(missing)}."
        )
    size = (folder / "model.bin").stat().st_size
    return WhisperTranscriber(reference, f"{folder.name}-{size}", folder)


def usable_transcribers() -> list[BackendStatus]:
    """Each with whether it can be used here and now. Nothing heavy is imported."""
    return [
        status_of(whisper_tiny.REFERENCE, "transcribe", whisper_tiny.is_installed(), whisper.REMEDY),
        status_of("hub:WHISPER-folder", "transcribe", whisper.is_installed(), whisper.REMEDY),
    ]
