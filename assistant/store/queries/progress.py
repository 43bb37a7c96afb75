"""Named queries about how far the work is: states, labels, runs, jobs, queues, people and pace."""

from __future__ import annotations

from assistant.store.queries.filters import FLAGGED
from assistant.store.queries.named import BULK, NamedQuery, by_name, is_any, is_during, labels_of
from assistant.store.queries.sight import DECIDING

_PROGRESS = f"""
WITH notes AS MATERIALIZED (SELECT item_id, field, state, reviewers FROM annotations),
seen AS (SELECT field FROM reviews WHERE verdict NOT IN ('comment', 'flag') GROUP BY field
    UNION SELECT field FROM live_proposals GROUP BY field UNION SELECT field FROM gold GROUP BY field),
decided AS (SELECT field, count(*) AS decided, count(*) FILTER (state = 'agreed') AS agreed,
    count(*) FILTER (state = 'conflict') AS conflict,
    count(*) FILTER (reviewers >= coalesce($overlap, 1)) AS done
    FROM notes GROUP BY field),
suggested AS (SELECT field, count(DISTINCT item_id) AS suggested FROM live_proposals
    ANTI JOIN notes USING (item_id, field) WHERE state = 'ok' GROUP BY field),
unread AS (SELECT field, count(DISTINCT item_id) AS unread FROM live_proposals WHERE state <> 'ok' GROUP BY field),
skipped AS (SELECT field, count(DISTINCT item_id) AS skipped FROM standing_reviews
    ANTI JOIN notes USING (item_id, field) WHERE verdict = 'skip' GROUP BY field),
flagged AS (SELECT x.field, count(DISTINCT x.item_id) AS flagged FROM live_reviews x WHERE {FLAGGED} GROUP BY x.field),
golden AS (SELECT field, count(*) AS gold FROM gold GROUP BY field),
pool AS (SELECT count(*) AS items FROM items)
SELECT s.field, pool.items, pool.items - coalesce(d.decided, 0) AS undecided, coalesce(d.decided, 0) AS decided,
    coalesce(d.agreed, 0) AS agreed, coalesce(d.conflict, 0) AS conflict, coalesce(d.done, 0) AS done,
    coalesce(p.suggested, 0) AS suggested, coalesce(u.unread, 0) AS unread, coalesce(k.skipped, 0) AS skipped,
    coalesce(f.flagged, 0) AS flagged, coalesce(g.gold, 0) AS gold
FROM seen s CROSS JOIN pool LEFT JOIN decided d USING (field) LEFT JOIN suggested p USING (field)
    LEFT JOIN unread u USING (field) LEFT JOIN skipped k USING (field) LEFT JOIN flagged f USING (field)
    LEFT JOIN golden g USING (field)
ORDER BY s.field"""

# A project without reviews of a field has no row of it in any table, so the three states are written out here.
_EXPORT_COUNTS = """
WITH found AS (SELECT state, count(*) AS items FROM annotations WHERE field = $field GROUP BY state),
states AS (SELECT unnest(['agreed', 'conflict', 'undecided']) AS state)
SELECT s.state, CASE WHEN s.state = 'undecided'
    THEN (SELECT count(*) FROM items) - (SELECT coalesce(sum(items), 0) FROM found)
    ELSE coalesce(f.items, 0) END::BIGINT AS items
FROM states s LEFT JOIN found f USING (state) ORDER BY s.state"""

_LABEL_COUNTS = f"""
WITH uses AS (SELECT x.item_id, unnest({labels_of("x")}) AS label FROM annotations x
    WHERE x.field = $field AND x.state = 'agreed')
SELECT label, count(DISTINCT item_id) AS items, count(*) AS uses FROM uses GROUP BY label ORDER BY items DESC, label"""

_GIVEN_LABELS = f"""
WITH uses AS (SELECT x.item_id, x.reviewer, unnest({labels_of("x")}) AS label FROM standing x
    WHERE x.field = $field AND {is_any("x.reviewer", "reviewer")} AND {is_during("x.made_at")})
SELECT label, reviewer, count(DISTINCT item_id) AS items, count(*) AS uses FROM uses
GROUP BY label, reviewer ORDER BY reviewer, items DESC, label"""

_RECENT_RUNS = """
WITH last_runs AS (SELECT * FROM runs ORDER BY run_id DESC LIMIT coalesce($limit, 10)),
made AS (SELECT p.run_id, count(*) FILTER (p.state = 'ok') AS usable, count(*) FILTER (p.state = 'invalid') AS invalid,
    count(*) FILTER (p.state = 'unread') AS unread,
    count(*) FILTER (p.state = 'ok' AND a.item_id IS NULL) AS undecided
    FROM proposals p SEMI JOIN last_runs USING (run_id) LEFT JOIN annotations a USING (item_id, field)
    GROUP BY p.run_id),
queued AS (SELECT run_id, count(*) AS queued FROM queue_entries SEMI JOIN last_runs USING (run_id) GROUP BY run_id)
SELECT r.run_id, r.tool, r.backend, r.field, r.actor, r.via, r.made_at, coalesce(m.usable, 0) AS usable,
    coalesce(m.invalid, 0) AS invalid, coalesce(m.unread, 0) AS unread, coalesce(m.undecided, 0) AS undecided,
    coalesce(q.queued, 0) AS queued,
    r.run_id IN (SELECT target_id FROM undone WHERE target = 'run') AS withdrawn
FROM last_runs r LEFT JOIN made m USING (run_id) LEFT JOIN queued q USING (run_id) ORDER BY r.run_id DESC"""

_RECENT_JOBS = """
WITH last_jobs AS (SELECT * FROM jobs ORDER BY job_id DESC LIMIT coalesce($limit, 10)),
made AS (SELECT run_id, count(*) AS done FROM proposals SEMI JOIN last_jobs USING (run_id) GROUP BY run_id)
SELECT j.job_id, j.run_id, j.tool, j.field, j.state, coalesce(m.done, 0) AS done, j.total, j.note, j.person,
    j.created_at, j.changed_at
FROM last_jobs j LEFT JOIN made m USING (run_id) ORDER BY j.job_id DESC"""

_QUEUES = """
WITH live AS (SELECT * FROM queue_entries
    WHERE run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')),
newest AS (SELECT field, max(run_id) AS run_id FROM live GROUP BY field)
SELECT q.field, q.run_id, count(*) AS items, count(*) FILTER (a.item_id IS NULL) AS waiting
FROM live q SEMI JOIN newest USING (field, run_id) LEFT JOIN annotations a USING (item_id, field)
GROUP BY q.field, q.run_id ORDER BY q.field"""

# What a run learned from stands in its settings or was found out later; labels of batches train only where allowed.
_LEARNED = """
WITH live AS (SELECT * FROM runs WHERE tool IN ('prelabel', 'sample') AND backend LIKE 'builtin:%'
        AND backend NOT IN ('builtin:zero-shot', 'builtin:random')
        AND run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run')),
made AS (SELECT l.run_id, l.field, coalesce(d.labels, CAST(l.settings->>'$.labels' AS BIGINT)) AS learned_from,
        coalesce(d.made_at, l.made_at) AS learned_at
    FROM live l LEFT JOIN (SELECT run_id, max(CAST(settings->>'$.labels' AS BIGINT)) AS labels, min(made_at) AS made_at
        FROM run_details WHERE settings->>'$.labels' IS NOT NULL GROUP BY run_id) d USING (run_id)),
newest AS (SELECT * FROM made WHERE learned_from IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY field ORDER BY run_id DESC) = 1),
judged AS (SELECT l.field, l.run_id AS judged_run, d.blind_answers, d.blind_right
    FROM live l JOIN (SELECT run_id, max(CAST(settings->>'$.blind_answers' AS BIGINT)) AS blind_answers,
        max(CAST(settings->>'$.blind_right' AS BIGINT)) AS blind_right
        FROM run_details GROUP BY run_id) d USING (run_id)
    WHERE d.blind_answers IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY l.field ORDER BY l.run_id DESC) = 1),
usable AS (SELECT field, count(*) AS labels FROM annotations
    WHERE state <> 'conflict' AND (coalesce($with_bulk, false) OR NOT is_bulk) GROUP BY field)
SELECT n.field, n.run_id, n.learned_from, n.learned_at, coalesce(u.labels, 0) AS labels,
    n.field IN (SELECT field FROM live WHERE actor <> 'assistant') AS is_asked, j.judged_run,
    coalesce(j.blind_answers, 0) AS blind_answers, coalesce(j.blind_right, 0) AS blind_right
FROM newest n LEFT JOIN usable u USING (field) LEFT JOIN judged j USING (field) ORDER BY n.field"""

_WORK = f"""
SELECT x.reviewer, count(*) FILTER (x.value IS NOT NULL) AS decisions,
    count(*) FILTER (x.verdict = 'reject') AS rejected, count(*) FILTER (x.verdict = 'skip') AS skipped,
    count(*) FILTER (x.import_id IS NOT NULL) AS imported, count(*) FILTER (x.exposure IN {BULK}) AS bulk,
    median(x.seconds) FILTER (x.value IS NOT NULL) AS median_seconds, max(x.made_at) AS last_at
FROM standing_reviews x WHERE {is_during("x.made_at")}"""

_DAYS = f"""
SELECT CAST(x.made_at AS DATE)::VARCHAR AS day, count(*) FILTER (x.verdict = 'accept') AS accepted,
    count(*) FILTER (x.verdict = 'choose') AS chosen, count(*) FILTER (x.verdict = 'edit') AS edited,
    count(*) FILTER (x.verdict = 'reject') AS rejected, count(*) FILTER (x.verdict = 'skip') AS skipped
FROM standing_reviews x WHERE {is_any("x.field", "field")} AND {is_any("x.reviewer", "reviewer")}
    AND {is_during("x.made_at")} AND x.import_id IS NULL GROUP BY day ORDER BY day"""

_EXPOSURES = f"""
SELECT x.reviewer, x.exposure, count(*) AS decisions, count(DISTINCT x.item_id) AS items
FROM standing x WHERE {is_any("x.field", "field")} AND {is_any("x.reviewer", "reviewer")}
    AND {is_during("x.made_at")} GROUP BY x.reviewer, x.exposure ORDER BY x.reviewer, x.exposure"""

# A pause of more than five minutes is no work; the first decision after it has no measurable time.
_PACE = f"""
WITH steps AS (SELECT x.reviewer, epoch(x.made_at - lag(x.made_at) OVER
        (PARTITION BY x.reviewer ORDER BY x.made_at, x.review_id)) AS gap
    FROM main.live_reviews x WHERE {is_any("x.field", "field")} AND {is_any("x.reviewer", "reviewer")}
        AND {is_during("x.made_at")} AND x.import_id IS NULL AND x.action_id IS NULL
        AND x.exposure <> 'probe' AND x.verdict NOT IN ('comment', 'flag'))
SELECT reviewer, count(*) AS decisions, sum(gap) AS active_seconds FROM steps
WHERE gap <= 300 GROUP BY reviewer ORDER BY reviewer"""

_NOT_SEEN = f"""
SELECT count(DISTINCT item_id) AS items FROM main.standing WHERE field = $field AND item_id NOT IN (
    SELECT item_id FROM live_reviews WHERE field = $field AND reviewer = $viewer AND verdict IN {DECIDING})"""

PROGRESS_QUERIES = by_name(
    NamedQuery(
        "progress",
        _PROGRESS,
        ("overlap",),
        "reviewer",
        "Items by state, one row a field that has any work; done are those that need no further answer.",
    ),
    NamedQuery(
        "export_counts",
        _EXPORT_COUNTS,
        ("field",),
        "reviewer",
        "Items of a field by export state (agreed, conflict, undecided); the three add up to all items.",
    ),
    NamedQuery(
        "answers_not_seen",
        _NOT_SEEN,
        ("field", "viewer"),
        "reviewer",
        "Items of a field that others answered and the person who asks has not decided.",
    ),
    NamedQuery("label_counts", _LABEL_COUNTS, ("field",), "reviewer", "Agreed items and uses of each label."),
    NamedQuery(
        "given_labels",
        _GIVEN_LABELS,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Standing labels by reviewer and label, conflicts included.",
    ),
    NamedQuery("recent_runs", _RECENT_RUNS, ("limit",), "reviewer", "The last runs with what became of each."),
    NamedQuery("recent_jobs", _RECENT_JOBS, ("limit",), "reviewer", "The last background jobs with their progress."),
    NamedQuery(
        "learned",
        _LEARNED,
        ("with_bulk",),
        "reviewer",
        "The newest run of each field that learned from labels, how many there are now, whether people asked, and how "
        "right the model of the newest run that found it out was on answers that nobody steered.",
    ),
    NamedQuery("queues", _QUEUES, (), "reviewer", "The newest queue of each field, and how much of it waits."),
    NamedQuery(
        "reviewers",
        f"{_WORK} GROUP BY x.reviewer ORDER BY decisions DESC, x.reviewer",
        ("since", "until"),
        "lead",
        "What each person decided, how fast and when last.",
    ),
    NamedQuery(
        "own_work",
        f"{_WORK} AND x.reviewer = $viewer GROUP BY x.reviewer",
        ("since", "until", "viewer"),
        "reviewer",
        "The same as reviewers for the person who asks.",
    ),
    NamedQuery(
        "decisions_per_day",
        _DAYS,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Standing decisions of each day by verdict, imported ones left out.",
    ),
    NamedQuery(
        "exposure_mix",
        _EXPOSURES,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Standing labels by reviewer and by what was shown when they were given.",
    ),
    NamedQuery(
        "pace",
        _PACE,
        ("field", "reviewer", "since", "until"),
        "reviewer",
        "Decisions and seconds of active work by reviewer; pauses over five minutes, imports and batches left out.",
    ),
)
