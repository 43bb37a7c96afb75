"""What one person may see of a project: the ports of a tool's context over the store.

Blind means blind: the suggestion of an item that was drawn for the blind share is hidden from everybody who has not
decided it, until enough people have. This module is the one place that knows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.store.calls import known_reply
from assistant.store.file.clock import utc_now
from assistant.store.project import ProjectStore
from assistant.store.queries.filters import asks_answers
from assistant.store.queries.sight import sees_all
from tools.content import Content
from tools.context import Answer, Found, IdArray, LabelTable
from tools.draws import is_drawn
from tools.filters import ItemFilter
from tools.records import Actor, Item, JsonValue, Proposal
from tools.schema import LabelSchema


def blind_mask(store: ProjectStore, field: str, item_ids: IdArray) -> npt.NDArray[np.bool_]:
    """Which items were drawn for the blind share of a field, shape (n,); independent of everything but the seed."""
    share = float(store.settings.get("blind_share"))
    return is_drawn(int(store.settings.get("seed")), f"blind:{field}", item_ids, share)


def hidden_from(store: ProjectStore, viewer: str, field: str, item_ids: Sequence[int]) -> set[int]:
    """Items whose suggestion ``viewer`` must not see yet: drawn for the blind share, or with a text that speaks to the
    labeller and may have bent the suggestion."""
    ids = np.asarray(item_ids, dtype=np.int64)
    closed = {int(one) for one in ids[blind_mask(store, field, ids)]} if len(ids) else set()
    closed |= store.runs.suspicious(field).intersection(ids.tolist())
    if not closed:
        return set()
    overlap = int(store.settings.get("overlap"))
    return closed - store.standing.seen_through(field, closed, viewer, overlap)


class VisibleItems:
    """Items, with conditions on suggestions applied only to suggestions that the viewer may see."""

    def __init__(self, store: ProjectStore, viewer: Actor) -> None:
        """Keep whose eyes these are."""
        self._store = store
        self._viewer = viewer
        self.told: dict[str, set[int]] = {}

    def count(self) -> int:
        """How many items there are."""
        return self._store.items.count()

    def all_ids(self) -> IdArray:
        """Every id, ascending."""
        return self._store.items.all_ids()

    def get(self, item_ids: Sequence[int]) -> list[Item]:
        """The items, in the order of the ids."""
        return self._store.items.get(item_ids)

    def texts(self, item_ids: Sequence[int]) -> list[str]:
        """Their texts, in the order of the ids."""
        return self._store.items.texts(item_ids)

    def contents(self, item_ids: Sequence[int]) -> list[Content]:
        """What a model reads of each, in the order of the ids."""
        return self._store.items.contents(item_ids)

    def resolve(self, references: Sequence[str]) -> list[int]:
        """Ids for keys or numbers."""
        return self._store.items.resolve(references)

    def find(self, where: ItemFilter, limit: int | None = None, offset: int = 0) -> Found:
        """Ids that pass ``where``, ascending."""
        asks_suggestions = where.of_proposal or where.score_min is not None or where.score_max is not None
        if not asks_suggestions:
            found = self._store.items.find(where, limit, offset, self._viewer)
            if limit and asks_answers(where):
                # What is cut to be listed is looked at; what is counted or worked on is not.
                field = where.field or self._store.schema.main_field().id
                self.told.setdefault(field, set()).update(found.ids.tolist())
            return found
        found = self._store.items.find(where, viewer=self._viewer)
        field = where.field or self._store.schema.main_field().id
        hidden = hidden_from(self._store, self._viewer.person, field, found.ids.tolist())
        ids = found.ids[~np.isin(found.ids, list(hidden))] if hidden else found.ids
        cut = ids[offset:] if limit is None else ids[offset : offset + limit]
        return Found(ids=cut, total=len(ids), sql=found.sql, left_out=found.left_out)


class StandingLabels:
    """Standing values as training material."""

    def __init__(self, store: ProjectStore, viewer: Actor) -> None:
        """Keep the store and who asks."""
        self._store = store
        self._viewer = viewer

    def training(self, field: str) -> LabelTable:
        """Agreed or single standing values that may train; conflicts are left out, bulk labels unless allowed."""
        return _label_table(self._store.standing.agreed(field, self._with_bulk))

    def seen(self, field: str) -> LabelTable:
        """Those of the same that the viewer may see."""
        return _label_table(self._store.standing.agreed(field, self._with_bulk, self._viewer))

    @property
    def _with_bulk(self) -> bool:
        return bool(self._store.settings.get("train_on_bulk"))

    def gold(self, field: str) -> LabelTable:
        """Values marked as gold."""
        return _label_table(self._store.standing.gold(field))


def _label_table(rows: list[tuple[Any, ...]]) -> LabelTable:
    return LabelTable(
        np.array([row[0] for row in rows], dtype=np.int64),
        tuple(json.loads(row[1]) for row in rows),
        np.array([row[2] for row in rows], dtype=np.bool_),
    )


class VisibleProposals:
    """Proposals that the viewer may see."""

    def __init__(self, store: ProjectStore, viewer: str) -> None:
        """Keep whose eyes these are."""
        self._store = store
        self._viewer = viewer

    def latest(self, field: str, item_ids: Sequence[int]) -> dict[int, Proposal]:
        """The active proposal of each item that has a usable one and is not blind to the viewer."""
        hidden = hidden_from(self._store, self._viewer, field, item_ids)
        open_ids = [int(one) for one in item_ids if int(one) not in hidden]
        backend = str(self._store.settings.get(f"backend.{field}") or "")
        return self._store.runs.latest(field, open_ids, backend) if open_ids else {}

    def of_run(self, run_id: int) -> list[Proposal]:
        """Visible proposals of a run, the unread and invalid ones too."""
        every = self._store.runs.of_run(run_id)
        fields = {proposal.draft.field for proposal in every}
        hidden = {
            field: hidden_from(
                self._store, self._viewer, field, [p.draft.item_id for p in every if p.draft.field == field]
            )
            for field in fields
        }
        return [p for p in every if p.draft.item_id not in hidden[p.draft.field]]

    def calibration_of(self, run_id: int) -> str:
        """How the scores of the run were calibrated, in words, or ``""``."""
        return str(self._store.runs.settings_of(run_id).get("calibration", ""))


def _leases(store: ProjectStore, now: datetime, item_id: JsonValue) -> Answer:
    rows = tuple(
        (item, field, person, now + timedelta(seconds=left))
        for item, field, person, left in store.leases.live()
        if item_id is None or item == item_id
    )
    return Answer(("item_id", "field", "reviewer", "until"), rows, "", {"item_id": item_id})


# Named queries whose answers say what each person answered to an item.
_TELLS_OF_ITEMS = ("item_ledger", "item_standing", "item_annotations", "gold_candidates")


class ProjectView:
    """The :class:`tools.context.ToolContext` of one call by one actor."""

    def __init__(self, store: ProjectStore, actor: Actor) -> None:
        """Bind the ports to who asks."""
        self._store = store
        self._actor = actor
        self._now = utc_now()
        self.items = VisibleItems(store, actor)
        self.labels = StandingLabels(store, actor)
        self.proposals = VisibleProposals(store, actor.person)
        self.cache = store.arrays
        self._told: dict[str, set[int]] = self.items.told

    @property
    def schema(self) -> LabelSchema:
        """The schema in force."""
        return self._store.schema

    @property
    def schema_version(self) -> int:
        """Its version."""
        return self._store.schema_version

    @property
    def actor(self) -> Actor:
        """Who asked."""
        return self._actor

    @property
    def now(self) -> datetime:
        """The time of the call, UTC."""
        return self._now

    @property
    def seed(self) -> int:
        """The project's seed."""
        return int(self._store.settings.get("seed"))

    @property
    def settings(self) -> Mapping[str, JsonValue]:
        """Settings of the project, and under ``learning_now`` what is done about learning at the moment."""
        return {**self._store.settings.all(), "learning_now": self._store.learning_state()}

    def ask(self, query: str, **params: JsonValue) -> Answer:
        """Run a named query; leases are not rows but the owner's memory."""
        if query == "leases":
            return _leases(self._store, self._now, params.get("item_id"))
        if query in _TELLS_OF_ITEMS:
            items = params.get("ids") or [params["item_id"]]
            self._told.setdefault(str(params.get("field") or ""), set()).update(int(one) for one in items)
        return self._store.ask(query, params, self._actor)

    def saved_filter(self, name: str) -> ItemFilter:
        """A filter saved by name."""
        return self._store.talk.saved_filter(name)

    def own_prompt(self, name: str) -> str | None:
        """Text of a prompt file in the project's own folder, or ``None``."""
        folder = (self._store.path / "prompts").resolve()
        place = (folder / f"{name}.md").resolve()
        if not place.is_relative_to(folder) or not place.is_file():
            return None
        return place.read_text(encoding="utf-8")

    def known_reply(self, key: str) -> str | None:
        """The raw reply stored for a paid call by any run, or ``None``."""
        return known_reply(self._store.database, key)


def note_told(view: ProjectView) -> None:
    """Keep in mind of whose answers the person was told before deciding; only leads are.

    It is the host's to call: a tool that holds the view has no way to write.
    """
    if sees_all(view._actor):
        view._store.reviews.note_told(view._told, view._actor)
