"""Which encoding a text file is in, found from its bytes and said plainly."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from tools.errors import FormatRefused

_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_LOOK = 4096
_STEP = 1 << 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, the length of the byte order mark before the text, and one sentence where it was not plain UTF-8."""

    codec: str
    mark: int = 0
    sentence: str = ""


def detect(data: bytes) -> Encoding:
    """Byte order mark, else UTF-16 by its zero bytes, else UTF-8 if it is valid, else Latin-1."""
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            said = "" if codec == "utf-8" else f"Read as {name}, by its byte order mark."
            return Encoding(codec, len(mark), said)
    codec = _unmarked_utf16(data[:_LOOK])
    if codec:
        return Encoding(codec, 0, "Read as UTF-16 without a byte order mark: every other byte is zero.")
    at = invalid_utf8_at(data)
    if at is None:
        return Encoding("utf-8")
    # Windows-1252 is what programs write when they say Latin-1; the five bytes it lacks decide.
    return Encoding(_western(data), 0, f"Read as Latin-1 (Windows-1252): byte {at} is not valid UTF-8.")


def decode(data: bytes, wanted: str = "auto") -> tuple[str, str]:
    """The text without its byte order mark, and the sentence that says how it was read."""
    found = named(data, wanted)
    try:
        return data[found.mark :].decode(found.codec), found.sentence
    except UnicodeDecodeError as error:
        raise FormatRefused(
            f"The file is not {found.codec}: byte {error.start + found.mark} does not fit. Say encoding=auto or the "
            f"right one."
        ) from None


def named(data: bytes, wanted: str) -> Encoding:
    """The encoding a person named, or the detected one for ``auto``."""
    if wanted == "auto":
        return detect(data)
    try:
        codec = codecs.lookup(wanted).name
    except LookupError:
        raise FormatRefused(f"There is no encoding {wanted!r}; usual ones are utf-8, utf-16, latin-1.") from None
    mark = codecs.BOM_UTF8 if codec in ("utf-8", "utf-8-sig") else b""
    return Encoding("utf-8" if mark else codec, len(mark) if mark and data.startswith(mark) else 0)


def invalid_utf8_at(data: bytes) -> int | None:
    """Position of the first byte that is not UTF-8, checked in steps so that no second copy of the text is made."""
    if data.isascii():
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _STEP):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(data[start : start + _STEP], start + _STEP >= len(data))
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return None


def _unmarked_utf16(head: bytes) -> str:
    if len(head) < 4:
        return ""
    half = len(head) // 2
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else ""


def _western(data: bytes) -> str:
    return "latin-1" if any(byte in data for byte in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")) else "cp1252"
