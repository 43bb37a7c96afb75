"""Pictures for the page: upright copies that a browser can show, made from the project's files and kept as cache.

No route takes a path or a name: an item's number is all that a browser says. What is sent was decoded and encoded here,
so that no byte of a foreign file reaches the browser as it was.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from assistant.ui.door.who import Person
from assistant.ui.ports import OpenProject
from assistant.ui.problems import problem
from assistant.ui.routes.card_routes import Id
from assistant.ui.routes.picture_room import RETRY_SECONDS, NoRoom, PictureRoom
from tools.errors import InputError, NotFound
from tools.images.pixels import Pixels, as_file, read_pixels, scaled
from tools.records import Media

THUMB_SIDE = 256
MOST_SIDE = 4096
_KEPT_PIXELS = 80_000_000
"""Decoded pixels that are kept for crops; a large picture is looked at in many crops one after the other."""

_REVISION = "1"
_MOST_LOCKS = 500


class Pictures:
    """Copies of the project's images for showing; full-size pixels of the last few are kept in memory."""

    def __init__(self, session: OpenProject) -> None:
        """Copies lie in the project's cache, which may be emptied."""
        self._store = session.store
        self._folder = session.path / "cache" / "pictures"
        self._kept: OrderedDict[str, Pixels] = OrderedDict()
        self._lock = threading.Lock()
        self._room = PictureRoom()
        self._decoding: dict[str, threading.Lock] = {}

    def media(self, item_id: int) -> Media:
        """The image of an item; :class:`NotFound` where it has none."""
        media: Media | None = self._store.media.of([item_id]).get(item_id)
        if media is None or not media.width:
            raise NotFound(f"Item #{item_id} is no image.")
        return media

    def copy(self, media: Media, side: int, person: str = "") -> bytes:
        """The whole picture, no side longer than ``side``."""
        place = self._folder / media.digest[:2] / f"{media.digest}-{side}-{_REVISION}.webp"
        if not place.is_file():
            with self._alone(person, f"{media.digest}-{side}"):
                if not place.is_file():
                    return self._make_copy(media, side, place)
        return place.read_bytes()

    def _make_copy(self, media: Media, side: int, place: Path) -> bytes:
        with self._room.decoding(_pixels_of(media, side)):
            shown = as_file(read_pixels(self._store.media.file(media), side))
        _write(place, shown)
        return shown

    def crop(self, media: Media, box: tuple[int, int, int, int], side: int, person: str = "") -> bytes:
        """A part of the picture (x, y, width, height in full-size pixels), scaled down to ``side``."""
        x, y, width, height = box
        if x >= media.width or y >= media.height or width <= 0 or height <= 0:
            raise InputError(f"There is no such part of an image of {media.width} x {media.height}.")
        if x == y == 0 and width >= media.width and height >= media.height:
            return self.copy(media, side, person)
        part = self.pixels(media, person)[y : y + height, x : x + width]
        return as_file(scaled(part, side), quality=92)

    def pixels(self, media: Media, person: str = "") -> Pixels:
        """Full-size pixels."""
        found = self._from_memory(media.digest)
        if found is not None:
            return found
        with self._alone(person, media.digest):
            found = self._from_memory(media.digest)
            if found is None:
                self._make_room(media.width * media.height)
                with self._room.decoding(media.width * media.height):
                    found = read_pixels(self._store.media.file(media))
                with self._lock:
                    self._kept[media.digest] = found
        return found

    def _from_memory(self, digest: str) -> Pixels | None:
        with self._lock:
            if digest not in self._kept:
                return None
            self._kept.move_to_end(digest)
            return self._kept[digest]

    def _make_room(self, pixels: int) -> None:
        """Forget pictures that were looked at longest ago, before another one is decoded."""
        with self._lock:
            while self._kept and pixels + sum(one.size // 3 for one in self._kept.values()) > _KEPT_PIXELS:
                self._kept.popitem(last=False)

    @contextmanager
    def _alone(self, person: str, what: str) -> Iterator[None]:
        """Twelve requests for one picture decode it once: the others wait for the first."""
        with self._lock:
            if len(self._decoding) > _MOST_LOCKS:
                self._decoding = {name: lock for name, lock in self._decoding.items() if lock.locked()}
            lock = self._decoding.setdefault(what, threading.Lock())
        with self._room.asking(person), lock:
            yield


def _pixels_of(media: Media, side: int) -> int:
    """How many pixels are decoded for a copy: of a JPEG half, a quarter or an eighth a side where that is enough."""
    shrink = 1
    while media.mime == "image/jpeg" and shrink < 8 and max(media.width, media.height) >= 2 * shrink * side:
        shrink *= 2
    return media.width * media.height // shrink**2


def media_router(session: OpenProject) -> APIRouter:
    """The routes under ``/media``."""
    router = APIRouter(prefix="/media")
    pictures = Pictures(session)

    @router.get("/{item_id}/display")
    def display(
        item_id: Id, actor: Person, request: Request, side: Annotated[int, Query(ge=64, le=MOST_SIDE)] = 2048
    ) -> Response:
        media = pictures.media(item_id)
        return _answer(request, media, f"d{side}", lambda: pictures.copy(media, side, actor.person))

    @router.get("/{item_id}/thumb")
    def thumb(item_id: Id, actor: Person, request: Request) -> Response:
        media = pictures.media(item_id)
        return _answer(request, media, "t", lambda: pictures.copy(media, THUMB_SIDE, actor.person))

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
        box = (x, y, w, h)
        return _answer(
            request, media, f"c{x}.{y}.{w}.{h}.{side}", lambda: pictures.crop(media, box, side, actor.person)
        )

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
    try:
        return Response(make(), media_type="image/webp", headers=headers)
    except NoRoom as error:
        later = problem(503, "NoRoom", str(error))
        later.headers["Retry-After"] = str(RETRY_SECONDS)
        return later


def _write(place: Path, content: bytes) -> None:
    """Whole or not at all; a copy that cannot be kept is made again next time."""
    unfinished = place.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    try:
        place.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(place)
    except OSError:
        unfinished.unlink(missing_ok=True)
