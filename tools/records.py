"""Frozen records of the domain: items, proposals, reviews, runs and who acted.

Text offsets are Unicode code points everywhere, 0-based, the end exclusive. Times are timezone-aware UTC.
Ids are positive integers given by the one writer of a project.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as _default
from datetime import datetime
from typing import Any, Literal

from tools.errors import InputError

JsonValue = Any
ItemKind = str
"""What an item is: the name of one of :data:`tools.modalities.registry.MODALITIES`."""
USUAL_KIND: ItemKind = "text"
"""What an item is where nothing is said about it."""

Via = Literal["key", "chat", "agent", "cli", "job"]
Role = Literal["reviewer", "engineer", "lead", "admin"]
Verdict = Literal["accept", "choose", "edit", "reject", "skip", "flag", "comment"]
ExposureKind = Literal[
    "blind",
    "overtaken",
    "suggested",
    "revealed",
    "bulk_listed",
    "bulk_viewed",
    "imported_unknown",
    "imported_independent",
    "probe",
]
ProposalState = Literal["ok", "invalid", "unread"]
Stopping = Literal["", "soon", "now"]
ScoreSource = Literal["none", "uncalibrated", "calibrated", "logprob", "agreement"]

ROLE_RANK: dict[str, int] = {"reviewer": 0, "engineer": 1, "lead": 2, "admin": 3}
"""Later roles may do everything that earlier ones may."""

VALUED_VERDICTS = ("accept", "choose", "edit")
"""The verdicts that carry a value; the others are events."""

NOT_LOOKED_AT = "not_looked_at"
REGION_VERDICTS = ("accept", "edit", "choose", "reject", NOT_LOOKED_AT)
"""What can be said of one region of an answer; a suggested region that nobody looked at is no part of the answer."""

CALIBRATING_EXPOSURES = ("blind", "imported_independent")
"""The only exposures whose labels may calibrate, score prompts or become gold."""

TRAINING_EXPOSURES = ("blind", "overtaken", "suggested", "revealed", "imported_independent", "imported_unknown")
"""Exposures whose labels train by default; bulk labels only when the project says so, probes never."""


def to_json(value: JsonValue) -> str:
    """Canonical JSON text: sorted keys, no spaces, no escapes of non-ASCII characters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One side of a pair or one turn of a conversation, as a range of the item's text."""

    role: str
    start: int
    end: int

    def __post_init__(self) -> None:
        """Refuse a range that runs backwards."""
        if not 0 <= self.start <= self.end:
            raise InputError(f"A part must not end before it starts; got {self.start}..{self.end}.")


@dataclass(frozen=True, slots=True)
class Media:
    """The file of an item.

    ``digest`` is the SHA-256 of its bytes, in hex. ``width`` and ``height`` are pixels as displayed, with the EXIF
    ``orientation`` (1..8) applied; all coordinates count in them. ``bits`` are per channel, ``size`` in bytes.
    ``place`` is empty for a file that was copied into the project, else the absolute path it is referenced at. A
    recording has no pixels; it has a ``length`` in milliseconds, a sampling ``rate`` a second and ``channels``.
    """

    digest: str
    mime: str
    width: int
    height: int
    orientation: int = 1
    bits: int = 8
    frames: int = 1
    size: int = 0
    place: str = ""
    length: int = 0
    rate: int = 0
    channels: int = 0

    def __post_init__(self) -> None:
        """Refuse a picture without area."""
        if not self.length and (self.width <= 0 or self.height <= 0):
            raise InputError(f"An image has at least one pixel; got {self.width} x {self.height}.")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to label.

    ``text`` is what models read and what offsets count in; for pairs and conversations the parts are ranges of it, for
    images it is the name that is shown. ``key`` is the user's own identifier, unique in the project. ``media`` is set
    for images only.
    """

    item_id: int
    key: str
    text: str
    kind: ItemKind = "text"
    parts: tuple[Part, ...] = ()
    meta: Mapping[str, JsonValue] = _default(default_factory=dict)
    media: Media | None = None

    @property
    def pixels(self) -> tuple[int, int] | None:
        """(width, height) of an image, ``None`` for other kinds."""
        return (self.media.width, self.media.height) if self.media and not self.media.length else None

    @property
    def length(self) -> int | None:
        """Milliseconds of a recording, ``None`` for other kinds."""
        return self.media.length if self.media and self.media.length else None


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another label the back-end considered, with its score in 0..1."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Draft:
    """What a tool proposes for one (item, field), before it is stored.

    ``value`` is the JSON form of a value (see :mod:`tools.values`) or ``None`` when the reply was ``unread``.
    ``score`` is in 0..1; ``score_source`` says where it comes from. ``problem`` says why a draft is not ``ok``.
    """

    item_id: int
    field: str
    value: Mapping[str, JsonValue] | None
    score: float | None = None
    score_source: ScoreSource = "none"
    alternatives: tuple[Alternative, ...] = ()
    reason: str = ""
    state: ProposalState = "ok"
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A stored draft. It is never a label."""

    proposal_id: int
    run_id: int
    schema_version: int
    draft: Draft
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, by what way, in which session. Set by the host, never by a model.

    ``owns_project`` is whoever can run commands on the project's folder, and may therefore do everything.
    """

    person: str
    role: Role
    via: Via
    session: str = ""
    owns_project: bool = False

    def __post_init__(self) -> None:
        """A nameless actor would leave a decision without an author."""
        if not self.person.strip():
            raise InputError("An actor needs a name.")

    def may(self, role: Role) -> bool:
        """Whether the actor holds at least ``role``."""
        return ROLE_RANK[self.role] >= ROLE_RANK[role]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What was shown to whom: the ticket without which no review can be made.

    ``inclusion_p`` is the probability with which the item was drawn for this kind, ``None`` where it was not drawn.
    """

    exposure_id: int
    item_id: int
    field: str
    reviewer: str
    kind: ExposureKind
    proposal_id: int | None
    session: str
    issued_at: datetime
    inclusion_p: float | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """One decision of one person about one (item, field).

    ``value`` is the full resulting value for accept, choose and edit, else ``None``. ``regions`` maps a region id
    to its own verdict. ``seconds`` is the time from painted to decided, ``None`` where it was not measured.
    """

    review_id: int
    exposure_id: int
    item_id: int
    field: str
    reviewer: str
    verdict: Verdict
    value: Mapping[str, JsonValue] | None
    reason: str
    decided_at: datetime
    schema_version: int
    seconds: float | None = None
    regions: Mapping[str, str] = _default(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What made a proposal: tool, back-end and settings, enough to make it again."""

    tool: str
    tool_version: int
    backend: str
    revision: str
    settings: Mapping[str, JsonValue]
    prompt: str = ""
    prompt_hash: str = ""
