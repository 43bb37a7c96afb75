"""What somebody may see of other people's answers: nothing of a question they have not decided themselves.

Leads see everything. For everybody else the views ``live_reviews``, ``standing_reviews``, ``standing``,
``annotations``, ``gold`` and ``told_findings`` and the tables ``reviews``, ``gold_marks`` and ``findings`` hold only
what they may know:
:func:`through_eyes_of` puts these in front of a query, so that filters, named queries and whatever is counted with
them cannot differ. Because nothing hidden is counted either, no two answers can be compared to learn a third person's.

*That* an item was decided, and by whom, is no secret: nobody else is served it. A query that needs only this names the
whole view, as in ``main.standing``; every such place is listed in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant.store.queries.named import NamedQuery
from tools.records import Actor

DECIDING = "('accept', 'choose', 'edit', 'reject')"
"""The verdicts with which a person has answered, as an SQL list: from then on others' answers may be seen."""

UNKNOWN = "decided"
"""What stands for the verdict of a decision that may not be seen: accepting what was suggested says what it was."""

HIDDEN = "hidden"
"""State of an annotation that stands but may not be seen."""


def _told(column: str, instead: str) -> str:
    return f"CASE WHEN o.item_id IS NULL AND r.reviewer <> $viewer THEN {instead} ELSE r.{column} END AS {column}"


# Skips, flags and comments are no answers, but what was written beside them may be one.
_REASON = _told("reason", "''")
_MASKED = ", ".join(
    (
        _REASON,
        _told("verdict", f"CASE WHEN r.verdict IN {DECIDING} THEN '{UNKNOWN}' ELSE r.verdict END"),
        *(_told(column, "NULL") for column in ("value", "label", "answer", "proposal_id")),
        _told("regions", "'{}'"),
    )
)
# What is about an item alone tells nobody's answer. What is about somebody's answers is for them and for leads.
_FINDINGS = """SELECT f.* FROM main.{} f LEFT JOIN opened o USING (item_id, field)
    WHERE (o.item_id IS NOT NULL OR f.about = 'item') AND f.person IN ('', $viewer)"""
_VIEWS = {
    "live_reviews": f"""SELECT r.* REPLACE ({_REASON})
    FROM main.live_reviews r LEFT JOIN opened o USING (item_id, field)
    WHERE o.item_id IS NOT NULL OR r.reviewer = $viewer OR r.verdict NOT IN {DECIDING}""",
    "standing_reviews": f"""SELECT r.* REPLACE ({_REASON})
    FROM main.standing_reviews r LEFT JOIN opened o USING (item_id, field)
    WHERE o.item_id IS NOT NULL OR r.reviewer = $viewer OR r.verdict NOT IN {DECIDING}""",
    "standing": "SELECT * FROM main.standing SEMI JOIN opened USING (item_id, field)",
    "annotations": f"""SELECT a.* REPLACE (
        CASE WHEN o.item_id IS NULL THEN '{HIDDEN}' ELSE a.state END AS state,
        CASE WHEN o.item_id IS NOT NULL THEN a.value END AS value,
        CASE WHEN o.item_id IS NOT NULL THEN a.label END AS label)
    FROM main.annotations a LEFT JOIN opened o USING (item_id, field)""",
    "gold": "SELECT * FROM main.gold SEMI JOIN opened USING (item_id, field)",
    "reviews": f"""SELECT r.* REPLACE ({_MASKED}) FROM main.reviews r LEFT JOIN opened o USING (item_id, field)""",
    "gold_marks": "SELECT * FROM main.gold_marks SEMI JOIN opened USING (item_id, field)",
    **{name: _FINDINGS.format(name) for name in ("findings", "told_findings")},
}
# Which items are gold is kept from reviewers only; what the gold is, from engineers too.
_GOLD_PLACES = """SELECT g.* REPLACE (
        CASE WHEN o.item_id IS NOT NULL THEN g.value END AS value,
        CASE WHEN o.item_id IS NOT NULL THEN g.label END AS label,
        CASE WHEN o.item_id IS NOT NULL THEN g.answer END AS answer)
    FROM main.gold g LEFT JOIN opened o USING (item_id, field)"""
_OPENED = f"""opened AS (SELECT DISTINCT item_id, field FROM main.live_reviews
    WHERE reviewer = $viewer AND verdict IN {DECIDING})"""
# Only the views that a query names are put before it: each takes milliseconds to plan.
_NAMED = {name: re.compile(rf"(?<![.\w]){name}\b") for name in _VIEWS}


def sees_all(actor: Actor) -> bool:
    """Whether the answers of others are open to this person before they decided themselves."""
    return actor.may("lead")


def asked_by(actor: Actor, query: NamedQuery, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A named query and its parameters as the person may ask it."""
    if query.many and actor.may("engineer") and not sees_all(actor):
        many = f"SELECT * FROM ({query.sql}) {query.many} ORDER BY backend, revision, prompt"  # sql: both named in code
        return many, dict(params)
    return through_eyes_of(actor, query.sql, params)


def through_eyes_of(actor: Actor, sql: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The query and its parameters as the person may ask it."""
    if sees_all(actor):
        return sql, dict(params)
    views = _VIEWS | ({"gold": _GOLD_PLACES} if actor.may("engineer") else {})
    seen = [f"{name} AS NOT MATERIALIZED ({views[name]})" for name, said in _NAMED.items() if said.search(sql)]
    body = sql.strip()
    joined = f",\n{body[len('WITH ') :]}" if body.startswith("WITH ") else f"\n{body}"
    return "WITH " + ",\n".join([_OPENED, *seen]) + joined, {**params, "viewer": actor.person}
