"""Items made of several texts: the sides of a pair and the turns of a conversation become ranges of one text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tools.errors import InputError
from tools.exchange.builder import parts_json
from tools.exchange.files.jsonread import parse_json
from tools.exchange.tables.quoting import join, json_value
from tools.exchange.tables.roles import Roles
from tools.kinds.asked import Subject
from tools.modalities.registry import MODALITIES
from tools.records import USUAL_KIND, ItemKind, Part, to_json

BETWEEN = "\n"
EMPTY_SIDE = "one side of the pair is empty"
NO_TURNS = "the cell is no list of turns"
BAD_PARTS = "the parts do not fit the text"
_ROLES = ("role", "speaker", "author", "from", "user")
_SAID = ("text", "content", "value", "utterance", "message")


@dataclass(frozen=True)
class Composed:
    """Text, kind and parts of every row, and the reason where a row has none."""

    text: Any
    kind: Any
    parts: Any
    problem: Any = None

    def filter(self, mask: Any) -> Composed:
        """The rows where ``mask`` is true."""
        return Composed(*(_filtered(one, mask) for one in (self.text, self.kind, self.parts)))


def join_parts(sides: Sequence[tuple[str, str]]) -> tuple[str, tuple[Part, ...]]:
    """One text from (role, text) pairs, and where each stands in it."""
    parts, at = [], 0
    for role, text in sides:
        parts.append(Part(role, at, at + len(text)))
        at += len(text) + len(BETWEEN)
    return BETWEEN.join(text for _, text in sides), tuple(parts)


def read_turns(turns: Any) -> list[tuple[str, str]]:
    """(role, text) of every turn: objects with a role and a text, pairs, or plain texts; ``ValueError`` for others."""
    if isinstance(turns, str):
        turns = parse_json(turns)
    if not isinstance(turns, (list, tuple)) or not turns:
        raise ValueError(NO_TURNS)
    return [_turn(turn) for turn in turns]


def read_parts(parts: Any, text: str) -> tuple[Part, ...]:
    """Stored parts, checked against the text; ``ValueError`` where they do not fit."""
    try:
        found = tuple(Part(str(one["role"]), int(one["start"]), int(one["end"])) for one in parts)
    except (InputError, KeyError, TypeError, ValueError):
        raise ValueError(BAD_PARTS) from None
    if any(part.end > len(text) for part in found):
        raise ValueError(BAD_PARTS)
    return found


def subjects_of(items: Composed) -> list[Subject]:
    """What the answers of every row are about."""
    texts = items.text.to_pylist()
    if items.parts is None:
        return [Subject(text) for text in texts]
    written = zip(texts, items.parts.to_pylist(), strict=True)
    return [Subject(text, parts=read_parts(parse_json(parts), text) if parts else ()) for text, parts in written]


def compose_columns(table: Any, roles: Roles, item_kind: ItemKind) -> Composed:
    """The text of every row, from the columns that hold it."""
    if len(roles.texts) == 2:
        return _pairs(table, roles.texts)
    if roles.conversation:
        return _conversations(table[roles.texts[0]])
    text = as_text(table[roles.texts[0]])
    if roles.parts:
        return _own_parts(text, as_text(table[roles.kind]), as_text(table[roles.parts]))
    # A file that says nothing of the kind has items of the one that is asked about, where a text is all they need.
    return Composed(text, item_kind if MODALITIES[item_kind].told_in == "one" else USUAL_KIND, None)


def as_text(cells: Any) -> Any:
    """Cells as text, nulls as the empty text."""
    kind = cells.type
    if pa.types.is_nested(kind) or pa.types.is_temporal(kind) or pa.types.is_binary(kind) or pa.types.is_null(kind):
        plain = [json_value(one) for one in cells.to_pylist()]
        texts = ["" if one is None else one if isinstance(one, str) else to_json(one) for one in plain]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return pc.fill_null(cells.cast(pa.string()), "")


def is_blank(texts: Any) -> Any:
    """Which texts have nothing but white space."""
    return pc.equal(pc.binary_length(pc.utf8_trim_whitespace(texts)), 0)


def _pairs(table: Any, names: Sequence[str]) -> Composed:
    first, second = (as_text(table[name]) for name in names)
    length, other = (pc.utf8_length(one).cast(pa.int64()) for one in (first, second))
    start = pc.add(length, len(BETWEEN))
    ends = [one.cast(pa.string()) for one in (length, pc.add(start, other))]
    roles = [to_json(name) for name in names]
    parts = join(
        '[{"end":', ends[0], f',"role":{roles[0]},"start":0}},{{"end":', ends[1], f',"role":{roles[1]},"start":',
        start.cast(pa.string()), "}]",
    )  # fmt: skip
    empty = pc.or_(is_blank(first), is_blank(second))
    problem = pc.if_else(empty, pa.scalar(EMPTY_SIDE), pa.scalar(None, pa.string()))
    return Composed(join(first, BETWEEN, second), "pair", parts, problem)


def _conversations(cells: Any) -> Composed:
    texts, parts, problems = [], [], []
    for cell in cells.to_pylist():
        try:
            text, ranges = join_parts(read_turns(cell))
            problem = None
        except ValueError:
            text, ranges, problem = "", (), NO_TURNS
        texts.append(text)
        parts.append(parts_json(ranges))
        problems.append(problem)
    return Composed(_strings(texts), "conversation", _strings(parts), _strings(problems))


def _own_parts(text: Any, kind: Any, parts: Any) -> Composed:
    kinds, checked, problems = [], [], []
    for one, name, written in zip(text.to_pylist(), kind.to_pylist(), parts.to_pylist(), strict=True):
        try:
            found = parts_json(read_parts(parse_json(written), one)) if written else ""
            problem = None if name in MODALITIES or not name else f"{name[:40]!r} is no kind of item"
        except ValueError:
            found, problem = "", BAD_PARTS
        kinds.append(name or "text")
        checked.append(found)
        problems.append(problem)
    return Composed(text, _strings(kinds), _strings(checked), _strings(problems))


def _turn(turn: Any) -> tuple[str, str]:
    if isinstance(turn, str):
        return "", turn
    if isinstance(turn, Mapping):
        said = next((turn[name] for name in _SAID if isinstance(turn.get(name), str)), None)
        role = next((turn[name] for name in _ROLES if turn.get(name) is not None), "")
        if said is not None:
            return str(role), said
    elif isinstance(turn, (list, tuple)) and len(turn) == 2 and all(isinstance(one, str) for one in turn):
        return turn[0], turn[1]
    raise ValueError(NO_TURNS)


def _strings(values: Sequence[str | None]) -> Any:
    return pa.chunked_array([pa.array(values, pa.string())])


def _filtered(column: Any, mask: Any) -> Any:
    return column if column is None or isinstance(column, str) else column.filter(mask)
