"""What became of a sentence that nobody answered: what its speaker stored by words after it."""

from __future__ import annotations

from datetime import datetime

from assistant.store.file.database import Database

_MOST = 4
_BY_WORDS = "via IN ('chat', 'agent') AND made_at >= $at AND ($until IS NULL OR made_at < $until)"
# sql: the condition is written above
_TRACES = f"""SELECT what FROM (
    SELECT made_at, 'a decision on ' || key AS what FROM
        (SELECT made_at, item_id FROM reviews WHERE reviewer = $person AND {_BY_WORDS}) JOIN items USING (item_id)
    UNION ALL SELECT made_at, CASE WHEN undone THEN 'an undo' ELSE 'an undo that was taken back' END FROM undos
        WHERE actor = $person AND {_BY_WORDS}
    UNION ALL SELECT made_at, 'a change to be confirmed (' || rtrim(sentence, '.') || ')' FROM pending_actions
        WHERE actor = $person AND {_BY_WORDS}
    UNION ALL SELECT made_at, 'the answer to a change' FROM action_decisions WHERE actor = $person AND {_BY_WORDS}
    UNION ALL SELECT made_at, 'run ' || run_id FROM runs WHERE actor = $person AND {_BY_WORDS}
) ORDER BY made_at, what LIMIT {_MOST}"""


def stored_by_words(database: Database, person: str, at: datetime, until: datetime | None) -> list[str]:
    """What somebody stored in the chat between two moments, oldest first, the first few of it."""
    rows = database.rows(_TRACES, {"person": person, "at": at, "until": until})
    return [str(what) for (what,) in rows]
