"""What a tool returns: text and numbers to show, work to be done, or a change to be confirmed. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tools.filters import ItemFilter
from tools.findings import FindingBatch
from tools.records import JsonValue, RunIdentity

Unit = Literal["count", "share", "seconds", "score", "per_hour", "tokens"]
FloatArray = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Fact:
    """One number with its receipt.

    ``value`` is ``None`` where it is undefined; ``note`` then says why. ``n`` is the denominator, ``low`` and ``high``
    the interval, ``method`` its name ("Wilson 95 %"). ``sql`` and ``params`` are the query the number comes from and
    ``where`` opens the items behind it.
    """

    name: str
    value: float | None
    unit: Unit = "count"
    n: int | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    sql: str = ""
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    where: ItemFilter | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows to be shown as they are; every row has as many cells as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    sql: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart as plain numbers: ``series`` maps a name to y values over ``x``; ``bands`` to (low, high) pairs."""

    title: str
    kind: Literal["bar", "line"]
    x: tuple[JsonValue, ...]
    series: Mapping[str, tuple[float, ...]]
    x_title: str = ""
    y_title: str = ""
    bands: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Artefact:
    """What a back-end learned, frozen for one job: a JSON part and named arrays, storable without pickling."""

    json: Mapping[str, JsonValue] = field(default_factory=dict)
    arrays: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)


def as_bytes(value: JsonValue) -> npt.NDArray[np.uint8]:
    """A JSON value as the bytes of its text, for what is too long for an artefact's JSON part; :func:`from_bytes`."""
    return np.frombuffer(json.dumps(value).encode("ascii"), dtype=np.uint8)


def from_bytes(array: npt.NDArray[np.generic]) -> Any:
    """The inverse of :func:`as_bytes`."""
    return json.loads(np.asarray(array, dtype=np.uint8).tobytes())


@dataclass(frozen=True)
class Prepared:
    """What all units of a plan share, made once in the background before the first of them.

    ``settings`` are added to the run's record, ``sentence`` is shown beside the job.
    """

    artefact: Artefact
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    sentence: str = ""


@dataclass(frozen=True)
class WorkPlan:
    """Work over many items, cut into units; the tool's :class:`~tools.spec.Work` says how a unit becomes drafts.

    ``units`` hold item ids. ``artefact`` is all that the units share, or, for a
    :class:`~tools.spec.LearningWork`, what its ``prepare`` needs to make it. ``token_estimate`` and
    ``price_estimate`` are for the whole plan, ``None`` where free; ``token_limit`` is what it may take at most.
    """

    identity: RunIdentity
    field: str
    units: tuple[tuple[int, ...], ...]
    artefact: Artefact
    token_estimate: int | None = None
    price_estimate: float | None = None
    token_limit: int | None = None

    @property
    def size(self) -> int:
        """Number of items in all units."""
        return sum(len(unit) for unit in self.units)


@dataclass(frozen=True)
class QueueOrder:
    """Items to be reviewed next, best first, each with its reason in words.

    ``adaptive`` says that the choice depended on a model or on labels, so that the labels made from it must not
    calibrate; a random draw is not adaptive and carries ``inclusion_p``.
    """

    identity: RunIdentity
    field: str
    item_ids: tuple[int, ...]
    reasons: tuple[str, ...]
    strategy: str
    adaptive: bool = True
    inclusion_p: float | None = None


@dataclass(frozen=True)
class Change:
    """A change to what people decided, to be confirmed by a person before the host carries it out.

    ``kind`` names the host's handler and ``arguments`` are all it needs. ``preview`` is what the card shows.
    """

    kind: Literal["bulk_accept", "mark_gold", "undo", "export", "import", "schema", "setting"]
    sentence: str
    arguments: Mapping[str, JsonValue]
    preview: tuple[Table, ...] = ()
    item_ids: tuple[int, ...] = ()
    riskiest: tuple[int, ...] = ()
    role: Literal["reviewer", "engineer", "lead", "admin"] = "lead"


@dataclass(frozen=True)
class ToolResult:
    """Everything a tool has to say.

    ``text`` is one or more plain sentences built by code; item texts never stand in it (items are named by id and
    opened by the page). ``items`` are what "those" means in the next sentence of the conversation. ``options`` are
    offered as quick replies. ``exported`` names what now lies in the project's folder of exports. At most one of
    ``work``, ``queue`` and ``change`` is set. ``findings`` may come with a ``queue`` to review what they are about:
    both are one run then. The host adds a table of them as far as the person who asks may see them.
    """

    text: str
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    items: tuple[int, ...] = ()
    where: ItemFilter | None = None
    options: tuple[str, ...] = ()
    save_filter: tuple[str, ItemFilter] | None = None
    work: WorkPlan | None = None
    queue: QueueOrder | None = None
    change: Change | None = None
    exported: str = ""
    findings: FindingBatch | None = None
