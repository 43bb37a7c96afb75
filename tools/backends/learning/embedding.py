"""What embedders share: from what items consist of to what the model behind it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.backends.contract import Matrix
from tools.content import Content, image_of, text_of


class OfTexts:
    """An embedder of texts: its words and its items are read alike."""

    knows_words = True

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Rows of texts."""
        raise NotImplementedError

    def embed_words(self, words: Sequence[str]) -> Matrix:
        """Rows of words, such as names of labels."""
        return self.embed(words)

    def embed_contents(self, contents: Sequence[Content]) -> Matrix:
        """Rows of items that are texts."""
        return self.embed([text_of(one) for one in contents])


class OfImages:
    """An embedder of image files."""

    def embed(self, paths: Sequence[Path | str]) -> Matrix:
        """Rows of image files; zeros where one cannot be read."""
        raise NotImplementedError

    def embed_contents(self, contents: Sequence[Content]) -> Matrix:
        """Rows of items that are images."""
        return self.embed([image_of(one) for one in contents])
