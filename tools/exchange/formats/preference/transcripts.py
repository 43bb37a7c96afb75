"""Who says what in preference data: texts, lists of messages, and transcripts that are written out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tools.exchange.files.jsonread import parse_json
from tools.exchange.tables.quoting import json_value

Turns = list[tuple[str, str]]
"""(role, text) of what is said one after the other; one text without a role where no roles are told."""

_ROLES, _SAID = ("role", "from"), ("content", "value", "text", "response", "completion", "answer")
_NAMES = {"gpt": "assistant", "bot": "assistant", "model": "assistant"}
# As Anthropic's hh-rlhf writes talks into one text.
_SPOKEN = re.compile(r"\n\n(Human|Assistant): ?")


def opened(cell: Any) -> Any:
    """A cell of a table or of a record; lists and objects also where they are written as JSON."""
    plain = json_value(cell)
    if isinstance(plain, str) and plain.lstrip().startswith(("[", "{")):
        try:
            return parse_json(plain)
        except ValueError:
            return plain
    return plain


def prompt_in(cell: Any) -> Turns:
    """What a prompt says."""
    found = opened(cell)
    if _is_talk(found):
        return _turns(found)
    return [("prompt", str(json_value(cell)))] if json_value(cell) not in (None, "") else []


def answer_in(cell: Any) -> Turns | None:
    """The one answer of a cell, with what was said before it where it says so."""
    found, plain = opened(cell), json_value(cell)
    if _is_talk(found):
        return _turns(found)
    if isinstance(found, Mapping) and text_of(found) is not None:
        return [("", str(text_of(found)))]
    if plain is None:
        return None
    written = str(plain)
    spoken = _SPOKEN.split(written)
    if len(spoken) < 3 or spoken[0].strip():
        return [("", written)]
    return [(role.casefold(), text) for role, text in zip(spoken[1::2], spoken[2::2], strict=True)]


def answers_in(cell: Any) -> list[Turns]:
    """The several answers in a cell with a list."""
    found = opened(cell)
    told = found if isinstance(found, list) and not _is_talk(found) else [found]
    return [turns for one in told if (turns := answer_in(one)) is not None]


def text_of(one: Mapping[str, Any]) -> str | None:
    """What an object says."""
    return next((one[name] for name in _SAID if isinstance(one.get(name), str)), None)


def apart(prompt: Turns, told: Sequence[Turns]) -> tuple[Turns, list[str]]:
    """The prompt, and each answer to it as one text: what all of them begin with was said before."""
    shared = 0
    least = min(map(len, told), default=0) - 1
    while shared < least and all(turns[shared] == told[0][shared] for turns in told):
        shared += 1
    before = list(told[0][:shared]) if told else []
    is_same = len(prompt) == 1 and bool(before) and before[-1][1].strip() == prompt[0][1].strip()
    heading = before if is_same or not prompt else [*prompt, *before]
    return heading, ["\n\n".join(text for _, text in turns[shared:]) for turns in told]


def _is_talk(found: Any) -> bool:
    return isinstance(found, list) and bool(found) and all(_is_turn(one) for one in found)


def _is_turn(one: Any) -> bool:
    return isinstance(one, Mapping) and any(name in one for name in _ROLES) and text_of(one) is not None


def _turns(found: Sequence[Mapping[str, Any]]) -> Turns:
    roles = [str(next(one[name] for name in _ROLES if name in one)) for one in found]
    return [(_NAMES.get(role.casefold(), role), str(text_of(one))) for role, one in zip(roles, found, strict=True)]
