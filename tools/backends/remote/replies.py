"""What a model answered: JSON out of whatever surrounds it, values out of JSON. Nothing is guessed into the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.errors import ReplyUnreadable, ValueRefused
from tools.kinds.asked import Subject
from tools.kinds.replies.named_boxes import Frame
from tools.kinds.replies.prose import Letters
from tools.kinds.replying import BadReply, Seen, closed
from tools.model_text.loose_json import attempt, read_loosely
from tools.model_text.thoughts import delivered
from tools.records import JsonValue, to_json
from tools.schema import FieldSpec
from tools.values import check_value
from tools.writable import mended_text

_MOST_STARTS = 100
Span = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """A value that fits the field, and what had to be left out of the answer, in words."""

    value: Mapping[str, JsonValue]
    left_out: str = ""


def parse_json(reply: str) -> dict[str, Any]:
    """The JSON object in a reply; fences, prose and thoughts around it are passed over, single quotes understood.

    Two different objects are no answer: which of them was meant is for the model to say.
    """
    return _one_of(_objects(reply), reply)


def _one_of(found: Sequence[dict[str, Any]], reply: str) -> dict[str, Any]:
    """The object, however often it stands there."""
    if not found:
        raise ReplyUnreadable("the reply holds no JSON object", reply)
    if any(one != found[0] for one in found):
        raise ReplyUnreadable("the reply holds several different answers", reply)
    return found[0]


def _objects(reply: str) -> list[dict[str, Any]]:
    """Every object that a reply delivers, none of those inside another."""
    whole = attempt(json.loads, reply)
    if isinstance(whole, dict):
        return [whole]  # whatever its texts quote
    text, found, at = delivered(reply), [], 0
    for _ in range(_MOST_STARTS):
        start = text.find("{", at)
        if start < 0:
            break
        made, at = _object_at(text, start)
        if made is not None:
            found.append(made)
    return found


def _object_at(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """(the object that begins at a brace, where to look on)."""
    strict = attempt(_read_at, text, start)
    if strict is not None:
        return (strict[0] if isinstance(strict[0], dict) else None), strict[1]
    end = _closing(text, start)
    loose = read_loosely(text[start:end])
    return (loose, end) if isinstance(loose, dict) else (None, start + 1)


def _closing(text: str, start: int) -> int:
    """Where the object that begins at a brace ends, quotes of either kind counted; the last brace where none fits."""
    depth, quote, at = 0, "", start
    while at < len(text):
        one = text[at]
        if quote:
            at += one == "\\"
            quote = "" if one == quote else quote
        elif one in "\"'":
            quote = one
        elif one in "{}":
            depth += 1 if one == "{" else -1
            if depth == 0:
                return at + 1
        at += 1
    return text.rfind("}") + 1


def _read_at(text: str, start: int) -> tuple[Any, int]:
    return json.JSONDecoder().raw_decode(text, start)


def read_answer(
    field: FieldSpec,
    reply: str,
    text: str,
    spans: Sequence[Span] = (),
    mark: str = "",
    letters: Letters | None = None,
    frame: Frame | None = None,
) -> ReadAnswer:
    """The value a reply gives for a field, or :class:`ReplyUnreadable` with what is wrong with it.

    ``text`` is the item's text as it is stored; ``spans`` are the passages a relation may join, P1 being the first.
    ``mark`` stood for blanks in the text as the model saw it. ``letters`` name the labels where the prompt offered them
    under letters. Without a JSON object, one plain answer is read where there can be no doubt (see
    :mod:`tools.kinds.replies.prose`). ``frame`` is the image that boxes are in.
    """
    reply = mended_text(reply.replace(mark, " ") if mark else reply)
    record = field.record
    size = (frame.width, frame.height) if frame else None
    seen = Seen(Subject(text, spans, size), frame, letters)
    answer = _bare_list(field, reply)
    if answer is None:
        try:
            answer = _under_the_key(_objects(reply), record.key, reply)
        except ReplyUnreadable:
            # An object that is no answer to what was asked leaves no room for words.
            answer = None if _objects(reply) else record.read_words(field, delivered(reply), letters)
            if answer is None:
                raise
    try:
        content, left_out = record.read_given(field, answer, seen)
        return ReadAnswer(check_value(field, {record.key: content}, text, spans, size), left_out)
    except (ValueRefused, BadReply) as problem:
        raise ReplyUnreadable(str(problem), reply) from None


def _bare_list(field: FieldSpec, reply: str) -> list[Any] | None:
    """A reply that is a list and nothing else, where the answer is one."""
    bare = delivered(reply).strip().removeprefix("```json").strip("`").strip()
    is_list = field.record.reply_schema(field, Subject()).get("type") == "array"
    if not is_list or not bare.startswith("["):
        return None
    listed = attempt(json.loads, bare)
    return listed if isinstance(listed, list) else None


def _under_the_key(found: Sequence[dict[str, Any]], key: str, reply: str) -> Any:
    """The answer in the objects that have it; the only entry of an object with another key will do."""
    given = _one_of([one for one in found if key in one] or found, reply)
    if key in given:
        return given[key]
    if len(given) == 1:
        return next(iter(given.values()))
    raise ReplyUnreadable(f"the answer has no key {key!r}", reply)


def written_answer(field: FieldSpec, value: Mapping[str, Any], subject: Subject) -> str | None:
    """The JSON with which a model would have given a value, ``None`` where it cannot be put that way."""
    record = field.record
    given = record.write_given(value[record.key], subject)
    return None if given is None else to_json({record.key: given})


def answer_schema(field: FieldSpec, spans: Sequence[Span] = ()) -> dict[str, Any]:
    """JSON Schema of an answer: closed, everything required, choices as enums, no bounds that a server may refuse."""
    return closed(**{field.record.key: field.record.reply_schema(field, Subject(spans=spans))})
