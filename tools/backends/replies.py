"""What a model answered: JSON out of whatever surrounds it, values out of JSON. Nothing is guessed into the schema."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.backends.box_replies import Frame, box_schema, read_boxes
from tools.backends.prose import Letters, read_label, read_labels, read_rating
from tools.backends.quotes import locate_quote
from tools.errors import ReplyUnreadable, ValueRefused
from tools.records import JsonValue
from tools.schema import FieldSpec
from tools.sentences import count_of
from tools.values import check_value

_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")
_MOST_STARTS = 20
Span = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """A value that fits the field, and what had to be left out of the answer, in words."""

    value: Mapping[str, JsonValue]
    left_out: str = ""


def parse_json(reply: str) -> dict[str, Any]:
    """The JSON object in a reply; fences, prose and thoughts around it are passed over, single quotes understood."""
    for found in _objects(_THINKING.sub("", reply)):
        if isinstance(found, dict):
            return found
    raise ReplyUnreadable("the reply holds no JSON object", reply)


def _objects(text: str) -> Iterator[Any]:
    """What can be read at the first brace, then loosely of the whole, then at later braces."""
    starts = [found.start() for found in re.finditer(r"\{", text)][:_MOST_STARTS]
    for number, start in enumerate(starts):
        yield _attempt(_read_at, text, start)
        if number == 0:
            whole = _TRAILING_COMMA.sub("", text[start : text.rfind("}") + 1])
            yield _attempt(json.loads, whole)
            yield _attempt(ast.literal_eval, whole)


def _read_at(text: str, start: int) -> Any:
    return json.JSONDecoder().raw_decode(text, start)[0]


def _attempt(read: Callable[..., Any], *given: str | int) -> Any:
    try:
        return read(*given)
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
    :mod:`tools.backends.prose`). ``frame`` is the image that boxes are in.
    """
    reply = reply.replace(mark, " ") if mark else reply
    key = "boxes" if field.kind == "boxes" else _KEYS[field.kind]
    answer = _bare_list(field, reply)
    if answer is None:
        try:
            answer = _under_the_key(parse_json(reply), key, reply)
        except ReplyUnreadable:
            answer = _in_words(field, _THINKING.sub("", reply), letters)
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
    bare = _THINKING.sub("", reply).strip().removeprefix("```json").strip("`").strip()
    if field.kind not in ("multi_choice", "spans", "relations", "boxes") or not bare.startswith("["):
        return None
    listed = _attempt(json.loads, bare)
    return listed if isinstance(listed, list) else None


def _in_words(field: FieldSpec, reply: str, letters: Letters | None) -> JsonValue:
    """The answer of a reply without a usable object, ``None`` where it is not beyond doubt."""
    if _attempt(parse_json, reply) is not None:
        return None  # it did answer in JSON, only not what was asked
    if field.kind == "choice":
        return read_label(field, reply, letters)
    if field.kind == "rating":
        return read_rating(field, reply)
    return read_labels(field, reply) if field.kind == "multi_choice" else None


def _under_the_key(given: Mapping[str, Any], key: str, reply: str) -> Any:
    """The answer in an object; the only entry of one with another key will do."""
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
