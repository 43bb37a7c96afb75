"""Records of an export: what the host hands over for every item, and what a writer answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tools.records import ExposureKind, Item, JsonValue, ScoreSource, Verdict
from tools.results import Table
from tools.schema import FieldSpec

FieldState = Literal["agreed", "conflict", "undecided"]
Status = Literal["agreed", "conflict", "machine", "undecided"]


@dataclass(frozen=True, slots=True)
class ExportDecision:
    """One standing decision of one reviewer, with how it came about."""

    reviewer: str
    verdict: Verdict
    value: Mapping[str, JsonValue] | None
    decided_at: datetime | None = None
    exposure: ExposureKind = "imported_unknown"
    review_id: int | None = None
    proposal_id: int | None = None
    seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExportProposal:
    """What a model proposed, and the run that proposed it."""

    proposal_id: int
    run_id: int
    value: Mapping[str, JsonValue] | None
    score: float | None = None
    score_source: ScoreSource = "none"
    backend: str = ""
    revision: str = ""
    prompt: str = ""
    prompt_hash: str = ""


@dataclass(frozen=True, slots=True)
class ExportField:
    """The answer to one field of one item. ``value`` is the annotation, set where ``state`` is ``agreed``."""

    field: str
    state: FieldState
    value: Mapping[str, JsonValue] | None = None
    decisions: Sequence[ExportDecision] = ()
    proposal: ExportProposal | None = None


@dataclass(frozen=True, slots=True)
class ExportItem:
    """One item and its answers by field id; a field that is absent has no decision and no proposal."""

    item: Item
    fields: Mapping[str, ExportField]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One answer as it is to be written: ``status`` says whether people agreed on it or only a model proposed it."""

    spec: FieldSpec
    status: Status
    value: Mapping[str, JsonValue] | None
    decisions: Sequence[ExportDecision]
    proposal: ExportProposal | None

    @property
    def reviewers(self) -> list[str]:
        """Who decided, each once."""
        return list(dict.fromkeys(one.reviewer for one in self.decisions))


@dataclass(frozen=True, slots=True)
class ChosenItem:
    """An item with the answers that are to be written."""

    item: Item
    answers: Mapping[str, Chosen]


@dataclass(frozen=True, slots=True)
class Loss:
    """Part of an answer that the format cannot hold; the item itself is written."""

    item_id: int
    field: str
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Items that were not written, for one reason."""

    reason: str
    item_ids: tuple[int, ...]


@dataclass(frozen=True)
class ExportReport:
    """What an export did with every item: ``items`` = ``written`` + those left out, each with its reason."""

    format: str
    target: Path
    files: tuple[Path, ...]
    items: int
    written: int
    left_out: tuple[LeftOut, ...] = ()
    losses: tuple[Loss, ...] = ()
    answers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    cannot_hold: tuple[str, ...] = ()
    escaped_cells: int = 0

    def conservation(self) -> Table:
        """Where every item and every answer went."""
        rows: list[tuple[Any, ...]] = [
            ("items", "in the project's selection", self.items),
            ("items", "written", self.written),
        ]
        rows += [("items", f"left out: {one.reason}", len(one.item_ids)) for one in self.left_out]
        rows += [(f"answers to {name}", what, count) for (name, what), count in sorted(self.answers.items())]
        lost: dict[tuple[str, str], int] = {}
        for loss in self.losses:
            lost[loss.field, loss.reason] = lost.get((loss.field, loss.reason), 0) + 1
        rows += [
            (f"parts of {name}", f"not written: {reason}", count) for (name, reason), count in sorted(lost.items())
        ]
        return Table(f"Export to {self.target.name}", ("what", "where it went", "count"), tuple(rows))
