"""Masks as small pictures inside JSON: PNG in base64, as LabelMe writes them."""

from __future__ import annotations

import base64
import binascii
import io
from typing import Any

import numpy as np
from PIL import Image

Array = Any
_PNG = b"\x89PNG\r\n\x1a\n"
NO_PICTURE = "its mask is no PNG picture in base64"
TOO_BIG = "its mask is larger than its image"


def decode_picture(written: str, largest: tuple[int, int]) -> Array:
    """The mask, bool (height, width), of a PNG in base64; every pixel that is not black belongs to it.

    ``ValueError`` with a part of a sentence where it is none, or larger than ``largest`` (height, width): the size is
    read from the picture's head, before a pixel is unpacked.
    """
    try:
        content = base64.b64decode(written, validate=False)
    except (binascii.Error, ValueError):
        raise ValueError(NO_PICTURE) from None
    if not content.startswith(_PNG) or len(content) < 24:
        raise ValueError(NO_PICTURE)
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if height > largest[0] or width > largest[1]:
        raise ValueError(TOO_BIG)
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            return _is_set(picture)
    except (OSError, SyntaxError, ValueError):
        raise ValueError(NO_PICTURE) from None


def _is_set(picture: Any) -> Array:
    """Whether each pixel is set: by its index in a palette, else by its colour; transparency does not count."""
    if picture.mode in ("P", "1", "L"):
        return np.asarray(picture) > 0
    return np.asarray(picture.convert("RGB")).any(axis=2)


def encode_picture(mask: Array) -> str:
    """The PNG of a mask, bool (height, width), in base64: grey, 1 inside."""
    stream = io.BytesIO()
    Image.fromarray(np.asarray(mask, np.uint8)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")
