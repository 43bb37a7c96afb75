"""What an item consists of, as models read it: words, or a file or a part of one; never a bare string.

A content is made by the store from an item. Back-ends take the sorts they can read and are never given another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Text:
    """Words, in which offsets count in Unicode code points."""

    words: str

    @property
    def mark(self) -> str:
        """What is another where the content is another; vectors are kept by it."""
        return self.words


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file on this machine. The path of a copied image holds the hash of its content."""

    path: Path

    @property
    def mark(self) -> str:
        """What is another where the content is another."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A recording on this machine, or the part of it from ``start`` to ``end``, in milliseconds, the end exclusive.

    ``length`` is that of the whole file.
    """

    path: Path
    length: int
    start: int = 0
    end: int | None = None

    @property
    def mark(self) -> str:
        """What is another where the content is another."""
        return f"{self.path}#{self.start}-{self.end if self.end is not None else self.length}"


Content = Text | ImageFile | AudioFile


def words_of(content: Content) -> str:
    """The words that a model reads of a content; a file has none."""
    return content.words if isinstance(content, Text) else ""


def text_of(content: Content) -> str:
    """The words of a text; ``TypeError`` for a file, which no reader of texts is ever given."""
    if not isinstance(content, Text):
        raise TypeError(f"a text was expected, and this is {type(content).__name__}")
    return content.words


def image_of(content: Content) -> Path:
    """Where the image lies; ``TypeError`` for anything else."""
    if not isinstance(content, ImageFile):
        raise TypeError(f"an image was expected, and this is {type(content).__name__}")
    return content.path


def recording_of(content: Content) -> AudioFile:
    """The recording; ``TypeError`` for anything else."""
    if not isinstance(content, AudioFile):
        raise TypeError(f"a recording was expected, and this is {type(content).__name__}")
    return content


def texts(words: Iterable[str]) -> list[Content]:
    """Each as a content."""
    return [Text(one) for one in words]


UNREAD = Text("")
"""In place of a content that is not looked at, because its vector is known."""
