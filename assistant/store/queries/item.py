"""Named queries about single items: their ledger, their state, their order by score, their columns."""

from __future__ import annotations

from assistant.store.queries.named import ACTIVE_PROPOSALS, NamedQuery, by_name

# One row an event, all tables in one shape. A proposal's value and score are left out on purpose: whether they may be
# seen depends on the viewer.
_LEDGER = """
WITH told AS (
    SELECT m.made_at, 'import' AS what, '' AS field, m.actor AS person, m.import_id AS ref, NULL::BIGINT AS run_id,
        m.format AS kind, 'row ' || i.source_row AS note, NULL::VARCHAR AS value, '' AS exposure, true AS live
    FROM items i JOIN imports m USING (import_id) WHERE i.item_id = $item_id
    UNION ALL
    SELECT p.made_at, 'proposal', p.field, r.backend, p.proposal_id, p.run_id, p.state, p.problem, NULL, '',
        p.run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')
    FROM proposals p JOIN runs r USING (run_id) WHERE p.item_id = $item_id
    UNION ALL
    SELECT r.made_at, 'queue', q.field, r.actor, q.run_id, q.run_id, r.tool, '', NULL, '',
        q.run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')
    FROM queue_entries q JOIN runs r USING (run_id) WHERE q.item_id = $item_id
    UNION ALL
    SELECT issued_at, 'exposure', field, reviewer, exposure_id, NULL, kind, '', NULL, kind, true
    FROM exposures WHERE item_id = $item_id
    UNION ALL
    SELECT v.made_at, 'review', v.field, v.reviewer, v.review_id, NULL,
        CASE WHEN v.adjudicates THEN 'adjudicated' ELSE v.verdict END, v.reason, v.value, v.exposure,
        v.review_id IN (SELECT review_id FROM main.live_reviews WHERE item_id = $item_id)
    FROM reviews v WHERE v.item_id = $item_id
    UNION ALL
    SELECT u.made_at, 'undo', v.field, u.actor, v.review_id, NULL, CASE WHEN u.undone THEN 'undone' ELSE 'redone' END,
        u.reason, NULL, '', true
    FROM reviews v JOIN undos u ON (u.target = 'review' AND u.target_id = v.review_id)
        OR (u.target = 'action' AND u.target_id = v.action_id) OR (u.target = 'import' AND u.target_id = v.import_id)
    WHERE v.item_id = $item_id
    UNION ALL
    SELECT made_at, 'gold', field, actor, gold_id, NULL, CASE WHEN active THEN 'marked' ELSE 'removed' END, '', value,
        '', action_id IS NULL OR action_id NOT IN (SELECT target_id FROM undone WHERE target = 'action')
    FROM gold_marks WHERE item_id = $item_id
    UNION ALL
    SELECT f.made_at, 'finding', f.field, r.tool, f.finding_id, f.run_id, f.kind, f.sentence, NULL, '',
        f.run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')
    FROM findings f JOIN runs r USING (run_id) WHERE f.item_id = $item_id
    UNION ALL
    SELECT d.made_at, 'dismissal', f.field, d.actor, d.finding_id, NULL,
        CASE WHEN d.dismissed THEN f.kind ELSE 'taken back' END, d.reason, NULL, '', true
    FROM finding_dismissals d JOIN findings f USING (finding_id) WHERE f.item_id = $item_id)
SELECT * FROM told ORDER BY made_at, CASE what WHEN 'import' THEN 0 ELSE 1 END, ref"""

_STANDING = """
SELECT field, reviewer, verdict, value, exposure, adjudicates, review_id, made_at FROM standing_reviews
WHERE item_id = $item_id ORDER BY field, review_id"""

_ANNOTATIONS = """
SELECT a.field, a.state, a.value, a.adjudicated, a.reviewers, a.calibrates, a.is_bulk, g.item_id IS NOT NULL AS is_gold
FROM annotations a LEFT JOIN gold g USING (item_id, field) WHERE a.item_id = $item_id ORDER BY a.field"""

_LEAST_SURE = f"""
SELECT p.item_id, p.score FROM ({ACTIVE_PROPOSALS}) p
WHERE p.item_id IN (SELECT unnest(CAST($ids AS BIGINT[]))) AND p.score IS NOT NULL
ORDER BY p.score, p.item_id LIMIT coalesce($limit, 100)"""

_COLUMNS = """
WITH names AS (SELECT unnest(json_keys(meta)) AS name FROM items WHERE meta NOT IN ('', '{}'))
SELECT name, count(*) AS items FROM names GROUP BY name ORDER BY items DESC, name LIMIT 50"""

ITEM_QUERIES = by_name(
    NamedQuery(
        "item_ledger",
        _LEDGER,
        ("item_id",),
        "reviewer",
        "Everything that happened to an item, in order, without the values of proposals.",
    ),
    NamedQuery("item_standing", _STANDING, ("item_id",), "reviewer", "Each person's standing decision on an item."),
    NamedQuery("item_annotations", _ANNOTATIONS, ("item_id",), "reviewer", "What stands for an item, by field."),
    NamedQuery(
        "least_sure",
        _LEAST_SURE,
        ("field", "ids", "limit"),
        "reviewer",
        "Those of the given items whose shown proposal has the lowest scores; blind items are not taken out here.",
    ),
    NamedQuery("columns", _COLUMNS, (), "reviewer", "The items' own columns and how many items have each."),
)
