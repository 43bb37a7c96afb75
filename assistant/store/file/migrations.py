"""The shape of the state, as numbered migrations; each shares a transaction with the row that records it.

What people and models said only grows. ``settings``, ``jobs``, ``users``, ``logins`` and ``devices`` are the few tables
that change in place. There are no foreign keys and no secondary indexes: references are checked by ``verify`` and by
the one function that inserts into a table. JSON is kept as text, written by :func:`tools.records.to_json`.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.store.chain.covering import (
    ALL_COVERED_STEP,
    COVERING_STEP,
    FINDINGS_STEP,
    MORE_COVERED_STEP,
    RECORDINGS_STEP,
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: applied once, in order, never edited after a release."""

    number: int
    name: str
    sql: str


_TABLES = """
CREATE TABLE project (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE settings (key VARCHAR NOT NULL, value VARCHAR NOT NULL);
CREATE TABLE schema_versions (version INTEGER NOT NULL, source VARCHAR NOT NULL, actor VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL);
CREATE TABLE imports (import_id BIGINT NOT NULL, source_name VARCHAR NOT NULL, source_hash VARCHAR NOT NULL,
    format VARCHAR NOT NULL, options VARCHAR NOT NULL, counts VARCHAR NOT NULL, actor VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL);
-- what: rejected (row became no item), known (row was there before), dropped (a label or proposal of the row was
-- left out)
CREATE TABLE import_problems (import_id BIGINT NOT NULL, source_row BIGINT NOT NULL, what VARCHAR NOT NULL,
    field VARCHAR NOT NULL, reason VARCHAR NOT NULL, excerpt VARCHAR NOT NULL);
-- item_id runs from 1 without gaps. Strings that hardly repeat are kept as they are: looking for repeats in them takes
-- most of the time of an import, and every search would have to undo it.
CREATE TABLE items (item_id BIGINT NOT NULL, key VARCHAR USING COMPRESSION uncompressed NOT NULL,
    kind VARCHAR NOT NULL, text VARCHAR USING COMPRESSION uncompressed NOT NULL, parts VARCHAR NOT NULL,
    meta VARCHAR NOT NULL, import_id BIGINT NOT NULL, source_row BIGINT NOT NULL);
CREATE TABLE runs (run_id BIGINT NOT NULL, tool VARCHAR NOT NULL, tool_version INTEGER NOT NULL,
    backend VARCHAR NOT NULL, revision VARCHAR NOT NULL, settings VARCHAR NOT NULL, prompt VARCHAR NOT NULL,
    prompt_hash VARCHAR NOT NULL, arguments VARCHAR NOT NULL, field VARCHAR NOT NULL, schema_version INTEGER NOT NULL,
    actor VARCHAR NOT NULL, via VARCHAR NOT NULL, session VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
-- what a run found out only when it began to work, such as what it learned from
CREATE TABLE run_details (run_id BIGINT NOT NULL, settings VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
CREATE TABLE replies (reply_id BIGINT NOT NULL, run_id BIGINT NOT NULL, call_key VARCHAR NOT NULL,
    raw VARCHAR NOT NULL,
    prompt_tokens BIGINT NOT NULL, answer_tokens BIGINT NOT NULL, made_at TIMESTAMP NOT NULL);
-- what: reserved (sent, cost not known yet) or released (certainly cost nothing); a reply settles a reservation too
CREATE TABLE call_events (run_id BIGINT NOT NULL, call_key VARCHAR NOT NULL, what VARCHAR NOT NULL,
    tokens BIGINT NOT NULL, made_at TIMESTAMP NOT NULL);
-- state: ok, invalid (does not fit the schema), unread (the reply could not be read); label: choice or rating, else
-- NULL
CREATE TABLE proposals (proposal_id BIGINT NOT NULL, run_id BIGINT NOT NULL, item_id BIGINT NOT NULL,
    field VARCHAR NOT NULL, schema_version INTEGER NOT NULL, value VARCHAR, label VARCHAR, score DOUBLE,
    score_source VARCHAR NOT NULL, alternatives VARCHAR NOT NULL, reason VARCHAR NOT NULL, state VARCHAR NOT NULL,
    problem VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
CREATE TABLE queue_entries (run_id BIGINT NOT NULL, field VARCHAR NOT NULL, position BIGINT NOT NULL,
    item_id BIGINT NOT NULL, reason VARCHAR NOT NULL, adaptive BOOLEAN NOT NULL, inclusion_p DOUBLE);
CREATE TABLE exposures (exposure_id BIGINT NOT NULL, item_id BIGINT NOT NULL, field VARCHAR NOT NULL,
    reviewer VARCHAR NOT NULL, kind VARCHAR NOT NULL, proposal_id BIGINT, session VARCHAR NOT NULL,
    inclusion_p DOUBLE, adaptive BOOLEAN NOT NULL, issued_at TIMESTAMP NOT NULL);
CREATE TABLE paints (exposure_id BIGINT NOT NULL, painted_at TIMESTAMP NOT NULL);
-- exposure and adaptive repeat the exposure row so that counting needs no join; answer is equal for equal values
-- (region ids aside); supersedes names the same reviewer's earlier review of the same field, if there was one
CREATE TABLE reviews (review_id BIGINT NOT NULL, exposure_id BIGINT NOT NULL, item_id BIGINT NOT NULL,
    field VARCHAR NOT NULL, reviewer VARCHAR NOT NULL, verdict VARCHAR NOT NULL, value VARCHAR, label VARCHAR,
    answer VARCHAR, proposal_id BIGINT, exposure VARCHAR NOT NULL, adaptive BOOLEAN NOT NULL, reason VARCHAR NOT NULL,
    regions VARCHAR NOT NULL, schema_version INTEGER NOT NULL, idempotency_key VARCHAR NOT NULL, action_id BIGINT,
    import_id BIGINT, adjudicates BOOLEAN NOT NULL, supersedes BIGINT, via VARCHAR NOT NULL, session VARCHAR NOT NULL,
    seconds DOUBLE, made_at TIMESTAMP NOT NULL);
-- target: review, run, action or import; the latest row of a target says whether it is undone now
CREATE TABLE undos (undo_id BIGINT NOT NULL, target VARCHAR NOT NULL, target_id BIGINT NOT NULL,
    undone BOOLEAN NOT NULL,
    actor VARCHAR NOT NULL, via VARCHAR NOT NULL, reason VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
CREATE TABLE gold_marks (gold_id BIGINT NOT NULL, item_id BIGINT NOT NULL, field VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    label VARCHAR, answer VARCHAR NOT NULL, active BOOLEAN NOT NULL, actor VARCHAR NOT NULL, action_id BIGINT,
    made_at TIMESTAMP NOT NULL);
CREATE TABLE findings (finding_id BIGINT NOT NULL, run_id BIGINT NOT NULL, item_id BIGINT NOT NULL,
    field VARCHAR NOT NULL, kind VARCHAR NOT NULL, score DOUBLE, sentence VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL);
CREATE TABLE pending_actions (action_id BIGINT NOT NULL, tool VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    sentence VARCHAR NOT NULL, arguments VARCHAR NOT NULL, preview VARCHAR NOT NULL, item_ids VARCHAR NOT NULL,
    riskiest VARCHAR NOT NULL, role VARCHAR NOT NULL, actor VARCHAR NOT NULL, via VARCHAR NOT NULL,
    session VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
-- decision: confirmed or dismissed
CREATE TABLE action_decisions (action_id BIGINT NOT NULL, decision VARCHAR NOT NULL, actor VARCHAR NOT NULL,
    via VARCHAR NOT NULL, outcome VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
CREATE TABLE saved_filters (name VARCHAR NOT NULL, record VARCHAR NOT NULL, actor VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL);
CREATE TABLE messages (message_id BIGINT NOT NULL, session VARCHAR NOT NULL, person VARCHAR NOT NULL,
    speaker VARCHAR NOT NULL, text VARCHAR NOT NULL, record VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
CREATE TABLE audit (seq BIGINT NOT NULL, made_at VARCHAR NOT NULL, actor VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    payload VARCHAR NOT NULL, prev_hash VARCHAR NOT NULL, hash VARCHAR NOT NULL);
CREATE TABLE jobs (job_id BIGINT NOT NULL, run_id BIGINT NOT NULL, tool VARCHAR NOT NULL, field VARCHAR NOT NULL,
    state VARCHAR NOT NULL, units VARCHAR NOT NULL, total BIGINT NOT NULL, note VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    role VARCHAR NOT NULL, session VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL, changed_at TIMESTAMP NOT NULL);
CREATE TABLE users (name VARCHAR NOT NULL, role VARCHAR NOT NULL, password VARCHAR NOT NULL,
    is_active BOOLEAN NOT NULL,
    made_at TIMESTAMP NOT NULL);
CREATE TABLE logins (token_hash VARCHAR NOT NULL, name VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL,
    until TIMESTAMP NOT NULL);
"""

_VIEWS = """
CREATE VIEW undone AS
    SELECT target, target_id FROM undos
    QUALIFY row_number() OVER (PARTITION BY target, target_id ORDER BY undo_id DESC) = 1 AND undone;
-- every review that was not undone, by itself or with its batch
CREATE VIEW live_reviews AS
    SELECT r.* FROM reviews r
    WHERE r.review_id NOT IN (SELECT target_id FROM undone WHERE target = 'review')
      AND (r.action_id IS NULL OR r.action_id NOT IN (SELECT target_id FROM undone WHERE target = 'action'))
      AND (r.import_id IS NULL OR r.import_id NOT IN (SELECT target_id FROM undone WHERE target = 'import'));
-- members of a chain: every review of a person who decided the same field of the item more than once
CREATE VIEW chained AS
    SELECT review_id FROM reviews WHERE supersedes IS NOT NULL
    UNION ALL SELECT supersedes FROM reviews WHERE supersedes IS NOT NULL;
-- the latest live review of each (item, field, reviewer); comments and flags do not replace a value. Only chains need
-- the window. The conditions of live_reviews are written out for them: two readers of one view would make DuckDB hold
-- all its rows, and a question about one item would read all of them.
CREATE VIEW standing_reviews AS
    SELECT * FROM live_reviews WHERE verdict NOT IN ('comment', 'flag') AND exposure <> 'probe'
     AND review_id NOT IN (SELECT review_id FROM chained)
    UNION ALL
    (SELECT r.* FROM (SELECT * FROM reviews SEMI JOIN chained USING (review_id)) r
     WHERE verdict NOT IN ('comment', 'flag') AND exposure <> 'probe'
      AND r.review_id NOT IN (SELECT target_id FROM undone WHERE target = 'review')
      AND (r.action_id IS NULL OR r.action_id NOT IN (SELECT target_id FROM undone WHERE target = 'action'))
      AND (r.import_id IS NULL OR r.import_id NOT IN (SELECT target_id FROM undone WHERE target = 'import'))
     QUALIFY row_number() OVER (PARTITION BY item_id, field, reviewer ORDER BY review_id DESC) = 1);
-- standing values only: what counts as somebody's label now
CREATE VIEW standing AS SELECT * FROM standing_reviews WHERE verdict IN ('accept', 'choose', 'edit');
-- one row an (item, field) with a standing value: adjudicated, else unanimous ('agreed'), else 'conflict' without a
-- value. Answers are compared by their 64-bit hashes, which takes half the time of comparing texts; equal answers have
-- equal labels.
CREATE VIEW annotations AS
    SELECT item_id, field,
        CASE WHEN bool_or(adjudicates) OR min(hash(answer)) = max(hash(answer)) THEN 'agreed' ELSE 'conflict' END
        AS state,
        CASE WHEN bool_or(adjudicates) THEN arg_max(value, review_id) FILTER (adjudicates)
             WHEN min(hash(answer)) = max(hash(answer)) THEN arg_max(value, review_id) END AS value,
        CASE WHEN bool_or(adjudicates) THEN arg_max(label, review_id) FILTER (adjudicates)
             WHEN min(hash(answer)) = max(hash(answer)) THEN any_value(label) END AS label,
        bool_or(adjudicates) AS adjudicated, count(*) AS reviewers,
        -- at least one of the values behind it was given without a suggestion, on an item no model chose
        bool_or(exposure IN ('blind', 'imported_independent') AND NOT adaptive) AS calibrates,
        bool_and(exposure IN ('bulk_listed', 'bulk_viewed')) AS is_bulk, max(made_at) AS made_at
    FROM standing GROUP BY item_id, field;
CREATE VIEW gold AS
    SELECT item_id, field, value, label, answer, actor, made_at FROM gold_marks
    WHERE action_id IS NULL OR action_id NOT IN (SELECT target_id FROM undone WHERE target = 'action')
    QUALIFY row_number() OVER (PARTITION BY item_id, field ORDER BY gold_id DESC) = 1 AND active;
-- proposals of runs that were not withdrawn
CREATE VIEW live_proposals AS
    SELECT * FROM proposals WHERE run_id NOT IN (SELECT target_id FROM undone WHERE target = 'run');
CREATE VIEW filters AS
    SELECT name, record, actor, made_at FROM saved_filters
    QUALIFY row_number() OVER (PARTITION BY name ORDER BY made_at DESC) = 1;
"""

_MEDIA = """
-- the image of an item; width and height are as displayed; place is empty for a copy in the project's folder of media
CREATE TABLE media (item_id BIGINT NOT NULL, digest VARCHAR NOT NULL, mime VARCHAR NOT NULL, width BIGINT NOT NULL,
    height BIGINT NOT NULL, orientation BIGINT NOT NULL, bits BIGINT NOT NULL, frames BIGINT NOT NULL,
    size BIGINT NOT NULL, place VARCHAR NOT NULL);
"""

_PROJECT_ID = """
-- which project this is, wherever its folder lies and whatever it is called; a backup is the same project
INSERT INTO project (key, value) SELECT 'id', replace(CAST(uuid() AS VARCHAR), '-', '');
"""

# The second step was changed while the program grew: projects that were made in between have older views.
_VIEWS_ANEW = (
    """
DROP VIEW IF EXISTS filters;
DROP VIEW IF EXISTS live_proposals;
DROP VIEW IF EXISTS gold;
DROP VIEW IF EXISTS annotations;
DROP VIEW IF EXISTS standing;
DROP VIEW IF EXISTS standing_reviews;
DROP VIEW IF EXISTS chained;
DROP VIEW IF EXISTS live_reviews;
DROP VIEW IF EXISTS undone;
"""
    + _VIEWS
)

_SIGN_INS = """
-- from where somebody signed in, so that they can tell their ways in apart
ALTER TABLE logins ADD COLUMN address VARCHAR DEFAULT '';
ALTER TABLE logins ADD COLUMN browser VARCHAR DEFAULT '';
-- browsers in which somebody has signed in: there a stranger's wrong guesses keep them waiting for nothing
CREATE TABLE devices (token_hash VARCHAR NOT NULL, name VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
"""

_RECORDINGS = """
-- what is known of a file beside the table media where it is a recording; length in milliseconds
CREATE TABLE recordings (item_id BIGINT NOT NULL, length BIGINT NOT NULL, rate BIGINT NOT NULL,
    channels BIGINT NOT NULL);
"""

_FINDINGS = """
-- severity: low, medium or high; about: answer or item, see the record; value: the answer that is likely right;
-- newest_review: a decision with a higher number was made after the finding, whatever the clock says
ALTER TABLE findings ADD COLUMN severity VARCHAR DEFAULT 'medium';
ALTER TABLE findings ADD COLUMN about VARCHAR DEFAULT 'answer';
ALTER TABLE findings ADD COLUMN region VARCHAR DEFAULT '';
ALTER TABLE findings ADD COLUMN person VARCHAR DEFAULT '';
ALTER TABLE findings ADD COLUMN value VARCHAR;
ALTER TABLE findings ADD COLUMN proposal_id BIGINT;
ALTER TABLE findings ADD COLUMN newest_review BIGINT DEFAULT 0;
-- turn counts the rows of one finding from 1; the latest says whether it is dismissed now
CREATE TABLE finding_dismissals (finding_id BIGINT NOT NULL, turn BIGINT NOT NULL, dismissed BOOLEAN NOT NULL,
    actor VARCHAR NOT NULL, via VARCHAR NOT NULL, reason VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL);
-- every finding with what became of it: withdrawn with its run, dismissed, decided since by a person, or still open;
-- of the decisions only those are looked at that are newer than the oldest finding
CREATE VIEW told_findings AS
    WITH dismissed AS (SELECT finding_id FROM finding_dismissals
        QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY turn DESC) = 1 AND dismissed),
    decided AS (SELECT f.finding_id FROM findings f JOIN live_reviews r
        ON r.item_id = f.item_id AND r.field = f.field AND r.review_id > f.newest_review
        WHERE r.verdict IN ('accept', 'choose', 'edit', 'reject') AND r.exposure <> 'probe' AND r.import_id IS NULL
            AND r.review_id > (SELECT min(newest_review) FROM findings))
    SELECT f.*, CASE WHEN f.run_id IN (SELECT target_id FROM undone WHERE target = 'run') THEN 'withdrawn'
        WHEN f.finding_id IN (SELECT finding_id FROM dismissed) THEN 'dismissed'
        WHEN f.finding_id IN (SELECT finding_id FROM decided) THEN 'decided' ELSE 'open' END AS state
    FROM findings f;
"""

# With each of the steps that say so the audit says which rows are older than what it tells of rows.
MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "tables", _TABLES),
    Migration(2, "views", _VIEWS),
    Migration(3, "images", _MEDIA),
    Migration(4, "project id", _PROJECT_ID),
    Migration(5, "views as they are meant", _VIEWS_ANEW),
    Migration(6, "sign-ins", _SIGN_INS),
    Migration(COVERING_STEP, "the audit tells of rows", "SELECT 1"),
    Migration(MORE_COVERED_STEP, "the audit tells of what was shown and said, and of sign-ins", "SELECT 1"),
    Migration(ALL_COVERED_STEP, "the audit tells of everything that is stored", "SELECT 1"),
    Migration(RECORDINGS_STEP, "recordings", _RECORDINGS),
    Migration(FINDINGS_STEP, "findings", _FINDINGS),
)
