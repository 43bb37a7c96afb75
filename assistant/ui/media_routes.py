"""Pictures for the page: upright copies that a browser can show, made from the project's files and kept as cache.

No route takes a path or a name: an item's number is all that a browser says. What is sent was decoded and encoded here,
so that no byte of a foreign file reaches the browser as it was.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from assistant.ui.card_routes import Id
from assistant.ui.ports import OpenProject
from assistant.ui.who import Person
from tools.errors import InputError, NotFound
from tools.images.pixels import Pixels, as_file, read_pixels, scaled
from tools.records import Media

THUMB_SIDE = 256
MOST_SIDE = 4096
_KEPT_PIXELS = 160_000_000
"""Decoded pixels that are kept for crops; a large picture is looked at in many crops one after the other."""

_REVISION = "1"


class Pictures:
    """Copies of the project's images for showing; full-size pixels of the last few are kept in memory."""

    def __init__(self, session: OpenProject) -> None:
        """Copies lie in the project's cache, which may be emptied."""
        self._store = session.store
        self._folder = session.path / "cache" / "pictures"
        self._kept: OrderedDict[str, Pixels] = OrderedDict()
        self._lock = threading.Lock()

    def media(self, item_id: int) -> Media:
        """The image of an item; :class:`NotFound` where it has none."""
        media: Media | None = self._store.media.of([item_id]).get(item_id)
        if media is None:
            raise NotFound(f"Item #{item_id} is no image.")
        return media

    def copy(self, media: Media, side: int) -> bytes:
        """The whole picture, no side longer than ``side``."""
        place = self._folder / media.digest[:2] / f"{media.digest}-{side}-{_REVISION}.webp"
        if place.is_file():
            return place.read_bytes()
        shown = as_file(read_pixels(self._store.media.file(media), side))
        _write(place, shown)
        return shown

    def crop(self, media: Media, box: tuple[int, int, int, int], side: int) -> bytes:
        """A part of the picture (x, y, width, height in full-size pixels), scaled down to ``side``."""
        x, y, width, height = box
        if x >= media.width or y >= media.height or width <= 0 or height <= 0:
            raise InputError(f"There is no such part of an image of {media.width} x {media.height}.")
        part = self.pixels(media)[y : y + height, x : x + width]
        return as_file(scaled(part, side), quality=92)

    def pixels(self, media: Media) -> Pixels:
        """Full-size pixels."""
        with self._lock:
            if media.digest in self._kept:
                self._kept.move_to_end(media.digest)
                return self._kept[media.digest]
        found = read_pixels(self._store.media.file(media))
        with self._lock:
            self._kept[media.digest] = found
            while len(self._kept) > 1 and sum(one.size // 3 for one in self._kept.values()) > _KEPT_PIXELS:
                self._kept.popitem(last=False)
        return found


def media_router(session: OpenProject) -> APIRouter:
    """The routes under ``/media``."""
    router = APIRouter(prefix="/media")
    pictures = Pictures(session)

    @router.get("/{item_id}/display")
    def display(
        item_id: Id, actor: Person, request: Request, side: Annotated[int, Query(ge=64, le=MOST_SIDE)] = 2048
    ) -> Response:
        media = pictures.media(item_id)
        return _answer(request, media, f"d{side}", lambda: pictures.copy(media, side))

    @router.get("/{item_id}/thumb")
    def thumb(item_id: Id, actor: Person, request: Request) -> Response:
        media = pictures.media(item_id)
        return _answer(request, media, "t", lambda: pictures.copy(media, THUMB_SIDE))

    @router.get("/{item_id}/tile")
    def tile(
        item_id: Id,
        actor: Person,
        request: Request,
        x: Annotated[int, Query(ge=0)],
        y: Annotated[int, Query(ge=0)],
        w: Annotated[int, Query(ge=1)],
        h: Annotated[int, Query(ge=1)],
        side: Annotated[int, Query(ge=64, le=MOST_SIDE)] = 1024,
    ) -> Response:
        media = pictures.media(item_id)
        return _answer(request, media, f"c{x}.{y}.{w}.{h}.{side}", lambda: pictures.crop(media, (x, y, w, h), side))

    return router


def _answer(request: Request, media: Media, what: str, make: Callable[[], bytes]) -> Response:
    """The bytes, or 304 where the browser has them: content never changes under its hash."""
    tag = '"' + hashlib.sha256(f"{media.digest}/{what}/{_REVISION}".encode()).hexdigest()[:24] + '"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "X-Image-Size": f"{media.width}x{media.height}",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(make(), media_type="image/webp", headers=headers)


def _write(place: Path, content: bytes) -> None:
    """Whole or not at all; a copy that cannot be kept is made again next time."""
    unfinished = place.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(place)
    except OSError:
        unfinished.unlink(missing_ok=True)
