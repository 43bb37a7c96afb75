"""Decisions that people took back themselves: which answer a card starts from again, and what can be put back."""

from __future__ import annotations

from assistant.store.file.database import Database
from assistant.store.reviews import ReviewStore
from tools.records import Review

_LATEST = """SELECT max(review_id) FROM reviews WHERE item_id = ? AND field = ? AND reviewer = ? AND import_id IS NULL
    AND action_id IS NULL AND verdict NOT IN ('comment', 'flag')"""


class TakenBack:
    """Reads undos beside the reviews they are about."""

    def __init__(self, database: Database, reviews: ReviewStore) -> None:
        """Write nothing: undoing is the store of reviews' own."""
        self._database, self._reviews = database, reviews

    def answer(self, item_id: int, field: str, reviewer: str) -> Review | None:
        """The reviewer's last answer on this field where they took it back themselves and have not replaced it."""
        # Most people never undo anything: that costs a look at a small table.
        if not self._database.rows("SELECT 1 FROM undos WHERE target = 'review' AND actor = ? LIMIT 1", [reviewer]):
            return None
        latest = self._database.rows(_LATEST, [item_id, field, reviewer])[0][0]
        if latest is None:
            return None
        last = self._database.rows(
            """SELECT undone AND actor = ? FROM undos WHERE target = 'review' AND target_id = ?
            ORDER BY undo_id DESC LIMIT 1""",
            [reviewer, int(latest)],
        )
        found = self._reviews.get(int(latest)) if last and last[0][0] else None
        return found if found is not None and found.value is not None else None

    def last(self, reviewer: str) -> Review | None:
        """The decision that the reviewer took back last, where it is still undone and they decided nothing since."""
        sql = """SELECT target_id FROM undos u WHERE target = 'review' AND actor = $1 AND undone
            AND target_id IN (SELECT target_id FROM undone WHERE target = 'review')
            AND made_at >= (SELECT max(made_at) FROM reviews WHERE reviewer = $1) ORDER BY undo_id DESC LIMIT 1"""
        rows = self._database.rows(sql, [reviewer])
        found = self._reviews.get(int(rows[0][0])) if rows else None
        return found if found is not None and found.reviewer == reviewer else None
