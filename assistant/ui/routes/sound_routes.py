"""Recordings for the page: the file itself, a part at a time as players ask for it, and its peaks for the waveform.

No route takes a path or a name: an item's number is all that a browser says. The type of what is sent is what the file
was found to be when it came in, whatever it is called.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from assistant.ui.door.who import Person
from assistant.ui.ports import OpenProject
from assistant.ui.problems import problem
from assistant.ui.routes.card_routes import Id
from assistant.ui.routes.picture_room import RETRY_SECONDS
from tools.errors import NotFound
from tools.records import Media
from tools.sounds.peaks import peaks_of

FINEST_STEP = 10
"""Milliseconds of one peak of a short recording."""

MOST_PEAKS = 60_000
"""Of a longer one there are so many: half a megabyte at most is sent."""

_REVISION = "1"
_AT_ONCE = 2
_PATIENCE_SECONDS = 20.0


class Sounds:
    """The project's recordings; peaks are computed once, and kept in its cache, which may be emptied."""

    def __init__(self, session: OpenProject) -> None:
        """Nothing is decoded yet."""
        self._store = session.store
        self._folder = session.path / "cache" / "peaks"
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}

    def media(self, item_id: int) -> Media:
        """The recording of an item; :class:`NotFound` where it has none."""
        media: Media | None = self._store.media.of([item_id]).get(item_id)
        if media is None or not media.length:
            raise NotFound(f"Item #{item_id} is no recording.")
        return media

    def file(self, media: Media) -> Path:
        """Where it lies; :class:`NotFound` where it is gone."""
        place: Path = self._store.media.file(media)
        return place

    def peaks(self, media: Media) -> bytes | None:
        """Length, step and peaks as JSON; ``None`` where others are being computed for too long."""
        place = self._folder / media.digest[:2] / f"{media.digest}-{_REVISION}.json"
        # Whoever asks for the same meanwhile waits for it; two recordings at most are decoded at once.
        with self._one(media.digest):
            if place.is_file():
                return place.read_bytes()
            if not self._room.acquire(timeout=_PATIENCE_SECONDS):
                return None
            try:
                made = json.dumps(peaks_record(self.file(media), media.length), separators=(",", ":")).encode()
            finally:
                self._room.release()
            _write(place, made)
            return made

    def _one(self, digest: str) -> threading.Lock:
        with self._lock:
            self._making = {name: lock for name, lock in self._making.items() if lock.locked()}
            return self._making.setdefault(digest, threading.Lock())


def peaks_record(path: Path, length: int) -> dict[str, Any]:
    """The peaks of a recording of ``length`` milliseconds: one of 0..255 for each ``step`` milliseconds."""
    step = max(FINEST_STEP, -(-length // MOST_PEAKS))
    steps = -(-length // step)
    return {"length": length, "step": step, "peaks": peaks_of(path, steps, steps * step)}


def sound_router(session: OpenProject) -> APIRouter:
    """The routes under ``/media`` that are for recordings."""
    router = APIRouter(prefix="/media")
    sounds = Sounds(session)

    @router.get("/{item_id}/sound")
    def sound(item_id: Id, actor: Person, request: Request) -> Response:
        media = sounds.media(item_id)
        headers = _headers(media, "s")
        if _is_known(request, headers) and "range" not in request.headers:
            return Response(status_code=304, headers=headers)
        return FileResponse(sounds.file(media), media_type=media.mime, headers=headers)

    @router.get("/{item_id}/peaks")
    def peaks(item_id: Id, actor: Person, request: Request) -> Response:
        media = sounds.media(item_id)
        headers = _headers(media, f"p{_REVISION}")
        if _is_known(request, headers):
            return Response(status_code=304, headers=headers)
        made = sounds.peaks(media)
        if made is not None:
            return Response(made, media_type="application/json", headers=headers)
        later = problem(503, "NoRoom", "Other recordings are being read just now; this one is shown in a moment.")
        later.headers["Retry-After"] = str(RETRY_SECONDS)
        return later

    return router


def _headers(media: Media, what: str) -> dict[str, str]:
    """Content never changes under its hash, so that a browser asks only whether it may still have it."""
    return {
        "ETag": f'"{media.digest[:24]}-{what}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }


def _is_known(request: Request, headers: dict[str, str]) -> bool:
    return request.headers.get("if-none-match") == headers["ETag"]


def _write(place: Path, content: bytes) -> None:
    """Whole or not at all; peaks that cannot be kept are computed again next time."""
    unfinished = place.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    try:
        place.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(place)
    except OSError:
        unfinished.unlink(missing_ok=True)
