"""A project in memory for tests of tools: the ports of a ToolContext over plain lists, without a database.

It knows no visibility rules; blind items, gold and bulk labels are the business of the real store and its tests.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.content import Content
from tools.context import Answer, CallLog, Found, IdArray, LabelTable, ToolContext
from tools.errors import BudgetSpent, NotFound
from tools.filters import ItemFilter
from tools.modalities.registry import MODALITIES
from tools.records import Actor, Draft, Item, Proposal, Stopping
from tools.results import Prepared, ToolResult
from tools.schema import LabelSchema
from tools.spec import LearningWork, Work
from tools.values import value_labels

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LEAD = Actor("lea", "lead", "cli", "s1")
Value = Mapping[str, Any]


class MemoryCalls:
    """The log of paid calls as a dict; ``budget`` None means without end."""

    def __init__(self, budget: int | None = None) -> None:
        self.budget = budget
        self.replies: dict[str, str] = {}
        self.spent = 0
        self.reserved: dict[str, int] = {}
        self.events: list[tuple[str, str]] = []
        self.stop: Stopping = ""
        self.told: list[str] = []
        self._lock = threading.Lock()

    def known(self, key: str) -> str | None:
        return self.replies.get(key)

    def reserve(self, key: str, tokens: int) -> None:
        with self._lock:
            if self.budget is not None and self.spent + sum(self.reserved.values()) + tokens > self.budget:
                raise BudgetSpent("The budget is spent.")
            self.reserved[key] = tokens
            self.events.append(("reserve", key))

    def received(self, key: str, raw: str, prompt_tokens: int, answer_tokens: int) -> None:
        with self._lock:
            self.replies[key] = raw
            self.spent += prompt_tokens + answer_tokens
            self.reserved.pop(key, None)
            self.events.append(("received", key))

    def failed(self, key: str) -> None:
        with self._lock:
            self.reserved.pop(key, None)
            self.events.append(("failed", key))

    def stopping(self) -> Stopping:
        return self.stop

    def say(self, words: str) -> None:
        self.told.append(words)


@dataclass
class MemoryItems:
    """Items by id."""

    project: FakeContext
    rows: dict[int, Item] = field(default_factory=dict)

    def count(self) -> int:
        return len(self.rows)

    def all_ids(self) -> IdArray:
        return np.array(sorted(self.rows), dtype=np.int64)

    def get(self, item_ids: Sequence[int]) -> list[Item]:
        missing = [item for item in item_ids if int(item) not in self.rows]
        if missing:
            raise NotFound(f"There is no item #{missing[0]}.")
        return [self.rows[int(item)] for item in item_ids]

    def texts(self, item_ids: Sequence[int]) -> list[str]:
        return [item.text for item in self.get(item_ids)]

    def contents(self, item_ids: Sequence[int]) -> list[Content]:
        places = self.project.places
        kept = [(item, places.get(item.item_id)) for item in self.get(item_ids)]
        return [MODALITIES[item.kind].content_of(item, Path(place) if place else None) for item, place in kept]

    def resolve(self, references: Sequence[str]) -> list[int]:
        keys = {item.key: item.item_id for item in self.rows.values()} | {f"#{one}": one for one in self.rows}
        unknown = [one for one in references if one not in keys]
        if unknown:
            raise NotFound(f"There is no item {unknown[0]!r}.")
        return [keys[one] for one in references]

    def find(self, where: ItemFilter, limit: int | None = None, offset: int = 0) -> Found:
        passing = [item for item, row in sorted(self.rows.items()) if self._passes(row, where)]
        cut = passing[offset : None if limit is None else offset + limit]
        return Found(np.array(cut, dtype=np.int64), len(passing), "in memory")

    def _passes(self, item: Item, where: ItemFilter) -> bool:
        name = where.field or self.project.schema.main_field().id
        label = self.project.decisions.get((item.item_id, name))
        draft = self.project.drafts.get((item.item_id, name))
        shown = draft.value if where.of_proposal and draft else label
        column, _, wanted = where.meta.partition("=")
        return (
            all(word.casefold() in item.text.casefold() for word in shlex.split(where.words))
            and (not where.ids or item.item_id in where.ids)
            and (not where.keys or item.key in where.keys)
            and (not where.meta or str(item.meta.get(column)) == wanted)
            and (not where.label or where.label in value_labels(shown))
            and _counted(where, value_labels(shown))
            and _state_holds(where.state, label is not None, draft)
        )


def _counted(where: ItemFilter, labels: tuple[str, ...]) -> bool:
    """Whether there are as many regions as a filter asks for."""
    number = sum(where.label in ("", one) for one in labels)
    return (where.regions_min is None or number >= where.regions_min) and (
        where.regions_max is None or number <= where.regions_max
    )


def _state_holds(state: str, is_decided: bool, draft: Draft | None) -> bool:
    """Whether an item is in a state; those that need more than one reviewer are never reached here."""
    is_suggested = draft is not None and draft.state == "ok"
    return {
        "any": True,
        "undecided": not is_decided,
        "decided": is_decided,
        "agreed": is_decided,
        "suggested": is_suggested and not is_decided,
        "unsuggested": not is_suggested and not is_decided,
        "unread": draft is not None and draft.state != "ok",
    }.get(state, False)


@dataclass
class MemoryLabels:
    """Standing values as training material."""

    project: FakeContext
    steered: set[int] = field(default_factory=set)

    def training(self, field_id: str) -> LabelTable:
        rows = [(item, value) for (item, name), value in sorted(self.project.decisions.items()) if name == field_id]
        return LabelTable(
            np.array([item for item, _ in rows], dtype=np.int64),
            tuple(value for _, value in rows),
            np.array([item not in self.steered for item, _ in rows], dtype=np.bool_),
        )

    def seen(self, field_id: str) -> LabelTable:
        """Everything: a lead asks."""
        return self.training(field_id)

    def gold(self, field_id: str) -> LabelTable:
        return LabelTable(np.zeros(0, np.int64), (), np.zeros(0, np.bool_))


@dataclass
class MemoryProposals:
    """Drafts as if they had been stored by run 1."""

    project: FakeContext

    def latest(self, field_id: str, item_ids: Sequence[int]) -> dict[int, Proposal]:
        drafts = {int(item): self.project.drafts.get((int(item), field_id)) for item in item_ids}
        return {
            item: Proposal(item, 1, 1, draft, NOW) for item, draft in drafts.items() if draft and draft.state == "ok"
        }

    def of_run(self, run_id: int) -> list[Proposal]:
        return [Proposal(item, 1, 1, draft, NOW) for (item, _), draft in sorted(self.project.drafts.items())]

    def calibration_of(self, run_id: int) -> str:
        return ""


class MemoryCache(dict[str, npt.NDArray[Any]]):
    """Arrays by key. ``put`` keeps a copy, as a disk would."""

    # One cache is another than the next, whatever they hold.
    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def put(self, key: str, array: npt.NDArray[Any]) -> None:
        self[key] = array.copy()


class FakeContext:
    """A ToolContext over lists: ``texts`` become items 1, 2, 3 … with the keys K1, K2, K3 …"""

    def __init__(self, schema: LabelSchema, texts: Sequence[str] = (), actor: Actor = LEAD, **settings: Any) -> None:
        self.schema = schema
        self.schema_version = 1
        self.actor = actor
        self.now = NOW
        self.seed = 7
        # The hashed n-grams need no weights and are exact, so that tests are quick and the same everywhere.
        self.settings: dict[str, Any] = {"backend.embedder": "builtin:ngrams", "budget_tokens": 10**9, **settings}
        self.items = MemoryItems(self)
        self.labels = MemoryLabels(self)
        self.proposals = MemoryProposals(self)
        self.cache = MemoryCache()
        self.decisions: dict[tuple[int, str], Value] = {}
        self.drafts: dict[tuple[int, str], Draft] = {}
        self.answers: dict[str, Answer] = {"sampling_rounds": Answer(("asked", "backend", "made_at"), (), "", {})}
        self.filters: dict[str, ItemFilter] = {}
        self.prompts: dict[str, str] = {}
        self.replies: dict[str, str] = {}
        # Where the image files of items lie.
        self.places: dict[int, str] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str, **meta: Any) -> int:
        """One more item; returns its id."""
        item_id = len(self.items.rows) + 1
        self.items.rows[item_id] = Item(item_id, f"K{item_id}", text, meta=meta)
        return item_id

    def add_image(self, path: Path, **meta: Any) -> int:
        """One more item, an image file; returns its id."""
        return self.add_file(path, "image", **meta)

    def add_file(self, path: Path, kind: str, **meta: Any) -> int:
        """One more item of a kind whose content is a file; returns its id."""
        item_id = len(self.items.rows) + 1
        probe = MODALITIES[kind].probe
        assert probe is not None, f"items of the kind {kind} have no file"
        media = replace(probe(path).media, place=str(path))
        self.items.rows[item_id] = Item(item_id, path.name, path.name, kind, meta=meta, media=media)
        self.places[item_id] = str(path)
        return item_id

    def decide(self, item_id: int, value: Value, field_id: str = "", steered: bool = False) -> None:
        """Let a person's value stand. ``steered`` keeps it from calibrating."""
        self.decisions[item_id, field_id or self.schema.main_field().id] = value
        (self.labels.steered.add if steered else self.labels.steered.discard)(item_id)

    def suggest(self, draft: Draft) -> None:
        """Let a draft be the active proposal."""
        self.drafts[draft.item_id, draft.field] = draft

    def ask(self, query: str, **params: Any) -> Answer:
        if query not in self.answers:
            raise NotFound(f"There is no query {query!r}.")
        return self.answers[query]

    def saved_filter(self, name: str) -> ItemFilter:
        if name not in self.filters:
            raise NotFound(f"There is no filter {name!r}.")
        return self.filters[name]

    def own_prompt(self, name: str) -> str | None:
        return self.prompts.get(name)

    def known_reply(self, key: str) -> str | None:
        return self.replies.get(key)


def prepare(result: ToolResult, work: Work | None, ctx: ToolContext) -> Prepared:
    """What the units of a planned run share, as the host makes it once for a job."""
    assert result.work is not None, f"no work was planned: {result.text}"
    if isinstance(work, LearningWork):
        return work.prepare(ctx, result.work.artefact)
    return Prepared(result.work.artefact)


def carry_out(
    result: ToolResult,
    work: Work | None,
    ctx: ToolContext,
    prepared: Prepared | None = None,
    calls: CallLog | None = None,
) -> list[Draft]:
    """The drafts of a planned run, unit by unit, as the host would get them."""
    artefact = (prepared or prepare(result, work, ctx)).artefact
    assert result.work is not None and work is not None
    drafts: list[Draft] = []
    for unit in result.work.units:
        drafts += work.compute(work.load(ctx, unit, artefact), artefact, calls or MemoryCalls())
    return drafts
