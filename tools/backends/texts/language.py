"""Whether texts are English, by script and stop words: enough to say where an English-only model is out of depth."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

FOREIGN_LIMIT = 0.2
"""From this share of foreign texts on, an English-only model needs help."""

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_WORDS = """
    the and of to is it that you for with this are be have not was can what how do does my your they we will would i
    from at by when where there which who has been our their if but please about why could should did me on in no la
"""
# Frequent words of neighbouring languages; what is an English word too does not count.
_OTHER_WORDS = """
    der das und ist nicht ein eine ich mit auf für wie wir sie den dem zu mein meine kann bitte warum wo
    le les des et est une dans pour que qui pas sur avec je vous nous mon ma où comment du au ce cette
    el los las del por una para como qué esta cómo puedo dónde se lo il gli che di non sono della posso mio nel
    os não um uma meu minha você está são eu het een van niet ik voor mijn hoe waar wat naar zijn
    och att det som på är för inte jag med hur nie na się jest że jak czy dla mój
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_OTHER = frozenset(_OTHER_WORDS.split()) - _ENGLISH - {"van", "den", "mit"}


def foreign_share(texts: Sequence[str]) -> float:
    """Share of the texts, 0..1, that are probably not English; 0 for no texts. Numbers and bare names do not count."""
    return sum(map(is_foreign, texts)) / len(texts) if texts else 0.0


def is_foreign(text: str) -> bool:
    """Whether a text is probably not English: another script, or more stop words of other languages."""
    words = _WORD.findall(text.casefold())
    letters = "".join(words)
    if not letters:
        return False
    latin = sum(_is_latin(letter) for letter in letters)
    if latin < 0.7 * len(letters):
        return True
    english = sum(word in _ENGLISH for word in words)
    other = sum(word in _OTHER for word in words)
    accented = any(ord(letter) > 127 for letter in letters)
    return other > english or (accented and english == 0 and other > 0)


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")
