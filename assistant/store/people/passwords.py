"""Passwords: which ones are taken, and how they are kept (Argon2id; older projects hold scrypt until the next sign-in).

Length counts, not composition: at least eight characters, any of them, and none of the passwords that are tried first.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.store.people.person_names import person_key
from tools.errors import InputError

LEAST, MOST = 8, 1000
"""Length of a password in characters, the same in the form, on the command line and everywhere else."""

_LONG = 12  # several known words in a row are guessed up to this length
_LONGEST_GUESS = 36
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
# One thread and 19 MiB for each password: a server with little memory still takes several at once.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_LEET = str.maketrans("013457@$!", "oleastasi")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)
# What people choose first, each also with digits and signs around it, in leetspeak, and written twice.
_WORDS = """
abc abcd abcdef access admin administrator andrew android angel annotate annotation annotations annotator anthony
apple april arsenal asdf asdfgh ashley august autumn azerty banana barcelona baseball basketball batman bayern
beispiel bienvenue bitcoin blessed blumen bonjour buster changeme charlie cheese chelsea chocolate christ computer
contrasena cookie corona corvette covid daniel data dataset december default demo diamond donald dragon engel engineer
example facebook family februar february ferrari flower football forever fortnite freedom friday friends fussball
futbol gandalf garfield gast geheim george ginger god golden google guest hallo hannah haslo hello herbst heslo hockey
hunter ichliebedich iloveyou internet januar january jennifer jessica jesus jetaime jordan joshua july june juventus
killer label labeling labelling labels letmein liebe linkedin liverpool login lovely loveme lozinka lucky maggie march
master matrix matthew mercedes merlin michael mickey microsoft minecraft monday money monkey motdepasse mustang naruto
nicole ninja nokia nothing november october orange parola pass passw passwd password passwort peanut pepper phoenix
pokemon porsche princesa princess project purple qazwsx qwerty qwertz ranger realmadrid reviewer robert root salasana
sample samsung schatz schatzi secret secreto senha september shadow silver snoopy soccer sommer sophie spiderman
spring starwars summer sunshine superman teamo temp temporary test tester testing tests thomas thunder tigger trustno
user username wachtwoord welcome whatever william willkommen windows winter wizard yankees yellow zaq zxcvbn
"""
_COMMON = frozenset(_WORDS.split())


def hash_password(password: str) -> str:
    """The password as it is kept."""
    return _HASHER.hash(_plain(password))


def is_right(password: str, stored: str) -> bool:
    """Whether this is the password that was kept, under either method; nobody's password takes as long."""
    if stored and not stored.startswith("$argon2"):
        return _is_right_scrypt(password, stored)
    try:
        _HASHER.verify(stored or _nobodys(), _plain(password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


def is_outdated(stored: str) -> bool:
    """Whether the password should be kept anew, by the method of now."""
    return not stored.startswith("$argon2") or _HASHER.check_needs_rehash(stored)


def refuse_weak(password: str, *context: str) -> None:
    """One sentence for a password that is too short, too long, or would be guessed; ``context`` are names around it."""
    plain = unicodedata.normalize("NFKC", password)
    if any(unicodedata.category(letter) == "Cs" for letter in plain):
        raise InputError("The password holds half of a character, which no keyboard types; choose another one.")
    if len(plain) < LEAST:
        raise InputError(f"A password needs at least {LEAST} characters; a short sentence is best.")
    if max(len(plain), len(password)) > MOST:
        raise InputError(f"A password has at most {MOST:,} characters.")
    if not plain.strip():
        raise InputError("A password needs more than blanks.")
    if len(plain) <= _LONGEST_GUESS and _is_guessed(plain, context):
        raise InputError("This password is among the first that anybody would try; choose another one.")


def _is_guessed(plain: str, context: tuple[str, ...]) -> bool:
    word = "".join(person_key(plain).split())
    names = {"".join(person_key(name).split()) for name in context}
    names |= {part for name in context for part in re.split(r"\W+|_", person_key(name))}
    known = _COMMON | {name for name in names if len(name) > 2}
    # Signs at the ends were added; only those inside stand for letters.
    return any(_is_known(form, known) for form in {word, _without_ends(word).translate(_LEET)})


def _is_known(word: str, known: frozenset[str]) -> bool:
    """Whether next to nothing is left of the word without what everybody adds: digits, signs, itself once more."""
    unit = re.sub(r"^(.+?)\1+$", r"\1", word)
    core = re.sub(r"^(.+?)\1+$", r"\1", _without_ends(unit))
    if len(unit) < 4 or core in known:
        return True
    rest = re.sub("|".join(sorted(map(re.escape, known), key=len, reverse=True)), "", word)
    is_patched = len(word) < _LONG and rest != word and not re.search(r"[^\W\d_]", rest)
    return is_patched or _is_run(unit)


def _without_ends(word: str) -> str:
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", word)


def _is_run(word: str) -> bool:
    """Whether the word only walks along the alphabet, the digits or a row of keys, in one or two pieces."""
    rows = [row for one in _ROWS for row in (one, one[::-1])]
    return any(
        any(head in row for row in rows) and (not tail or any(tail in row for row in rows))
        for head, tail in ((word[:cut], word[cut:]) for cut in range(4, len(word) + 1))
        if len(tail) != 1
    )


def _plain(password: str) -> bytes:
    # The same word is composed differently on different computers. What cannot be encoded is nobody's password.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _is_right_scrypt(password: str, stored: str) -> bool:
    salt, _, digest = stored.partition("$")
    found = hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=bytes.fromhex(salt), **_SCRYPT).hex()
    return hmac.compare_digest(found, digest)


@cache
def _nobodys() -> str:
    return _HASHER.hash(b"nobody")
