"""What runs put forward: items in an order, items with a suggestion, and which of it people asked for or took back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.store.file.database import Database
from assistant.store.file.transaction import Rows
from tools.records import JsonValue


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that a person asked for and that still stands."""

    run_id: int
    person: str
    backend: str
    arguments: Mapping[str, JsonValue]


class OrderStore:
    """Reads runs as what they do to the order in which items are served."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def queued(self, field: str) -> Rows:
        """(item id, reason, adaptive, chance of being drawn) in the order of the newest run that stands."""
        return self._database.rows(
            """SELECT item_id, reason, adaptive, inclusion_p FROM queue_entries
            WHERE field = ? AND run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')
            QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY run_id DESC, position) = 1
            ORDER BY run_id DESC, position""",
            [field],
        )

    def suggested(self, field: str) -> Any:
        """Array of the ids of the items with a usable suggestion, those of the newest run first."""
        found = self._database.numpy(
            """SELECT item_id FROM live_proposals WHERE field = ? AND state = 'ok'
            GROUP BY item_id ORDER BY max(run_id) DESC, item_id""",
            [field],
        )
        return found["item_id"]

    def asked_for(self, field: str, but: str) -> dict[str, Asked]:
        """The newest ``sample`` and ``prelabel`` that stand and that somebody other than ``but`` asked for."""
        rows = self._database.rows(
            """SELECT tool, run_id, actor, backend, arguments FROM runs
            WHERE field = ? AND tool IN ('sample', 'prelabel') AND actor <> ?
                AND run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')
            QUALIFY row_number() OVER (PARTITION BY tool ORDER BY run_id DESC) = 1 ORDER BY tool DESC""",
            [field, but],
        )
        return {str(row[0]): Asked(int(row[1]), row[2], row[3], json.loads(row[4])) for row in rows}

    def taken_back(self, field: str, run_id: int, own: str) -> tuple[bool, frozenset[int]]:
        """(whether an order that ``own`` chose was, items whose suggestions were) undone since the last label or
        since the run ``run_id``, whichever came later."""
        found = self._database.rows(
            """WITH since AS (SELECT max(made_at) AS made_at FROM (
                SELECT made_at FROM reviews WHERE field = $1 AND value IS NOT NULL
                UNION ALL SELECT made_at FROM runs WHERE run_id = $2)),
            gone AS (SELECT r.run_id, r.tool FROM runs r JOIN undos u ON u.target = 'run' AND u.target_id = r.run_id
                SEMI JOIN undone n ON n.target = 'run' AND n.target_id = r.run_id
                WHERE r.field = $1 AND (r.tool = 'prelabel' OR r.actor = $3)
                    AND u.undone AND u.made_at >= (SELECT made_at FROM since))
            SELECT (SELECT count(*) FROM gone WHERE tool = 'sample'),
                (SELECT list(DISTINCT item_id) FROM proposals SEMI JOIN gone USING (run_id))""",
            [field, run_id, own],
        )[0]
        return bool(found[0]), frozenset(int(one) for one in found[1] or ())
