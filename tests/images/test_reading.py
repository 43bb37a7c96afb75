"""Image files of every awkward sort: each gets one clear sentence or is read as people see it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tools.errors import InputError
from tools.images.pixels import as_file, read_pixels, scaled
from tools.images.probe import MOST_PIXELS, probe


def photo(width: int = 30, height: int = 20) -> Image.Image:
    """Left half red, right half blue, a white corner at the top left."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2, 0] = 200
    pixels[:, width // 2 :, 2] = 200
    pixels[:4, :4] = 255
    return Image.fromarray(pixels)


def saved(place: Path, image: Image.Image | None = None, kind: str = "PNG", **more: Any) -> Path:
    (image or photo()).save(place, kind, **more)
    return place


def bomb(place: Path, side: int = 60_000) -> Path:
    """A PNG of a few kilobytes whose header promises ``side`` squared pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    place.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return place


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM"])
def test_usual_kinds_are_known_by_their_bytes(tmp_path: Path, kind: str) -> None:
    found = probe(saved(tmp_path / f"a.{kind.lower()}", kind=kind))
    assert (found.media.width, found.media.height, found.notes) == (30, 20, ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_and_size_are_those_of_the_upright_picture(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    place = saved(tmp_path / "a.jpg", kind="JPEG", exif=exif, quality=95)
    found = probe(place).media
    pixels = read_pixels(place)
    assert found.orientation == orientation
    assert pixels.shape == (found.height, found.width, 3)
    assert (found.width, found.height) == ((20, 30) if orientation >= 5 else (30, 20))


def test_a_picture_taken_sideways_has_its_corner_where_people_see_it(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    pixels = read_pixels(saved(tmp_path / "a.jpg", kind="JPEG", exif=exif, quality=95))
    # Orientation 6 is shown turned clockwise: the stored top left corner becomes the top right one.
    assert pixels[1, -2].min() > 200 > pixels[1, 1].min()


def test_sixteen_bits_are_stretched_and_said(tmp_path: Path) -> None:
    deep = (np.arange(600, dtype=np.uint16).reshape(20, 30) + 1000).astype(np.uint16)
    place = saved(tmp_path / "a.tif", Image.fromarray(deep), "TIFF")
    found = probe(place)
    pixels = read_pixels(place)
    assert found.media.bits == 16
    assert "16 bits" in found.notes[0]
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_a_sixteen_bit_png_is_known_as_one(tmp_path: Path) -> None:
    deep = (np.arange(600, dtype=np.uint16).reshape(20, 30) * 100).astype(np.uint16)
    assert probe(saved(tmp_path / "a.png", Image.fromarray(deep))).media.bits == 16


def test_colours_of_print_are_converted_and_said(tmp_path: Path) -> None:
    place = saved(tmp_path / "a.jpg", photo().convert("CMYK"), "JPEG")
    assert "CMYK" in probe(place).notes[0]
    assert read_pixels(place).shape == (20, 30, 3)


def test_of_an_animation_the_first_frame_is_labelled_and_that_is_said(tmp_path: Path) -> None:
    frames = [photo(), photo().rotate(180)]
    place = tmp_path / "a.gif"
    frames[0].save(place, "GIF", save_all=True, append_images=frames[1:])
    found = probe(place)
    assert (found.media.frames, "2 frames" in found.notes[0]) == (2, True)
    assert read_pixels(place)[1, 1].min() > 200


def test_transparent_parts_are_shown_over_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (5, 4), (0, 0, 0, 0))
    assert read_pixels(saved(tmp_path / "a.png", clear)).min() == 255


def test_a_palette_with_a_transparent_colour_is_read(tmp_path: Path) -> None:
    palette = photo().convert("P")
    palette.info["transparency"] = 0
    assert read_pixels(saved(tmp_path / "a.gif", palette, "GIF", transparency=0)).shape == (20, 30, 3)


def test_a_wrong_ending_is_said_and_the_content_counts(tmp_path: Path) -> None:
    found = probe(saved(tmp_path / "a.jpg"))
    assert found.media.mime == "image/png"
    assert "is called .jpg and is PNG" in found.notes[0]


def test_a_bomb_is_refused_before_a_pixel_is_read(tmp_path: Path) -> None:
    place = bomb(tmp_path / "a.png")
    with pytest.raises(InputError, match=f"the limit is {MOST_PIXELS:,}"):
        probe(place)
    with pytest.raises(InputError, match="limit"):
        read_pixels(place)


def test_a_large_picture_within_the_limit_is_read(tmp_path: Path) -> None:
    place = saved(tmp_path / "a.png", Image.new("L", (10_000, 10_000)))
    assert probe(place).media.width == 10_000


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_file_that_breaks_off_is_refused(tmp_path: Path, kind: str) -> None:
    noisy = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8))
    whole = io.BytesIO()
    noisy.save(whole, kind)
    place = tmp_path / "a.img"
    place.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    with pytest.raises(InputError, match=r"damaged|cut short|no image"):
        probe(place)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty: it has 0 bytes"),
        (b"hello, this is no picture", "is no image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no image"),
        (b"%PDF-1.4 ...", "is no image"),
        (b"\x89PNG\r\n\x1a\n", "image"),
    ],
)
def test_what_is_no_picture_gets_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    place = tmp_path / "a.png"
    place.write_bytes(content)
    with pytest.raises(InputError, match=words):
        probe(place)


def test_broken_exif_is_no_reason_to_refuse(tmp_path: Path) -> None:
    place = saved(tmp_path / "a.jpg", kind="JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert probe(place).media.orientation == 1


def test_a_reduced_picture_keeps_its_proportions(tmp_path: Path) -> None:
    place = saved(tmp_path / "a.jpg", photo(300, 200), "JPEG")
    assert read_pixels(place, 60).shape == (40, 60, 3)
    assert scaled(read_pixels(place), 60).shape == (40, 60, 3)


def test_pixels_become_a_file_that_can_be_read_again(tmp_path: Path) -> None:
    place = tmp_path / "a.png"
    place.write_bytes(as_file(np.asarray(photo()), "PNG"))
    assert (read_pixels(place) == np.asarray(photo())).all()
