"""The labels and proposals of an import: each is taken over, known already, or left out with a reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assistant.store.file.clock import stored_time
from assistant.store.file.transaction import Transaction
from assistant.store.intake.items import Ids, Mask, Placed, note_problems
from assistant.store.queries.near_answers import near_answers
from assistant.store.reviews import answer_of
from assistant.store.runs import insert_run
from tools.exchange.batch import ImportBatch
from tools.records import Actor, RunIdentity
from tools.values import value_label

NO_ITEM = "its row became no item"
OTHER_TEXT = "the item is in the project with another text, to which this answer may not apply"
TWICE = "the same annotator gave another answer for the same item"


@dataclass(frozen=True)
class Meanings:
    """Label and answer of each value, worked out once for each distinct one, shape (n,)."""

    labels: pa.Array
    answers: pa.Array


def meanings_of(labels: pa.Table) -> Meanings:
    """What the values of these answers mean; needs no database."""
    values, codes = _distinct(labels)
    names = pa.array([value_label(value) for value in values], pa.string())
    answers = pa.array([answer_of(value) for value in values], pa.string())
    return Meanings(names.take(codes), answers.take(codes))


def _distinct(answers: pa.Table) -> tuple[list[Any], pa.Array]:
    """The distinct values, read once each, and for every row which of them it has, null for none."""
    coded = answers["value"].combine_chunks().dictionary_encode()
    return [json.loads(one) for one in coded.dictionary.to_pylist()], coded.indices


def add_labels(
    transaction: Transaction,
    labels: pa.Table,
    meanings: Meanings,
    placed: Placed,
    import_id: int,
    actor: Actor,
    version: int,
    same_region: float | None = None,
) -> tuple[int, int, int]:
    """Write exposures and reviews for the labels; returns how many were taken, known and dropped."""
    if not labels.num_rows:
        return 0, 0, 0
    item_ids, fits = _placed(transaction, labels, placed, import_id)
    has_reviews = bool(transaction.rows("SELECT 1 FROM reviews LIMIT 1"))
    is_known, contradicts = _compared(transaction, labels, item_ids, fits, has_reviews)
    _drop(transaction, import_id, labels, contradicts, TWICE)
    fresh = fits & ~is_known & ~contradicts
    if same_region is not None:
        near = near_answers(transaction, labels, item_ids.tolist(), meanings.answers, same_region)
        meanings = Meanings(meanings.labels, near)
    table = _reviews(labels, meanings, item_ids)
    table = table if fresh.all() else table.filter(pa.array(fresh))
    _write(transaction, table, has_reviews, import_id, actor, version)
    return table.num_rows, int(is_known.sum()), int((~fits).sum() + contradicts.sum())


def _compared(
    transaction: Transaction, labels: pa.Table, item_ids: Ids, fits: Mask, has_reviews: bool
) -> tuple[Mask, Mask]:
    """Which answers are known, in the project or earlier in this import, and which contradict an earlier one."""
    nothing = np.zeros(len(item_ids), dtype=bool)
    one_each = bool((np.diff(item_ids) > 0).all())
    if one_each and not has_reviews:
        return nothing, nothing
    claimed = _claimed(labels, item_ids)
    with transaction.staged("claimed", claimed if fits.all() else claimed.filter(pa.array(fits))):
        is_known = nothing.copy()
        if has_reviews:
            is_known[transaction.numpy(_KNOWN, _bounds(item_ids))["pos"]] = True
        again, differs = (nothing, nothing) if one_each else _repeats(transaction, len(item_ids))
    contradicts = differs & ~is_known
    return is_known | (again & ~contradicts), contradicts


# An answer is known where the person has one of its kind that stands: a flag beside a value is another kind.
_KNOWN = """
    SELECT c.pos FROM claimed c SEMI JOIN (SELECT item_id, field, reviewer, verdict = 'flag' AS is_flag
        FROM live_reviews WHERE verdict <> 'comment' AND exposure <> 'probe' AND item_id BETWEEN $1 AND $2) r
    USING (item_id, field, reviewer, is_flag)"""
_AGAIN = """
    SELECT pos, said <> first_value(said) OVER said_before AS differs FROM claimed
    WINDOW said_before AS (PARTITION BY item_id, field, reviewer ORDER BY pos)
    QUALIFY row_number() OVER said_before > 1"""
_EARLIER = """
    SELECT l.review_id - $1 AS pos, max(r.review_id) AS earlier FROM labels l JOIN reviews r
    ON r.item_id = l.item_id AND r.field = l.field AND r.reviewer = l.reviewer
    WHERE r.item_id BETWEEN $2 AND $3 GROUP BY 1"""


def _placed(transaction: Transaction, labels: pa.Table, placed: Placed, import_id: int) -> tuple[Ids, Mask]:
    """Item of each answer, and whether it has one with the text the answer was given for; the others are noted."""
    item_ids, has_item, same_text = placed.find(labels["row"].to_numpy())
    _drop(transaction, import_id, labels, ~has_item, NO_ITEM)
    _drop(transaction, import_id, labels, has_item & ~same_text, OTHER_TEXT)
    return item_ids, has_item & same_text


def _claimed(labels: pa.Table, item_ids: Ids) -> pa.Table:
    return pa.table(
        {
            "pos": pa.array(np.arange(len(item_ids))),
            "item_id": pa.array(item_ids),
            "field": labels["field"],
            "reviewer": labels["annotator"],
            "is_flag": pc.equal(labels["verdict"], "flag"),
            "said": pc.coalesce(labels["value"], labels["verdict"]),
        }
    )


def _repeats(transaction: Transaction, count: int) -> tuple[Mask, Mask]:
    """Which answers repeat an earlier one of the same person in this import, and which of them contradict it."""
    again, differs = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    # Counting is quick; the window over all rows is needed by few files.
    places = transaction.rows("SELECT count(*) FROM (SELECT DISTINCT item_id, field, reviewer FROM claimed)")[0][0]
    if places < transaction.rows("SELECT count(*) FROM claimed")[0][0]:
        found = transaction.numpy(_AGAIN)
        again[found["pos"]], differs[found["pos"]] = True, found["differs"]
    return again, differs


def _drop(transaction: Transaction, import_id: int, answers: pa.Table, mask: Mask, reason: str) -> None:
    if mask.any():
        lost = answers.filter(pa.array(mask))
        note_problems(transaction, import_id, "dropped", lost["row"], reason, lost["field"])


def _reviews(labels: pa.Table, meanings: Meanings, item_ids: Ids) -> pa.Table:
    """What both tables need of each answer."""
    return pa.table(
        {
            "item_id": pa.array(item_ids),
            "field": labels["field"],
            "reviewer": labels["annotator"],
            "verdict": labels["verdict"],
            "value": labels["value"],
            "label": meanings.labels,
            "answer": meanings.answers,
            "exposure": labels["exposure"],
            "reason": labels["reason"],
            # Times are stored without their zone: the cast keeps the UTC value, whatever zone this machine is in.
            "decided_at": labels["decided_at"].cast(pa.timestamp("us")),
        }
    )


def _write(
    transaction: Transaction, table: pa.Table, has_reviews: bool, import_id: int, actor: Actor, version: int
) -> None:
    count = table.num_rows
    if not count:
        return
    reviews = transaction.new_ids("reviews", count)
    exposures = transaction.new_ids("exposures", count)
    table = table.append_column("exposure_id", _ids(exposures))
    table = table.append_column("review_id", _ids(reviews))
    earlier = pa.nulls(count, pa.int64())
    if has_reviews:
        with transaction.staged("labels", table.select(["review_id", "item_id", "field", "reviewer"])):
            found = transaction.numpy(_EARLIER, [reviews.start, *_bounds(table["item_id"].to_numpy())])
        earlier = _scattered(found["pos"], found["earlier"], count)
    shared = [actor.session, stored_time(transaction.now)]
    with transaction.staged("labels", table.append_column("earlier", earlier)):
        transaction.execute(_EXPOSURES, shared)
        transaction.execute(_REVIEWS, [*shared, import_id, actor.via, version])
    transaction.cover("exposures", exposures.start, exposures.stop - 1)
    transaction.cover("reviews", reviews.start, reviews.stop - 1)


_EXPOSURES = """INSERT INTO exposures BY NAME SELECT exposure_id, item_id, field, reviewer, exposure AS kind,
    NULL AS proposal_id, $1 AS session, NULL AS inclusion_p, false AS adaptive,
    coalesce(decided_at, $2) AS issued_at FROM labels"""
_REVIEWS = """INSERT INTO reviews BY NAME SELECT review_id, exposure_id, item_id, field, reviewer, verdict, value,
    label, answer, NULL AS proposal_id, exposure, false AS adaptive, reason, '{}' AS regions, $5 AS schema_version,
    '' AS idempotency_key, NULL AS action_id, $3 AS import_id, false AS adjudicates, earlier AS supersedes,
    $4 AS via, $1 AS session, NULL AS seconds, coalesce(decided_at, $2) AS made_at FROM labels"""


def _ids(taken: range) -> pa.Array:
    return pa.array(np.arange(taken.start, taken.stop, dtype=np.int64))


def _bounds(item_ids: Ids) -> list[int]:
    """Lowest and highest item: rows of others are skipped whole."""
    return [int(item_ids.min()), int(item_ids.max())] if len(item_ids) else [0, 0]


def _scattered(positions: Ids, numbers: Ids, count: int) -> pa.Array:
    """Column of ``count`` numbers, null but at the given positions."""
    column, is_null = np.zeros(count, dtype=np.int64), np.ones(count, dtype=bool)
    column[positions], is_null[positions] = numbers, False
    return pa.array(column, mask=is_null)


def add_proposals(
    transaction: Transaction, batch: ImportBatch, placed: Placed, import_id: int, actor: Actor, version: int
) -> int:
    """One run for each (back-end, field) in the file; a source imported again adds none."""
    proposals = batch.proposals
    if not proposals.num_rows or transaction.rows("SELECT 1 FROM imports WHERE source_hash = ?", [batch.source_hash]):
        return 0
    item_ids, fits = _placed(transaction, proposals, placed, import_id)
    table = _proposed(proposals, item_ids).filter(pa.array(fits))
    with transaction.staged("incoming_proposals", table):
        groups = transaction.rows("SELECT DISTINCT backend, field FROM incoming_proposals ORDER BY ALL")
    for backend, field in groups:
        wanted = pc.and_(pc.equal(table["backend"], backend), pc.equal(table["field"], field))
        _add_run(transaction, backend, field, table.filter(wanted), batch.source_name, actor, version)
    return int(table.num_rows)


def _proposed(proposals: pa.Table, item_ids: Ids) -> pa.Table:
    values, codes = _distinct(proposals)
    columns = {name: proposals[name] for name in proposals.column_names if name != "row"}
    label = pa.array([value_label(value) for value in values], pa.string()).take(codes)
    return pa.table({"item_id": pa.array(item_ids), "label": label, **columns})


def _add_run(
    transaction: Transaction, backend: str, field: str, rows: pa.Table, source: str, actor: Actor, version: int
) -> None:
    identity = RunIdentity("import_data", 1, backend or "imported", "", {})
    run_id = insert_run(transaction, identity, {"source": source}, field, version, actor)
    proposals = transaction.new_ids("proposals", rows.num_rows)
    numbered = rows.append_column("proposal_id", _ids(proposals))
    with transaction.staged("proposed", numbered):
        transaction.execute(
            """INSERT INTO proposals BY NAME SELECT proposal_id, $1 AS run_id, item_id, field,
            $2 AS schema_version, value, CASE WHEN state = 'ok' THEN label END AS label, score,
            CASE WHEN score IS NULL THEN 'none' ELSE 'uncalibrated' END AS score_source,
            coalesce(nullif(alternatives, ''), '[]') AS alternatives, '' AS reason, state, problem,
            $3 AS made_at FROM proposed""",
            [run_id, version, stored_time(transaction.now)],
        )
    transaction.cover("proposals", proposals.start, proposals.stop - 1)
