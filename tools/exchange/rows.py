"""Format-neutral rows: what a row-oriented reader says before the schema is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.kinds.drawn import OBJECTS
from tools.kinds.in_files import LABELS
from tools.kinds.registry import ALL
from tools.records import Alternative, ItemKind, JsonValue, Part, ProposalState, Verdict
from tools.schema import FieldSpec

Shape = str
"""How a file tells an answer: :attr:`tools.kinds.in_files.InFiles.told_as` of a kind, or :data:`OBJECTS`."""
REGION_SHAPES = frozenset({OBJECTS, *(one.told_as for one in ALL if one.marks == "image")})
EVERY_FIELD = "*"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says about one question, in its own words.

    ``source`` is the file's name for the question (a key, a ``from_name``), :data:`EVERY_FIELD` for an event about
    the whole item. ``content`` depends on ``shape``: label names; mappings with start, end, label and perhaps id;
    mappings with label, from, to and perhaps id; a number; a text. ``None`` for an event.

    Regions of an image are mappings as :mod:`tools.values` has them, with the *name* of their label: ``boxes`` have
    ``box`` and perhaps ``angle``, ``polygons`` have ``parts``, ``masks`` have ``size`` and ``counts``, ``keypoints``
    have ``points`` and perhaps ``names`` of the points. All may have ``id`` and ``attributes``. ``objects`` are for
    files that say several of these about one thing, such as COCO's annotations: each region has as many geometries
    as the file gives, and ``fields`` where the file names the fields that it is for. ``corners`` are the four points of
    a box that may be turned, in the order of :func:`tools.geometry.boxes.corners_of`.
    """

    source: str
    shape: Shape
    content: Any


@dataclass(frozen=True, slots=True)
class ExchangeAnswer:
    """One claim of one person. An empty ``annotator`` or ``exposure`` means that the file does not say."""

    claim: Claim
    annotator: str = ""
    verdict: Verdict = "choose"
    decided_at: datetime | None = None
    exposure: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeProposal:
    """One claim of a model."""

    claim: Claim
    score: float | None = None
    backend: str = "imported"
    state: ProposalState = "ok"
    problem: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageFile:
    """The image of an item: its file, ``None`` where it was not found, and how the source names it.

    ``width`` and ``height`` are what the source states, in pixels; 0 where it does not. With ``in_shares`` the regions
    of the item count in shares of its width and height, 0..1.
    """

    path: Path | None
    name: str
    width: int = 0
    height: int = 0
    in_shares: bool = False


@dataclass(frozen=True, slots=True)
class ExchangeItem:
    """One source row that is an item. ``problems`` are (source, reason, excerpt) of answers the reader gave up on.

    An item of an image has its display name as ``text``.
    """

    row: int
    text: str
    key: str | None = None
    kind: ItemKind = "text"
    parts: tuple[Part, ...] = ()
    meta: Mapping[str, JsonValue] = field(default_factory=dict)
    answers: Sequence[ExchangeAnswer] = ()
    proposals: Sequence[ExchangeProposal] = ()
    problems: Sequence[tuple[str, str, str]] = ()
    image: ImageFile | None = None


@dataclass(frozen=True, slots=True)
class ExchangeReject:
    """One source row that cannot be an item."""

    row: int
    reason: str
    excerpt: str = ""


Row = ExchangeItem | ExchangeReject


@dataclass(frozen=True, slots=True)
class RowSource:
    """The rows of a file, read as they are asked for; ``notes`` is complete when they are exhausted.

    ``names`` are the labels that the file declares, in its order, used or not. ``asks`` are kinds of answers that it is
    made for, whether it has some or not.
    """

    rows: Iterator[Row]
    notes: list[str] = field(default_factory=list)
    names: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


def empty_claim(spec: FieldSpec) -> Claim:
    """The claim that an image has nothing of what a field asks for."""
    return Claim(spec.id, spec.record.told_as, [])


def claim_of(source: str, value: Mapping[str, Any] | None) -> Claim:
    """The claim that a stored value makes; ``None`` is an event."""
    if value is None:
        return Claim(source, LABELS, None)
    for kind in ALL:
        if kind.key in value:
            return Claim(source, kind.told_as, kind.told(value[kind.key]))
    return Claim(source, LABELS, [str(sorted(value))])
