"""Answers in plain words: read only where they name exactly one answer, by general rules, and never by guessing.

In this order: the whole reply is an answer; it states one ("The answer is …", "Label: …"); it begins with the letter of
an option that was offered; it names exactly one answer in a short sentence that denies nothing. Names are compared
without regard to case, punctuation and the way in which words are joined.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tools.kinds.asked import Asked

Letters = Mapping[str, str]
"""Letter of an option, upper case, to label id: for prompts that offered the labels under letters."""

_MOST_WORDS = 60
_STATED = re.compile(
    r"(?:\b(?:final |correct |best |right |my )?(?:answer|label|category|class|classification|option|choice)\b"
    r"[\"'*_ ]{0,4}(?:is|would be|:|=)|=>|->)[\"'*_: ]*([^\n]+)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"\s*(?:option\s+)?[(\[]?([A-Za-z])(?:[)\].:]|\s*[-–]\s|\s*\Z)(.*)", re.IGNORECASE | re.DOTALL)
_DENIES = re.compile(
    r"\b(?:not|no|none|never|neither|nor|cannot|without|except|unlike|instead|rather|unsure|unclear|unless|or|either)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_LETTERS_RUN_ON = re.compile(r"[A-Z:]{2,}")
_EDGES = " \t\n\r\"'`*_#.,;:!?()[]{}<>“”‘’«»"
_NUMBER = re.compile(r"(?<![\w.,-])(-?\d{1,9})(?:\s*(?:/|out of|of)\s*(\d{1,9}))?(?![\w])(?!\.\d)", re.IGNORECASE)


def read_label(field: Asked, reply: str, letters: Letters | None = None) -> str | None:
    """Id of the one answer of a choice field that a reply names; ``None`` where it names none or several."""
    forms = _forms(field)
    # An object that was cut may have cut the name as well.
    if "{" in reply and _could_go_on(reply, forms):
        return None
    whole = _whole(reply, forms, letters)
    if whole is not None:
        return whole
    stated = {_part(found.group(1), forms, letters) for found in _STATED.finditer(reply)}
    if stated - {None}:
        return stated.pop() if len(stated) == 1 else None
    begun = _begun(reply, letters)
    return _lettered(begun, forms) if begun is not None else _only_one(reply, forms)


def read_labels(field: Asked, reply: str) -> list[str] | None:
    """Ids of a reply that is nothing but a list of answers; ``None`` for anything else."""
    forms = _forms(field)
    parts = [part for part in re.split(r"[,;\n]|\band\b", reply.strip(_EDGES)) if part.strip(_EDGES + "-•")]
    found = [forms.get(_plain(part.strip().lstrip("-•"))) for part in parts]
    return [one for one in found if one] if found and all(found) else None


def read_rating(field: Asked, reply: str) -> int | None:
    """The one number of a reply; ``4/5`` counts where 5 is the highest of the scale, other fractions do not."""
    found = set()
    for match in _NUMBER.finditer(reply):
        if match.group(2) is not None and int(match.group(2)) != field.max:
            return None
        found.add(int(match.group(1)))
    if len(found) != 1 or _DENIES.search(reply):
        return None
    number = found.pop()
    return number if field.min <= number <= field.max else None


def _forms(field: Asked) -> dict[str, str]:
    """How each answer may be written to its id; what two answers share belongs to neither."""
    owners: dict[str, set[str]] = {}
    for label in field.answers:
        for form in (label.id, label.name):
            owners.setdefault(_plain(form), set()).add(label.id)
    return {form: min(ids) for form, ids in owners.items() if form and len(ids) == 1}


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _whole(reply: str, forms: Mapping[str, str], letters: Letters | None) -> str | None:
    bare = reply.strip(_EDGES)
    return forms.get(_plain(bare)) or (letters or {}).get(bare.upper())


def _part(words: str, forms: Mapping[str, str], letters: Letters | None) -> str | None:
    """What a statement says: an answer, its letter, or a rest of the sentence that names just one."""
    first = re.split(r"[.;\n]\s", words)[0]
    whole, begun = _whole(first, forms, letters), _begun(first, letters)
    if whole is not None or begun is None:
        return whole or _only_one(first, forms)
    return _lettered(begun, forms)


def _begun(reply: str, letters: Letters | None) -> tuple[str, str] | None:
    """(id of the option whose letter comes first, what follows it), ``None`` without such a letter."""
    found = _LETTER.match(reply) if letters else None
    chosen = (letters or {}).get(found.group(1).upper()) if found else None
    return None if found is None or chosen is None else (chosen, found.group(2))


def _lettered(begun: tuple[str, str], forms: Mapping[str, str]) -> str | None:
    """That option, unless what follows names another answer and not this one, or runs on in letters."""
    chosen, rest = begun
    own = [form for form, owner in forms.items() if owner == chosen]
    tail = next((rest.strip()[len(form) :] for form in own if rest.strip().casefold().startswith(form)), rest)
    if _LETTERS_RUN_ON.fullmatch(tail.strip()):
        return None
    named = _named(rest, forms)
    return chosen if not named or chosen in named else None


def _only_one(reply: str, forms: Mapping[str, str]) -> str | None:
    if len(reply.split()) > _MOST_WORDS or "?" in reply or _DENIES.search(_without(reply, forms)):
        return None
    named = _named(reply, forms)
    return named.pop() if len(named) == 1 and not _could_go_on(reply, forms) else None


def _could_go_on(reply: str, forms: Mapping[str, str]) -> bool:
    """Whether the reply ends in the name of an answer that is the beginning of another one."""
    end = f" {_plain(reply)}"
    return any(end.endswith(f" {one}") and form != one and form.startswith(one) for one in forms for form in forms)


def _without(reply: str, forms: Mapping[str, str]) -> str:
    """The reply without the names of answers, which may hold such words themselves."""
    plain = reply.casefold()
    for form in sorted(forms, key=len, reverse=True):
        if " " in form:
            plain = re.sub(r"[\W_]+".join(map(re.escape, form.split())), " ", plain)
    return plain


def _named(reply: str, forms: Mapping[str, str]) -> set[str]:
    """Answers whose name stands in the reply as whole words; a name inside a longer one does not count."""
    words = f" {_plain(reply)} "
    found = set()
    for form in sorted(forms, key=len, reverse=True):
        if f" {form} " in words:
            found.add(forms[form])
            words = words.replace(f" {form} ", "  ")
    return found
