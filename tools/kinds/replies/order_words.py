"""An order of answers that are called by letters, as people say and write it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_lowercase

from tools.errors import ValueRefused

Groups = list[list[str]]

_POLITE = re.compile(
    r"^(?:i (?:think|believe|would say|say|guess|prefer|like|choose|pick) |rank(?:ing)?:? |order:? |it is )+",
    re.IGNORECASE,
)
_CALLED = re.compile(r"\b(?:the )?(?:answer|response|option|reply|completion) (?=[a-z]\b)", re.IGNORECASE)
_IS = r"(?P<one>[a-z])(?: is| was)?(?: the)?(?: (?:much|clearly|slightly|far|a bit))? "
_BEST = re.compile(rf"{_IS}(?:better|best|winner)(?: one| answer)?|(?P<same>[a-z]) wins", re.IGNORECASE)
_WORSE = re.compile(rf"{_IS}(?:worse|worst)(?: one| answer)?|(?P<same>[a-z]) loses", re.IGNORECASE)
_TIE = re.compile(
    r"(?:it is |this is )?(?:a )?(?:tie|draw)|tied|equal|equally good|no difference|neither(?: is better)?"
    r"|(?:they|both|all)(?: answers)?(?: are)? (?:equal|the same|equally good)",
    re.IGNORECASE,
)
_BETTER_THAN = re.compile(
    r" ?> ?|,? then |, ?| (?:is )?(?:much |clearly |slightly )?(?:better|rather) than | over | before | beats | above "
)
_LIKE = re.compile(r" ?[=/] ?| and | equals | ties with | is (?:equal to|as good as) ")
_PLACES = {"1": "a", "2": "b", "first": "a", "second": "b"}


def read_order(words: str, names: Sequence[str]) -> Groups | None:
    """The order that words say of answers with these names, ``None`` where they say none.

    ``ValueRefused`` where they name the better of more than two, or an answer that is not there.
    """
    said = _CALLED.sub("", _POLITE.sub("", words.strip(" .!"))).strip().casefold()
    if len(names) < 2:
        return _in_order(said)
    if _TIE.fullmatch(said):
        return [list(names)]
    for pattern, is_best in ((_BEST, True), (_WORSE, False)):
        found = pattern.fullmatch(said)
        if found:
            return _one_of_two(found.group("one") or found.group("same"), names, is_best)
    bare = said.removeprefix("the ")
    if len(names) == 2 and bare in (*names, *_PLACES):
        return _one_of_two(_PLACES.get(bare, bare), names, True)
    return _in_order(said)


def listed(names: Sequence[str]) -> str:
    """Letters as people read them."""
    return ", ".join(name.upper() for name in names)


def _one_of_two(name: str, names: Sequence[str], is_best: bool) -> Groups:
    if name not in names:
        raise ValueRefused(f"This item has the answers {listed(names)}; there is no {name.upper()}.")
    if len(names) > 2:
        raise ValueRefused(f"This item has {len(names)} answers; say their order, such as {' > '.join(names).upper()}.")
    other = next(one for one in names if one != name)
    return [[name], [other]] if is_best else [[other], [name]]


def _in_order(said: str) -> Groups | None:
    """Letters with words or signs between them, ``None`` where anything else is said."""
    groups = [_LIKE.split(part) for part in _BETTER_THAN.split(said)]
    names = [name for group in groups for name in group]
    is_order = len(names) > 1 and all(len(name) == 1 and name in ascii_lowercase for name in names)
    return groups if is_order else None
