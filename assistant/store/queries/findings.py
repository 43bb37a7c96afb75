"""Named queries about what checks found: what is open, by kind, of an item, and of a person for leads."""

from __future__ import annotations

from assistant.store.queries.named import NamedQuery, by_name, is_any

_ORDER = "ORDER BY list_position(['high', 'medium', 'low'], severity), score DESC NULLS LAST, finding_id"
_WANTED = " AND ".join(is_any(name, name) for name in ("field", "kind", "severity"))

_COLUMNS = "finding_id, run_id, item_id, field, kind, severity, sentence, about, score, region, person, value, made_at"

_OPEN = f"SELECT {_COLUMNS} FROM told_findings WHERE state = 'open' AND {_WANTED} {_ORDER} LIMIT coalesce($limit, 200)"

_COUNTS = f"""
SELECT kind, severity, count(*) AS findings, count(DISTINCT item_id) AS items FROM told_findings
WHERE state = 'open' AND {is_any("field", "field")} GROUP BY kind, severity
ORDER BY list_position(['high', 'medium', 'low'], severity), kind"""

_OF_ITEM = f"SELECT {_COLUMNS}, state FROM told_findings WHERE item_id = $item_id {_ORDER}"

_OF_PERSON = f"""
SELECT {_COLUMNS}, state FROM told_findings WHERE person = $person AND {is_any("field", "field")} {_ORDER}
LIMIT coalesce($limit, 200)"""

FINDING_QUERIES = by_name(
    NamedQuery(
        "open_findings",
        _OPEN,
        ("field", "kind", "severity", "limit"),
        "reviewer",
        "What checks found and nobody has dealt with, the most serious first.",
    ),
    NamedQuery("finding_counts", _COUNTS, ("field",), "reviewer", "How many findings are open, by kind and severity."),
    NamedQuery("item_findings", _OF_ITEM, ("item_id",), "reviewer", "What checks found of an item, open or not."),
    NamedQuery(
        "person_findings",
        _OF_PERSON,
        ("person", "field", "limit"),
        "lead",
        "What checks found in a person's answers.",
    ),
)
