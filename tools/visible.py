"""Which characters of a text people see."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """Without characters that steer a screen, turn its direction or cannot be seen; line ends and tabs stay."""
    return "".join(filter(is_visible, text))


def is_visible(character: str) -> bool:
    """Whether a character is shown: no control, format, surrogate or private one, line ends and tabs excepted."""
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
