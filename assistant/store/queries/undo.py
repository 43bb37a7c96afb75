"""Named queries about changes: what an undo would touch, what may become gold, what a schema change would break."""

from __future__ import annotations

from assistant.store.queries.named import CALIBRATING, NamedQuery, by_name, is_before, is_since, labels_of

_IDS = "(SELECT unnest(CAST($ids AS BIGINT[])))"

# Single decisions of a person that stand, and their runs, batches and imports, each named once. An undone thing is
# left out; probes are nobody's decision.
_WORK_SINCE = f"""
WITH confirmed AS (SELECT a.action_id, a.kind, d.actor, d.made_at FROM pending_actions a
    JOIN action_decisions d USING (action_id)
    WHERE d.decision = 'confirmed' AND a.kind IN ('bulk_accept', 'mark_gold')),
work AS (
    SELECT 'review' AS target, review_id AS target_id, made_at, verdict AS kind FROM live_reviews
    WHERE reviewer = $person AND import_id IS NULL AND action_id IS NULL AND exposure <> 'probe'
    UNION ALL SELECT 'run', run_id, made_at, tool FROM runs WHERE actor = $person
    UNION ALL SELECT 'action', action_id, made_at, kind FROM confirmed WHERE actor = $person
    UNION ALL SELECT 'import', import_id, made_at, format FROM imports WHERE actor = $person)
SELECT target, target_id, kind, made_at FROM work w ANTI JOIN undone USING (target, target_id)
WHERE {is_since("w.made_at")} AND {is_before("w.made_at")} AND w.target IN (SELECT unnest(CAST($targets AS VARCHAR[])))
ORDER BY made_at DESC, target_id DESC LIMIT $limit"""

# A run that followed another one goes and comes with it, so that only the one that was named is listed.
_LATEST_UNDO = """
WITH own AS (SELECT u.* FROM undos u SEMI JOIN undone USING (target, target_id) WHERE u.actor = $person AND u.undone),
latest AS (SELECT * FROM own WHERE made_at = (SELECT max(made_at) FROM own)),
along AS (SELECT d.run_id FROM run_details d JOIN latest b
    ON b.target = 'run' AND b.target_id = CAST(d.settings->>'$.follows' AS BIGINT))
SELECT target, target_id FROM latest
WHERE NOT (target = 'run' AND target_id IN (SELECT run_id FROM along)) ORDER BY undo_id"""

_RUN_EFFECTS = f"""
WITH wanted AS (SELECT * FROM runs WHERE run_id IN {_IDS}),
made AS (SELECT p.run_id, count(*) AS proposals, count(*) FILTER (a.item_id IS NULL) AS undecided
    FROM proposals p SEMI JOIN wanted USING (run_id) LEFT JOIN annotations a USING (item_id, field) GROUP BY p.run_id),
queued AS (SELECT run_id, count(*) AS queued FROM queue_entries SEMI JOIN wanted USING (run_id) GROUP BY run_id),
remarked AS (SELECT run_id, count(*) AS findings FROM findings SEMI JOIN wanted USING (run_id) GROUP BY run_id),
kept AS (SELECT p.run_id, count(*) AS decisions FROM main.live_reviews v JOIN proposals p USING (proposal_id)
    WHERE v.value IS NOT NULL GROUP BY p.run_id)
SELECT r.run_id, r.tool, r.backend, r.field, r.actor, r.made_at, coalesce(m.proposals, 0) AS proposals,
    coalesce(m.undecided, 0) AS undecided, coalesce(q.queued, 0) AS queued, coalesce(k.decisions, 0) AS decisions,
    coalesce(f.findings, 0) AS findings,
    r.run_id IN (SELECT target_id FROM undone WHERE target = 'run') AS is_undone
FROM wanted r LEFT JOIN made m USING (run_id) LEFT JOIN queued q USING (run_id) LEFT JOIN kept k USING (run_id)
    LEFT JOIN remarked f USING (run_id)
ORDER BY r.run_id"""

_ACTION_EFFECTS = f"""
WITH batch AS (SELECT v.*, EXISTS (SELECT 1 FROM live_reviews n WHERE n.item_id = v.item_id AND n.field = v.field
        AND n.reviewer = v.reviewer AND n.review_id > v.review_id AND n.verdict NOT IN ('comment', 'flag')) AS replaced
    FROM live_reviews v WHERE v.action_id IN {_IDS}),
counts AS (SELECT action_id, count(*) AS labels, count(*) FILTER (replaced) AS replaced FROM batch GROUP BY action_id),
golden AS (SELECT action_id, count(*) AS gold FROM gold_marks WHERE action_id IN {_IDS} GROUP BY action_id)
SELECT a.action_id, a.kind, coalesce(d.actor, a.actor) AS actor, coalesce(d.decision, 'pending') AS decision,
    coalesce(c.labels, 0) AS labels, coalesce(c.replaced, 0) AS replaced, coalesce(g.gold, 0) AS gold,
    a.action_id IN (SELECT target_id FROM undone WHERE target = 'action') AS is_undone
FROM pending_actions a LEFT JOIN action_decisions d USING (action_id) LEFT JOIN counts c USING (action_id)
    LEFT JOIN golden g USING (action_id)
WHERE a.action_id IN {_IDS} ORDER BY a.action_id"""

_REVIEW_EFFECTS = f"""
SELECT v.review_id, v.item_id, v.field, v.reviewer, v.verdict, v.made_at, v.exposure, v.action_id, v.import_id,
    v.review_id NOT IN (SELECT review_id FROM main.live_reviews WHERE review_id IN {_IDS}) AS is_undone,
    (SELECT max(e.review_id) FROM main.live_reviews e WHERE e.item_id = v.item_id AND e.field = v.field
        AND e.reviewer = v.reviewer AND e.review_id < v.review_id AND e.verdict NOT IN ('comment', 'flag')) AS earlier,
    EXISTS (SELECT 1 FROM main.live_reviews n WHERE n.item_id = v.item_id AND n.field = v.field
        AND n.reviewer = v.reviewer AND n.review_id > v.review_id AND n.verdict NOT IN ('comment', 'flag')) AS replaced
FROM reviews v WHERE v.review_id IN {_IDS} ORDER BY v.review_id"""

_IMPORT_EFFECTS = f"""
SELECT m.import_id, m.source_name, m.actor, m.made_at,
    (SELECT count(*) FROM items i WHERE i.import_id = m.import_id) AS items,
    (SELECT count(*) FROM live_reviews v WHERE v.import_id = m.import_id) AS labels,
    m.import_id IN (SELECT target_id FROM undone WHERE target = 'import') AS is_undone
FROM imports m WHERE m.import_id IN {_IDS} ORDER BY m.import_id"""

_GOLD_CANDIDATES = f"""
SELECT s.item_id, s.review_id, s.reviewer, s.exposure, s.adaptive, s.adjudicates, s.answer, s.value,
    coalesce(g.answer = s.answer, false) AS is_gold
FROM standing s LEFT JOIN gold g USING (item_id, field)
WHERE s.field = $field AND s.item_id IN {_IDS} ORDER BY s.item_id, s.review_id"""

_GOLD_POOL = f"""
SELECT DISTINCT s.item_id FROM standing s ANTI JOIN gold g USING (item_id, field)
WHERE s.field = $field AND s.exposure IN {CALIBRATING} AND ($reviewer IS NULL OR s.reviewer = $reviewer)
ORDER BY s.item_id"""

_BLIND_ITEMS = "SELECT DISTINCT item_id FROM exposures WHERE field = $field AND kind = 'blind' ORDER BY item_id"

# The schema that a change was made for, plus one, is the version that it put in force.
_SCHEMA_ACTION = """
SELECT CAST(a.arguments->>'$.base_version' AS INTEGER) + 1 AS version FROM pending_actions a
JOIN action_decisions d USING (action_id)
WHERE a.action_id = $action AND a.kind = 'schema' AND d.decision = 'confirmed'
    AND a.arguments->>'$.base_version' IS NOT NULL"""

_SCHEMA_VERSION = "SELECT version, source, actor, made_at FROM schema_versions WHERE version = $version"

# The key that the program gives where a file has none: see `_keys` of the intake.
_WITHOUT_KEY = r"""
SELECT md5(text) AS digest FROM items GROUP BY text
HAVING bool_and(regexp_full_match(key, '[0-9a-f]{12}:[0-9]+'))"""

# Undone reviews count too: undoing can be undone.
_LABEL_USES = f"""
WITH uses AS (SELECT x.field, unnest({labels_of("x")}) AS label, 'reviews' AS place FROM reviews x
    WHERE x.value IS NOT NULL
    UNION ALL SELECT x.field, unnest({labels_of("x")}), 'proposals' FROM live_proposals x WHERE x.state = 'ok'
    UNION ALL SELECT x.field, unnest({labels_of("x")}), 'gold' FROM gold_marks x)
SELECT field, label, count(*) FILTER (place = 'reviews') AS reviews, count(*) FILTER (place = 'proposals') AS proposals,
    count(*) FILTER (place = 'gold') AS gold FROM uses GROUP BY field, label ORDER BY field, label"""

_FIELD_USES = """
WITH uses AS (SELECT field, 'reviews' AS place FROM reviews
    UNION ALL SELECT field, 'proposals' FROM live_proposals WHERE state = 'ok'
    UNION ALL SELECT field, 'gold' FROM gold_marks)
SELECT field, count(*) FILTER (place = 'reviews') AS reviews, count(*) FILTER (place = 'proposals') AS proposals,
    count(*) FILTER (place = 'gold') AS gold FROM uses GROUP BY field ORDER BY field"""

UNDO_QUERIES = by_name(
    NamedQuery(
        "work_since",
        _WORK_SINCE,
        ("person", "since", "until", "targets", "limit"),
        "reviewer",
        "What a person did that an undo could take back, of the named kinds of target, newest first.",
    ),
    NamedQuery(
        "latest_undo",
        _LATEST_UNDO,
        ("person",),
        "reviewer",
        "What a person's latest undo took back, where it still is.",
    ),
    NamedQuery("run_effects", _RUN_EFFECTS, ("ids",), "reviewer", "What withdrawing runs would take away and leave."),
    NamedQuery(
        "action_effects", _ACTION_EFFECTS, ("ids",), "reviewer", "What undoing batches would take away and leave."
    ),
    NamedQuery("review_effects", _REVIEW_EFFECTS, ("ids",), "reviewer", "What undoing decisions would leave standing."),
    NamedQuery(
        "import_effects", _IMPORT_EFFECTS, ("ids",), "reviewer", "What undoing imports would take away and leave."
    ),
    NamedQuery(
        "gold_candidates",
        _GOLD_CANDIDATES,
        ("field", "ids"),
        "reviewer",
        "Standing values of items with what was shown when they were given.",
    ),
    NamedQuery(
        "gold_pool",
        _GOLD_POOL,
        ("field", "reviewer"),
        "reviewer",
        "Items that are not gold and have a value given without a suggestion.",
    ),
    NamedQuery("blind_items", _BLIND_ITEMS, ("field",), "reviewer", "Items that were served blind to anybody."),
    NamedQuery(
        "label_uses", _LABEL_USES, (), "reviewer", "How often each label is used by decisions, proposals and gold."
    ),
    NamedQuery(
        "schema_action", _SCHEMA_ACTION, ("action",), "reviewer", "Which version of the schema a change put in force."
    ),
    NamedQuery("schema_version", _SCHEMA_VERSION, ("version",), "lead", "The source of one version of the schema."),
    NamedQuery(
        "texts_without_key", _WITHOUT_KEY, (), "lead", "Texts whose items all came in without a key, by their digest."
    ),
    NamedQuery("field_uses", _FIELD_USES, (), "reviewer", "How many decisions, proposals and gold marks a field has."),
)
