"""Images on their way to a model elsewhere: scaled down, as JPEG, in the words of the chat completions interface."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tools.content import Content, ImageFile
from tools.errors import InputError
from tools.images.pixels import as_file, read_pixels
from tools.images.probe import probe

MOST_SIDE = 1024
"""Pixels of the longer side that are sent: models scale larger ones down themselves, and every pixel costs."""

_QUALITY = 85
_PIXELS_A_TOKEN = 750
_TOKENS_AROUND = 100


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file that goes with a question. ``width`` and ``height`` are its full size as displayed.

    ``digest`` is of the file's bytes and of how it is sent: the same picture makes the same call wherever it lies.
    """

    path: str
    digest: str
    width: int
    height: int

    @property
    def tokens(self) -> int:
        """What it takes of a prompt, estimated: makers count about one token for 750 pixels, or for tiles of 512."""
        scale = min(1.0, MOST_SIDE / max(self.width, self.height))
        return round(self.width * self.height * scale * scale / _PIXELS_A_TOKEN) + _TOKENS_AROUND

    def url(self) -> str:
        """The scaled image as a data URL."""
        encoded = base64.b64encode(as_file(read_pixels(self.path, MOST_SIDE), "JPEG", _QUALITY))
        return f"data:image/jpeg;base64,{encoded.decode('ascii')}"


def picture_of(content: Content) -> Picture | None:
    """The picture of an item that is one, :class:`InputError` where it cannot be read. Nothing is decoded yet."""
    if not isinstance(content, ImageFile):
        return None
    place = content.path
    try:
        stamp = place.stat()
    except OSError:
        raise InputError(f"{place.name} cannot be read as an image: there is no such file.") from None
    return _known_picture(str(place), stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=4096)
def _known_picture(path: str, changed: int, size: int) -> Picture:
    media = probe(Path(path)).media
    sent = f"{media.digest} {MOST_SIDE} {_QUALITY}"
    return Picture(path, hashlib.sha256(sent.encode()).hexdigest(), media.width, media.height)


def with_picture(messages: Sequence[Mapping[str, str]], picture: Picture) -> list[dict[str, Any]]:
    """The messages with the picture before the words of the first one of the user."""
    made: list[dict[str, Any]] = [dict(one) for one in messages]
    first = next(one for one in made if one["role"] == "user")
    image = {"type": "image_url", "image_url": {"url": picture.url()}}
    first["content"] = [image, {"type": "text", "text": first["content"]}]
    return made
