"""What a model answered: JSON out of whatever surrounds it, values out of JSON. Nothing is guessed into the schema."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.errors import ReplyUnreadable, ValueRefused
from tools.kinds.replies.named_boxes import Frame, box_schema, read_boxes
from tools.kinds.replies.prose import Letters, read_label, read_labels, read_rating
from tools.kinds.replies.quotes import locate_quote
from tools.records import JsonValue
from tools.schema import FieldSpec
from tools.sentences import count_of
from tools.values import check_value
from tools.writable import mended, mended_text

_THOUGHTS = "think|thinking|thought|thoughts|reasoning|analysis"
_THINKING = re.compile(rf"<(?:{_THOUGHTS})>|\[THINK\]|<\|channel\|>(?:analysis|commentary)", re.IGNORECASE)
_END_OF_THINKING = re.compile(rf"</(?:{_THOUGHTS})>|\[/THINK\]|<\|channel\|>final(?:<\|message\|>)?", re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")
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


def delivered(reply: str) -> str:
    """What a reply says after the last end of thinking, whose beginning some templates eat."""
    ends = [found.end() for found in _END_OF_THINKING.finditer(reply)]
    rest = ends[-1] if ends else 0
    begun = _THINKING.search(reply, rest)
    return reply[rest : begun.start() if begun else None]


def _one_of(found: Sequence[dict[str, Any]], reply: str) -> dict[str, Any]:
    """The object, however often it stands there."""
    if not found:
        raise ReplyUnreadable("the reply holds no JSON object", reply)
    if any(one != found[0] for one in found):
        raise ReplyUnreadable("the reply holds several different answers", reply)
    return found[0]


def _objects(reply: str) -> list[dict[str, Any]]:
    """Every object that a reply delivers, none of those inside another."""
    whole = _attempt(json.loads, reply)
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
    strict = _attempt(_read_at, text, start)
    if strict is not None:
        return (strict[0] if isinstance(strict[0], dict) else None), strict[1]
    end = _closing(text, start)
    cut = _TRAILING_COMMA.sub("", text[start:end])
    loose = _attempt(json.loads, cut) or _attempt(ast.literal_eval, cut)
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


def _attempt(read: Callable[..., Any], *given: str | int) -> Any:
    try:
        return mended(read(*given))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, ReplyUnreadable):
        return None


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
    key = "boxes" if field.kind == "boxes" else _KEYS[field.kind]
    answer = _bare_list(field, reply)
    if answer is None:
        try:
            answer = _under_the_key(_objects(reply), key, reply)
        except ReplyUnreadable:
            answer = _in_words(field, reply, letters)
            if answer is None:
                raise
    try:
        if field.kind == "boxes":
            return _read_boxes(field, answer, frame)
        if field.kind == "spans":
            return _read_spans(field, answer, text)
        if field.kind == "relations":
            return ReadAnswer(check_value(field, {"relations": _read_relations(answer, spans)}, text, spans))
        return ReadAnswer(check_value(field, {key: _plain(field, answer, letters)}, text))
    except (ValueRefused, _BadShape) as problem:
        raise ReplyUnreadable(str(problem), reply) from None


def _bare_list(field: FieldSpec, reply: str) -> list[Any] | None:
    """A reply that is a list and nothing else, where the answer is one."""
    bare = delivered(reply).strip().removeprefix("```json").strip("`").strip()
    if field.kind not in ("multi_choice", "spans", "relations", "boxes") or not bare.startswith("["):
        return None
    listed = _attempt(json.loads, bare)
    return listed if isinstance(listed, list) else None


def _in_words(field: FieldSpec, reply: str, letters: Letters | None) -> JsonValue:
    """The answer of a reply without a usable object, ``None`` where it is not beyond doubt."""
    if _objects(reply):
        return None  # it did answer in JSON, only not what was asked
    reply = delivered(reply)
    if field.kind == "choice":
        return read_label(field, reply, letters)
    if field.kind == "rating":
        return read_rating(field, reply)
    return read_labels(field, reply) if field.kind == "multi_choice" else None


def _under_the_key(found: Sequence[dict[str, Any]], key: str, reply: str) -> Any:
    """The answer in the objects that have it; the only entry of an object with another key will do."""
    given = _one_of([one for one in found if key in one] or found, reply)
    if key in given:
        return given[key]
    if len(given) == 1:
        return next(iter(given.values()))
    raise ReplyUnreadable(f"the answer has no key {key!r}", reply)


class _BadShape(Exception):
    """The answer is JSON of another shape than was asked for."""


_KEYS = {"choice": "label", "multi_choice": "labels", "rating": "rating", "spans": "spans", "relations": "relations"}


def _plain(field: FieldSpec, given: Any, letters: Letters | None = None) -> Any:
    """Display names as ids and digits as numbers; anything else stays and is refused by the schema."""
    if isinstance(given, list):
        is_one = field.kind == "choice" and len(given) == 1
        return _plain(field, given[0], letters) if is_one else [_plain(field, one, letters) for one in given]
    if field.kind == "rating":
        return int(given) if isinstance(given, str) and re.fullmatch(r"-?\d{1,9}", given) else given
    if not isinstance(given, str) or given in field.label_ids:
        return given
    names = {label.name.casefold(): label.id for label in field.answers}
    names |= {label.id.casefold(): label.id for label in field.answers}
    return names.get(given.strip().casefold(), (letters or {}).get(given.strip().upper(), given))


def _read_spans(field: FieldSpec, given: Any, text: str) -> ReadAnswer:
    made, lost = {}, 0
    for one in _records(given, {"quote", "label"}):
        label = _plain(field, one["label"])
        occurrence = one.get("occurrence", 1)
        place = locate_quote(text, str(one["quote"]), occurrence if isinstance(occurrence, int) else 1)
        if place is None:
            lost += 1
        else:
            made[(*place, str(label))] = {"start": place[0], "end": place[1], "label": label}
    if lost and not made:
        raise _BadShape(f"{count_of(lost, 'quote')} of the answer cannot be found in the text")
    left_out = f"{count_of(lost, 'quote')} of the model could not be found in the text" if lost else ""
    return ReadAnswer(check_value(field, {"spans": list(made.values())}, text), left_out)


def _read_boxes(field: FieldSpec, given: Any, frame: Frame | None) -> ReadAnswer:
    if frame is None:
        raise _BadShape("boxes need an image that they are in")
    names = {name.casefold(): label.id for label in field.labels for name in (label.name, label.id)}
    size = (frame.width, frame.height)
    return ReadAnswer(check_value(field, {"boxes": read_boxes(field, given, frame, names)}, size=size))


def _read_relations(given: Any, spans: Sequence[Span]) -> list[dict[str, JsonValue]]:
    ids = {f"P{number}": str(span["id"]) for number, span in enumerate(spans, start=1)}
    made = []
    for one in _records(given, {"from", "to", "label"}):
        ends = str(one["from"]), str(one["to"])
        unknown = [end for end in ends if end not in ids]
        if unknown:
            raise _BadShape(f"there is no passage {unknown[0]!r}")
        made.append({"from": ids[ends[0]], "to": ids[ends[1]], "label": one["label"]})
    return made


def _records(given: Any, keys: set[str]) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, dict) and keys <= set(one) for one in given):
        raise _BadShape(f"the answer must be a list of objects with {', '.join(sorted(keys))}")
    return given


def answer_schema(field: FieldSpec, spans: Sequence[Span] = ()) -> dict[str, Any]:
    """JSON Schema of an answer: closed, everything required, choices as enums, no bounds that a server may refuse."""
    labels = {"type": "string", "enum": list(field.label_ids)}
    if field.kind == "choice":
        return _object(label=labels)
    if field.kind == "multi_choice":
        return _object(labels={"type": "array", "items": labels})
    if field.kind == "rating":
        return _object(rating={"type": "integer", "enum": list(range(field.min, field.max + 1))})
    if field.kind == "boxes":
        return _object(boxes=box_schema(field.label_ids))
    if field.kind == "spans":
        one = _object(quote={"type": "string"}, occurrence={"type": "integer"}, label=labels)
        return _object(spans={"type": "array", "items": one})
    passage = {"type": "string", "enum": [f"P{number}" for number in range(1, len(spans) + 1)]}
    one = _object(**{"from": passage, "to": passage, "label": labels})
    return _object(relations={"type": "array", "items": one})


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
