"""Named queries about learning: labels in the order in which they came, and the rounds of sampling between them."""

from __future__ import annotations

from assistant.store.queries.named import NamedQuery, by_name

# A label may train where it is agreed and, unless the project says otherwise, not given in a batch. It was drawn where
# chance alone chose its item: the exposure then carries the probability.
_LABEL_ORDER = """
WITH draws AS (SELECT s.item_id,
        bool_or(NOT s.adaptive AND (s.exposure = 'imported_independent' OR e.inclusion_p IS NOT NULL)) AS drawn
    FROM standing s LEFT JOIN exposures e USING (exposure_id) WHERE s.field = $field GROUP BY s.item_id)
SELECT a.item_id, a.value, a.calibrates AS tested, a.calibrates OR coalesce(d.drawn, false) AS drawn, a.made_at
FROM annotations a LEFT JOIN draws d USING (item_id)
WHERE a.field = $field AND a.state = 'agreed' AND (coalesce($with_bulk, false) OR NOT a.is_bulk)
ORDER BY a.made_at, a.item_id"""

_SAMPLING_ROUNDS = """
SELECT r.run_id, r.backend, coalesce(json_extract_string(r.arguments, '$.strategy'), 'auto') AS asked, r.made_at
FROM runs r WHERE r.tool = 'sample' AND r.field = $field
    AND r.run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')
ORDER BY r.run_id DESC LIMIT coalesce($limit, 50)"""

LEARNING_QUERIES = by_name(
    NamedQuery(
        "label_order",
        _LABEL_ORDER,
        ("field", "with_bulk"),
        "reviewer",
        "Labels that may train, first come first, with whether chance chose the item and whether the label may test.",
    ),
    NamedQuery(
        "sampling_rounds",
        _SAMPLING_ROUNDS,
        ("field", "limit"),
        "reviewer",
        "The last sampling runs of a field that stand, newest first, with the strategy that was asked for.",
    ),
)
