"""What an image file is, found out without trusting it: its kind by its bytes, its size before its pixels.

Formats are an allow-list; what can hold scripts or other files (SVG, PDF, PostScript) is not on it. Sizes are read from
the header first, so that a small file which unpacks to gigabytes is refused before it does.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, UnidentifiedImageError

from tools.errors import InputError
from tools.records import Media

MOST_PIXELS = 178_000_000
"""Width times height of the largest picture that is read; a copy takes 534 MB. Pillow itself reads little more."""

MOST_BYTES = 512 * 1024**2
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm")
"""Names under which pictures are looked for in folders."""

_MIMES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "JPEG2000": "image/jp2",
    "PPM": "image/x-portable-anymap",
}
MIME_SUFFIX = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/jp2": ".jp2",
    "image/x-portable-anymap": ".ppm",
}
"""The suffix a copied file gets, whatever it was called."""

_USUAL_SUFFIXES = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "image/tiff": (".tif", ".tiff"),
    "image/jp2": (".jp2", ".j2k", ".jpx"),
    "image/x-portable-anymap": (".ppm", ".pgm", ".pbm", ".pnm"),
}
_DEEP_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_TURNED = (5, 6, 7, 8)
"""EXIF orientations that exchange width and height."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a file is, and sentences about how it is read where that is not plain."""

    media: Media
    notes: tuple[str, ...] = ()


def probe(path: Path) -> Probe:
    """Look at an image file and read it once to the end; :class:`InputError` says in one sentence why it is refused.

    ``Media.place`` is left empty: where the file is kept is for the caller to say.
    """
    size = _size_of(path)
    with _opened(path) as image:
        mime = _MIMES[str(image.format)]
        _refuse_bomb(path, image)
        orientation = orientation_of(image)
        width, height = image.size[::-1] if orientation in _TURNED else image.size
        frames = int(getattr(image, "n_frames", 1))
        bits = bits_of(image)
        notes = _notes(path, image, mime, frames, bits)
        _read_to_the_end(path, image)
    return Probe(Media(digest_of(path), mime, width, height, orientation, bits, frames, size), notes)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where the file says nothing or nonsense."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001  broken EXIF raises whatever its parser stumbles over, and is no reason to refuse
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def bits_of(image: Image.Image) -> int:
    """Bits per channel: 8, 16, or 32 for floats and wide whole numbers."""
    if image.mode in ("F", "I") and str(image.format) != "PNG":
        return 32 if image.mode == "F" or _tiff_bits(image) > 16 else 16
    return 16 if image.mode in _DEEP_MODES or _tiff_bits(image) == 16 or _png_bits(image) == 16 else 8


def _tiff_bits(image: Image.Image) -> int:
    tags: Any = getattr(image, "tag_v2", None)
    found = tags.get(258) if tags is not None else None
    return max(found) if isinstance(found, tuple) and found else 8


def _png_bits(image: Image.Image) -> int:
    if str(image.format) != "PNG":
        return 8
    # Pillow hands 16-bit colour out as 8-bit colour; only its decoder's raw mode tells.
    tiles: Any = getattr(image, "tile", None) or ()
    return 16 if any(";16" in str(tile[3]) for tile in tiles) else 8


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image with Pillow's own limit set aside, since ours comes before any pixel is read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Pillow reads MPO, a JPEG with more behind it, as JPEG, and knows no opener of that name.
            with Image.open(path, formats=[name for name in _MIMES if name != "MPO"]) as image:
                yield image
    except Image.DecompressionBombError:
        raise InputError(f"{path.name} unpacks to more pixels than are read; the limit is {MOST_PIXELS:,}.") from None
    except UnidentifiedImageError:
        kinds = "JPEG, PNG, WebP, TIFF, GIF, BMP, JPEG 2000 or PNM"
        raise InputError(f"{path.name} is no image: its bytes are none of {kinds}.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError(f"{path.name} is a damaged image: {_cause(error)}.") from None


def _size_of(path: Path) -> int:
    try:
        size = path.stat().st_size
    except OSError:
        raise InputError(f"{path.name} cannot be read.") from None
    if not size:
        raise InputError(f"{path.name} is empty: it has 0 bytes.")
    if size > MOST_BYTES:
        raise InputError(f"{path.name} has {size:,} bytes; images of up to {MOST_BYTES:,} are read.")
    return size


def _refuse_bomb(path: Path, image: Image.Image) -> None:
    width, height = image.size
    if width <= 0 or height <= 0:
        raise InputError(f"{path.name} has no pixels: it is {width} x {height}.")
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{path.name} has {width * height:,} pixels ({width} x {height}); the limit is {MOST_PIXELS:,}."
        )


def _read_to_the_end(path: Path, image: Image.Image) -> None:
    """A file cut short decodes to grey at its end; it is refused rather than labelled."""
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise InputError(f"{path.name} is cut short or damaged: {_cause(error)}.") from None


def _notes(path: Path, image: Image.Image, mime: str, frames: int, bits: int) -> tuple[str, ...]:
    notes = []
    suffix = path.suffix.lower()
    if suffix and suffix not in _USUAL_SUFFIXES.get(mime, (MIME_SUFFIX[mime],)):
        notes.append(
            f"{path.name} is called {suffix} and is {mime.removeprefix('image/').upper()}; its content counts."
        )
    if frames > 1 and str(image.format) != "MPO":
        notes.append(f"{path.name} has {frames} frames; the first one is labelled.")
    if image.mode == "CMYK":
        notes.append(f"{path.name} has the colours of print (CMYK); they are shown converted to RGB.")
    if bits > 8:
        notes.append(f"{path.name} has {bits} bits a channel; it is shown scaled to 8, and the file stays as it is.")
    return tuple(notes)


def _cause(error: BaseException) -> str:
    return str(error).rstrip(".").split("\n")[0][:80] or type(error).__name__
