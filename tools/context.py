"""What a tool may ask for. The host implements these ports; a tool never sees the database behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tools.content import Content
from tools.filters import ItemFilter
from tools.records import Actor, Item, JsonValue, Proposal, Stopping
from tools.schema import LabelSchema

IdArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a named query with the SQL that gave them: the receipt of every number made from it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    sql: str
    params: Mapping[str, JsonValue]

    def as_dicts(self) -> list[dict[str, JsonValue]]:
        """One dict a row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Found:
    """Item ids that pass a filter, ascending, cut at the limit; ``total`` counts all that pass.

    ``left_out`` counts items of which the viewer may not know whether they pass: others answered, the viewer did not.
    """

    ids: IdArray
    total: int
    sql: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class LabelTable:
    """Standing values of one field, one row an item, aligned over all columns.

    ``values`` are JSON forms. ``calibrates`` is true where the value was given blind (or declared independent at
    import) on an item that was not chosen by a model.
    """

    item_ids: IdArray
    values: tuple[Mapping[str, Any], ...]
    calibrates: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of labelled items."""
        return len(self.values)


class ItemReader(Protocol):
    """Items of the project."""

    def count(self) -> int:
        """How many items there are."""

    def all_ids(self) -> IdArray:
        """Every item id, ascending."""

    def get(self, item_ids: Sequence[int]) -> list[Item]:
        """The items, in the order of the ids; :class:`~tools.errors.NotFound` names the first unknown one."""

    def texts(self, item_ids: Sequence[int]) -> list[str]:
        """Their texts, in the order of the ids."""

    def contents(self, item_ids: Sequence[int]) -> list[Content]:
        """What a model reads of each, in the order of the ids."""

    def find(self, where: ItemFilter, limit: int | None = None, offset: int = 0) -> Found:
        """Ids of the items that pass ``where``."""

    def resolve(self, references: Sequence[str]) -> list[int]:
        """Ids for user keys or for ids written as ``#12``; :class:`~tools.errors.NotFound` names what is unknown."""


class LabelReader(Protocol):
    """What people decided, filtered for what the viewer may see."""

    def training(self, field: str) -> LabelTable:
        """Agreed or single standing values that may train; conflicts are left out.

        A model learns from everybody's answers, so these are not cut to what the viewer may see: nothing is told of
        them item by item.
        """

    def seen(self, field: str) -> LabelTable:
        """Those of the same whose item the viewer has decided too: what numbers are told from."""

    def gold(self, field: str) -> LabelTable:
        """Values marked as gold."""


class ProposalReader(Protocol):
    """What models proposed, filtered for what the viewer may see (blind items are hidden until decided)."""

    def latest(self, field: str, item_ids: Sequence[int]) -> dict[int, Proposal]:
        """The active proposal of each item that has a usable one."""

    def of_run(self, run_id: int) -> list[Proposal]:
        """All proposals of a run, the unread and invalid ones too."""

    def calibration_of(self, run_id: int) -> str:
        """``""`` or how the scores of the run were calibrated, in words."""


class ArrayCache(Protocol):
    """Derived arrays on disk; may be emptied at any time."""

    def get(self, key: str) -> npt.NDArray[Any] | None:
        """The array stored under ``key``, or ``None``."""

    def put(self, key: str, array: npt.NDArray[Any]) -> None:
        """Store ``array`` under ``key``."""


class CallLog(Protocol):
    """Durable log of paid calls: what reached us is never asked again."""

    def known(self, key: str) -> str | None:
        """The raw reply stored for this call, or ``None``."""

    def reserve(self, key: str, tokens: int) -> None:
        """Take prompt and largest answer out of the budget before sending, or raise ``BudgetSpent``."""

    def received(self, key: str, raw: str, prompt_tokens: int, answer_tokens: int) -> None:
        """Store a reply, durably, and settle the reservation."""

    def failed(self, key: str) -> None:
        """Give the reservation back: the call certainly cost nothing."""

    def stopping(self) -> Stopping:
        """Whether the work is to end: ``soon`` sends nothing new, ``now`` waits for nothing that is out either."""

    def say(self, words: str) -> None:
        """Tell whoever follows the work what it waits for; ``""`` when it goes on."""


class ToolContext(Protocol):
    """Everything a tool may ask for."""

    @property
    def schema(self) -> LabelSchema:
        """The schema in force."""

    @property
    def schema_version(self) -> int:
        """Its version, from 1."""

    @property
    def actor(self) -> Actor:
        """Who asked."""

    @property
    def now(self) -> datetime:
        """The time of the call, UTC."""

    @property
    def seed(self) -> int:
        """The project's seed; every draw derives from it."""

    @property
    def settings(self) -> Mapping[str, JsonValue]:
        """Settings of the project: ``backend.<field>``, ``blind_share``, ``overlap``, ``budget_tokens`` and so on."""

    @property
    def items(self) -> ItemReader:
        """Items."""

    @property
    def labels(self) -> LabelReader:
        """Decisions of people."""

    @property
    def proposals(self) -> ProposalReader:
        """Proposals of models."""

    @property
    def cache(self) -> ArrayCache:
        """Derived arrays."""

    def ask(self, query: str, **params: JsonValue) -> Answer:
        """Run a named query of the host; :class:`~tools.errors.NotFound` if there is none of that name."""

    def saved_filter(self, name: str) -> ItemFilter:
        """A filter saved by name."""

    def own_prompt(self, name: str) -> str | None:
        """Text of a prompt file in the project's own folder, or ``None``."""

    def known_reply(self, key: str) -> str | None:
        """The raw reply stored for a paid call by any run, or ``None``; nothing is asked."""
