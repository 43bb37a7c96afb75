"""Pixels of image files as people see them: upright, in RGB, eight bits a channel."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from tools.errors import InputError
from tools.images.probe import MOST_PIXELS

Pixels = npt.NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""

_STRIP_PIXELS = 4_000_000
_LOW, _HIGH = 0.5, 99.5
"""Percentiles of deep grey pictures that become black and white; a few hot pixels would leave the rest dark."""


def read_pixels(path: str | Path, most_side: int | None = None) -> Pixels:
    """The picture, shape (h, w, 3), uint8 RGB: EXIF orientation applied, first frame, transparent parts over white.

    Sixteen-bit and float pictures are stretched over their own range. With ``most_side`` the picture is scaled down so
    that no side is longer; a JPEG is then decoded at reduced size, which is many times quicker.
    """
    place = Path(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(place) as image:
                if image.size[0] * image.size[1] > MOST_PIXELS:
                    raise InputError(f"{place.name} has more pixels than are read; the limit is {MOST_PIXELS:,}.")
                if most_side is not None:
                    share = most_side / max(most_side, *image.size)
                    # In the picture's own proportions: the shorter side would ask for more than is shown.
                    image.draft("RGB", (max(1, int(image.size[0] * share)), max(1, int(image.size[1] * share))))
                image.load()
                # In place, and not copied where the mode is right: each copy is four bytes a pixel.
                ImageOps.exif_transpose(image, in_place=True)
                shown = to_rgb(image)
    except Image.DecompressionBombError:
        raise InputError(f"{place.name} has more pixels than are read; the limit is {MOST_PIXELS:,}.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        said = str(error).replace(str(place), place.name)[:80]
        raise InputError(f"{place.name} cannot be read as an image: {said}.") from None
    if most_side is not None and max(shown.size) > most_side:
        shown.thumbnail((most_side, most_side), Image.Resampling.LANCZOS)
    return _as_array(shown)


def _as_array(image: Image.Image) -> Pixels:
    """The pixels, taken over in strips: a picture of 169 megapixels would otherwise be held three times more."""
    width, height = image.size
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    strip = max(1, _STRIP_PIXELS // max(width, 1))
    for top in range(0, height, strip):
        bottom = min(top + strip, height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in mode RGB, whatever it came as."""
    if image.mode in ("F", "I", "I;16", "I;16B", "I;16L", "I;16N"):
        return Image.fromarray(_stretched(np.asarray(image, dtype=np.float64))).convert("RGB")
    if image.mode == "CMYK":
        return image.convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        upper = image.convert("RGBA")
        white = Image.new("RGBA", upper.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, upper).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _stretched(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(values.shape, dtype=np.uint8)
    low, high = np.percentile(finite, [_LOW, _HIGH])
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    scaled = (np.nan_to_num(values, nan=low) - low) / (high - low) if high > low else np.zeros_like(values)
    return np.asarray(np.clip(scaled, 0, 1) * 255, dtype=np.uint8)


def as_file(pixels: Pixels, kind: str = "WEBP", quality: int = 88) -> bytes:
    """The picture as the bytes of a file; ``kind`` is a Pillow format."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, quality=quality)
    return out.getvalue()


def scaled(pixels: Pixels, most_side: int) -> Pixels:
    """The picture scaled down so that no side is longer than ``most_side``; smaller ones stay as they are."""
    if max(pixels.shape[:2]) <= most_side:
        return pixels
    image = Image.fromarray(pixels)
    image.thumbnail((most_side, most_side), Image.Resampling.LANCZOS)
    return np.array(image, dtype=np.uint8)
