"""XML as annotation programs write it, read without ever resolving an entity.

The standard library expands entities that a document declares itself, which a few lines can blow up to gigabytes.
Such a document has a DOCTYPE; no annotation file needs one, so that it is refused, before anything is expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

DEEPEST = 64
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STEP = 1 << 16
DOCTYPE = "it has a DOCTYPE, which can hide entities; annotation files have none"


def parse_xml(content: bytes) -> Element:
    """The root element with everything in it; ``ValueError`` with a part of a sentence for what is not such XML."""
    reader = _Reader(keep=True)
    for _ in reader.read(content):
        pass
    assert reader.root is not None
    return reader.root


def children_of(content: bytes) -> Iterator[Element]:
    """The children of the root, one by one: a large file never stands in memory as a whole tree.

    ``ValueError`` where the content is no such XML, perhaps after some children.
    """
    return _Reader(keep=False).read(content)


def clean_text(text: str) -> str:
    """The text with a space in place of each character that XML 1.0 cannot hold at all, and with plain line ends."""
    return _UNWRITABLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


class _Reader:
    """An expat parser that builds one child of the root at a time."""

    def __init__(self, keep: bool) -> None:
        self._keep = keep
        self._depth = 0
        self._ready: list[Element] = []
        self._builder = TreeBuilder()
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self.root: Element | None = None

    def read(self, content: bytes) -> Iterator[Element]:
        """The children of the root as they are complete."""
        for start in range(0, len(content) or 1, _STEP):
            self._feed(content[start : start + _STEP], start + _STEP >= len(content))
            yield from self._ready
            self._ready = []

    def _feed(self, piece: bytes, is_last: bool) -> None:
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            raise ValueError(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None
        except (LookupError, UnicodeError):
            raise ValueError("its encoding is not known") from None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"its elements are nested more than {DEEPEST} deep")
        if self._depth == 1:
            self.root = Element(tag, attributes)
        else:
            self._builder.start(tag, attributes)

    def _end(self, tag: str) -> None:
        if self._depth > 1:
            self._builder.end(tag)
        if self._depth == 2:
            self._add(self._builder.close())
            self._builder = TreeBuilder()
        self._depth -= 1

    def _add(self, child: Element) -> None:
        if self._keep and self.root is not None:
            self.root.append(child)
        self._ready.append(child)

    def _text(self, text: str) -> None:
        if self._depth > 1:
            self._builder.data(text)

    def _refuse(self, *_: object) -> None:
        raise ValueError(DOCTYPE)
