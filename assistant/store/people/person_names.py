"""When two spellings name one person, and what a name may look like."""

from __future__ import annotations

import unicodedata

from assistant.store.people.people import OWN_NAME
from tools.errors import InputError

MOST_LETTERS = 60
# Control and format characters, halves of characters, and what is assigned to nothing: none of them can be seen.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")


def person_key(name: str) -> str:
    """What names are compared by: compatible forms, capitals and blanks make no other person."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def clean_name(name: str) -> str:
    """The name as it is kept and shown; :class:`InputError` with one sentence if nobody can be called that."""
    if any(unicodedata.category(letter) in _UNSEEN for letter in name):
        raise InputError("A name has no line breaks and no characters that cannot be seen; type it again.")
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    if not person_key(clean) or len(clean) > MOST_LETTERS:
        raise InputError(f"A name has 1 to {MOST_LETTERS} characters, got {len(clean)}.")
    if person_key(clean) == OWN_NAME:
        raise InputError(f"The name {OWN_NAME!r} stands for what the program does by itself; choose another one.")
    return clean
