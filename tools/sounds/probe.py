"""What a recording is, found out without trusting it: the form of its sound by its bytes, its length by its samples."""

from __future__ import annotations

from pathlib import Path

from tools.errors import InputError
from tools.images.probe import Probe, digest_of
from tools.records import Media
from tools.sounds.decode import SPEECH_RATE, opened, pieces_of

MOST_BYTES = 2 * 1024**3
MOST_MINUTES = 12 * 60
SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".webm")
"""Names under which recordings are looked for in folders."""

_MIMES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "mov,mp4,m4a,3gp,3g2,mj2": "audio/mp4",
    "aac": "audio/aac",
    "matroska,webm": "audio/webm",
}
"""Containers that are taken, by FFmpeg's names for them."""

MIME_SUFFIX = {
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/webm": ".webm",
}
"""The suffix a copied file gets, whatever it was called."""


def probe(path: Path) -> Probe:
    """Look at a recording and decode it once to the end; :class:`InputError` says in one sentence why it is refused.

    The length is that of what can be heard, in milliseconds; a header that states another one is noted, not believed.
    """
    size = path.stat().st_size
    if not size:
        raise InputError(f"{path.name} is empty.")
    if size > MOST_BYTES:
        raise InputError(f"{path.name} has {size / 1024**3:.1f} GiB; recordings of up to 2 GiB are taken.")
    with opened(path) as container:
        mime = _MIMES.get(container.format.name)
        if mime is None:
            raise InputError(f"{path.name} is sound in a {container.format.name} file, which is not taken.")
        stream = container.streams.audio[0]
        rate, channels = int(stream.rate or 0), int(stream.channels or 0)
        stated = None if container.duration is None else round(container.duration / 1000)
    length = round(_counted(path) * 1000 / SPEECH_RATE)
    if not length:
        raise InputError(f"{path.name} holds no sound that can be heard.")
    notes = _notes(path, stated, length)
    return Probe(Media(digest_of(path), mime, 0, 0, size=size, length=length, rate=rate, channels=channels), notes)


def _counted(path: Path) -> int:
    most, count = MOST_MINUTES * 60 * SPEECH_RATE, 0
    for piece in pieces_of(path):
        count += len(piece)
        if count > most:
            raise InputError(f"{path.name} is longer than {MOST_MINUTES // 60} hours, which is the most; cut it.")
    return count


def _notes(path: Path, stated: int | None, length: int) -> tuple[str, ...]:
    # Encoders pad by some dozens of milliseconds.
    if stated is None or abs(stated - length) <= max(200, length // 50):
        return ()
    return (f"{path.name} says that it lasts {stated / 1000:.1f} s, and {length / 1000:.1f} s can be heard.",)
