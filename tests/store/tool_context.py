"""A tool's context over the in-memory tables: the real queries and filters, without the store around them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from assistant.store.queries.filters import filter_sql
from assistant.store.queries.named import ACTIVE_PROPOSALS
from assistant.store.queries.sight import through_eyes_of
from tests.fake_context import MemoryCache
from tests.store.rows import Rows
from tools.content import Content, texts
from tools.context import Answer, Found, IdArray, LabelTable
from tools.errors import NotFound
from tools.filters import ItemFilter
from tools.records import Actor, Draft, Item, JsonValue, Media, Proposal, Role
from tools.schema import LabelSchema, read_schema

SCHEMA = read_schema(
    """
name: Messages
fields:
  - {id: intent, name: Intent, kind: choice, cannot_tell: true,
     labels: [{id: refund, name: Refund}, {id: delivery, name: Delivery}, {id: fault, name: Broken thing}]}
  - {id: topics, name: Topics, kind: multi_choice, labels: [price, speed]}
  - {id: entities, name: Entities, kind: spans, labels: [product, place]}
  - {id: mood, name: Mood, kind: rating}
  - {id: note, name: Note, kind: text, required: false}
"""
)


class SmallProject:
    """One call's context. ``blind`` holds (field, item) pairs that were drawn for the blind share."""

    def __init__(self, rows: Rows | None = None, person: str = "lea", role: Role = "lead") -> None:
        """Start with no items and a lead who asks."""
        self.rows = rows or Rows()
        self.actor = Actor(person, role, "chat")
        self.blind: set[tuple[str, int]] = set()
        self.leases: list[dict[str, Any]] = []
        self.filters: dict[str, ItemFilter] = {}
        self.settings: Mapping[str, JsonValue] = {"overlap": 1}
        self.schema: LabelSchema = SCHEMA
        self.schema_version = 1
        self.now = datetime(2026, 3, 10, 12, tzinfo=UTC)
        self.seed = 7
        self.items = _Items(self)
        self.proposals = _Proposals(self)
        self.labels = _Labels(self)
        self.cache = MemoryCache()

    def seen_by(self, person: str, role: Role = "reviewer") -> SmallProject:
        """The same project in front of somebody else."""
        other = SmallProject(self.rows, person, role)
        other.blind, other.leases, other.filters = self.blind, self.leases, self.filters
        other.settings, other.schema, other.cache = self.settings, self.schema, self.cache
        return other

    def ask(self, query: str, **params: JsonValue) -> Answer:
        """Run a named query; leases are what the test put there."""
        if query == "leases" and self.leases:
            columns = ("item_id", "field", "reviewer", "until")
            return Answer(columns, tuple(tuple(row[c] for c in columns) for row in self.leases), "", {})
        return self.rows.ask(query, self.actor, **params)

    def saved_filter(self, name: str) -> ItemFilter:
        """A filter that the test saved."""
        if name not in self.filters:
            raise NotFound(f"There is no saved filter {name!r}.")
        return self.filters[name]

    def own_prompt(self, name: str) -> str | None:
        """The project has no prompts of its own."""
        return None

    def known_reply(self, key: str) -> str | None:
        """No paid call was made."""
        return None

    def hidden(self, field: str) -> set[int]:
        """Items whose suggestion the actor must not see: blind ones that the actor has not decided."""
        decided = self.rows.connection.execute(
            "SELECT item_id FROM standing_reviews WHERE field = ? AND reviewer = ? AND verdict <> 'skip'",
            [field, self.actor.person],
        ).fetchall()
        return {item_id for name, item_id in self.blind if name == field} - {row[0] for row in decided}


class _Items:
    def __init__(self, project: SmallProject) -> None:
        self._project = project

    def _rows(self, sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
        return self._project.rows.connection.execute(sql, params).fetchall()

    def count(self) -> int:
        return int(self._rows("SELECT count(*) FROM items")[0][0])

    def all_ids(self) -> IdArray:
        return np.arange(1, self.count() + 1, dtype=np.int64)

    def get(self, item_ids: Sequence[int]) -> list[Item]:
        found = []
        for item_id in item_ids:
            rows = self._rows("SELECT item_id, key, text, meta FROM items WHERE item_id = ?", [int(item_id)])
            if not rows:
                raise NotFound(f"There is no item #{item_id}.")
            item = Item(rows[0][0], rows[0][1], rows[0][2], meta=json.loads(rows[0][3]))
            found.append(replace(item, kind="image", media=media) if (media := self._media(item.item_id)) else item)
        return found

    def _media(self, item_id: int) -> Media | None:
        names = "digest, mime, width, height, orientation, bits, frames, size, place"
        rows = self._rows(f"SELECT {names} FROM media WHERE item_id = ?", [item_id])
        return Media(*rows[0]) if rows else None

    def texts(self, item_ids: Sequence[int]) -> list[str]:
        return [item.text for item in self.get(item_ids)]

    def contents(self, item_ids: Sequence[int]) -> list[Content]:
        """The texts; no picture of this project has a file."""
        return texts(self.texts(item_ids))

    def find(self, where: ItemFilter, limit: int | None = None, offset: int = 0) -> Found:
        condition, params = filter_sql(where, self._project.schema)
        sql = f"SELECT i.item_id FROM items i WHERE {condition} ORDER BY i.item_id"
        sql, params = through_eyes_of(self._project.actor, sql, params)
        ids = [row[0] for row in self._rows(sql, params)]
        if where.of_proposal or where.score_min is not None or where.score_max is not None:
            hidden = self._project.hidden(where.field or self._project.schema.main_field().id)
            ids = [one for one in ids if one not in hidden]
        end = None if limit is None else offset + limit
        return Found(np.array(ids[offset:end], dtype=np.int64), len(ids), sql)

    def resolve(self, references: Sequence[str]) -> list[int]:
        found = []
        for reference in references:
            rows = self._rows("SELECT item_id FROM items WHERE key = ? OR '#' || item_id = ?", [reference, reference])
            if not rows:
                raise NotFound(f"There is no item {reference!r}.")
            found.append(int(rows[0][0]))
        return found


class _Proposals:
    def __init__(self, project: SmallProject) -> None:
        self._project = project

    def latest(self, field: str, item_ids: Sequence[int]) -> dict[int, Proposal]:
        hidden = self._project.hidden(field)
        cursor = self._project.rows.connection.execute(ACTIVE_PROPOSALS, {"field": field})
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        wanted = {int(one) for one in item_ids} - hidden
        return {row["item_id"]: _proposal(row) for row in rows if row["item_id"] in wanted}

    def of_run(self, run_id: int) -> list[Proposal]:
        raise AssertionError("the proposals of a whole run were asked for")

    def calibration_of(self, run_id: int) -> str:
        return ""


def _proposal(row: dict[str, Any]) -> Proposal:
    draft = Draft(row["item_id"], row["field"], json.loads(row["value"]), row["score"], row["score_source"])
    return Proposal(row["proposal_id"], row["run_id"], 1, draft, row["made_at"].replace(tzinfo=UTC))


_TRAINING = """SELECT item_id, value, calibrates FROM annotations WHERE field = $field AND state = 'agreed'
    ORDER BY item_id"""


class _Labels:
    def __init__(self, project: SmallProject) -> None:
        self._project = project

    def training(self, field: str) -> LabelTable:
        return self._table(_TRAINING, {"field": field})

    def seen(self, field: str) -> LabelTable:
        return self._table(*through_eyes_of(self._project.actor, _TRAINING, {"field": field}))

    def _table(self, sql: str, params: dict[str, Any]) -> LabelTable:
        rows = self._project.rows.connection.execute(sql, params).fetchall()
        return LabelTable(
            np.array([row[0] for row in rows], dtype=np.int64),
            tuple(json.loads(row[1]) for row in rows),
            np.array([row[2] for row in rows], dtype=np.bool_),
        )

    def gold(self, field: str) -> LabelTable:
        raise AssertionError("gold was asked for")
