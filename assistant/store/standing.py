"""What stands: which items are decided, by how many, as what, and who may look at others' answers by now."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa

from assistant.store.file.database import Database
from assistant.store.file.transaction import Rows
from assistant.store.queries.sight import through_eyes_of
from tools.records import Actor

# One row an item: its id, its value, whether the label may judge a model.
_AGREED = """SELECT item_id, value, calibrates FROM annotations
    WHERE field = $field AND state = 'agreed' AND ($with_bulk OR NOT is_bulk) ORDER BY item_id"""
_GOLD = "SELECT item_id, value, true FROM gold WHERE field = ? ORDER BY item_id"


class StandingStore:
    """Reads the views over everybody's decisions; what it says changes with each decision and each undo."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def decided(self, field: str, item_ids: Collection[int]) -> set[int]:
        """Those of the items on which somebody's value stands."""
        sql = "SELECT DISTINCT item_id FROM standing SEMI JOIN wanted USING (item_id) WHERE field = ?"
        return {int(row[0]) for row in self._database.joined(sql, _wanted(item_ids), [field])}

    def values(self, item_id: int, field: str) -> list[Mapping[str, Any]]:
        """Every value that stands on one field of an item."""
        rows = self._database.rows("SELECT value FROM standing WHERE item_id = ? AND field = ?", [item_id, field])
        return [json.loads(row[0]) for row in rows if row[0]]

    def deciders_by_item(self, field: str) -> dict[str, Any]:
        """Two arrays, ``item_id`` and ``deciders``: on how many people's values each decided item stands."""
        sql = "SELECT item_id, count(*) AS deciders FROM standing WHERE field = ? GROUP BY item_id"
        return self._database.numpy(sql, [field])

    def done_by(self, reviewer: str, field: str) -> dict[str, Any]:
        """Two arrays, ``item_id`` and ``has_value``: what a reviewer has answered or turned away."""
        return self._database.numpy(
            """SELECT item_id, verdict IN ('accept', 'choose', 'edit') AS has_value FROM standing_reviews
            WHERE field = ? AND reviewer = ?""",
            [field, reviewer],
        )

    def turned_away(self, field: str) -> dict[str, int]:
        """How many standing decisions gave no answer, by verdict: ``reject`` and ``skip``, as far as there are any."""
        rows = self._database.rows(
            """SELECT verdict, count(*) FROM standing_reviews WHERE field = ? AND verdict IN ('skip', 'reject')
            GROUP BY verdict ORDER BY verdict""",
            [field],
        )
        return {str(verdict): int(count) for verdict, count in rows}

    def seen_through(self, field: str, item_ids: Collection[int], viewer: str, overlap: int) -> set[int]:
        """Those of the items that the viewer has answered, or as many people as the project wants."""
        rows = self._database.joined(
            """SELECT item_id FROM live_reviews SEMI JOIN wanted USING (item_id)
            WHERE field = ? AND verdict NOT IN ('comment', 'flag', 'skip')
            GROUP BY item_id HAVING bool_or(reviewer = ?) OR count(DISTINCT reviewer) >= ?""",
            _wanted(item_ids),
            [field, viewer, overlap],
        )
        return {int(row[0]) for row in rows}

    def agreed(self, field: str, with_bulk: bool, viewer: Actor | None = None) -> Rows:
        """(item id, value as JSON, whether it may judge a model) by item; as far as ``viewer`` may see, if named."""
        asked = {"field": field, "with_bulk": with_bulk}
        sql, params = (_AGREED, asked) if viewer is None else through_eyes_of(viewer, _AGREED, asked)
        return self._database.rows(sql, params)

    def gold(self, field: str) -> Rows:
        """The same columns of what is gold."""
        return self._database.rows(_GOLD, [field])


def _wanted(item_ids: Collection[int]) -> pa.Table:
    return pa.table({"item_id": pa.array(sorted(item_ids), pa.int64())})
