"""Reading a project out for an export: items with their fields, decisions and proposals, a block at a time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from assistant.store.file.database import Database
from assistant.store.items import ITEM_COLUMNS, item_from
from assistant.store.media import MEDIA_SELECTED, MEDIA_TABLES
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal
from tools.records import Media

BLOCK = 5_000

_DECISIONS = """SELECT item_id, field, reviewer, verdict, value, made_at, exposure, review_id, proposal_id, seconds,
        reason
    FROM standing_reviews WHERE item_id BETWEEN ? AND ? ORDER BY item_id, field, review_id"""
_ANNOTATIONS = "SELECT item_id, field, state, value FROM annotations WHERE item_id BETWEEN ? AND ?"
_PROPOSALS = """SELECT p.item_id, p.field, p.proposal_id, p.run_id, p.value, p.score, p.score_source, r.backend,
        r.revision, r.prompt, r.prompt_hash
    FROM live_proposals p JOIN runs r USING (run_id) WHERE p.state = 'ok' AND p.item_id BETWEEN ? AND ?
    QUALIFY row_number() OVER (PARTITION BY p.item_id, p.field ORDER BY p.proposal_id DESC) = 1"""
_OF_REVIEWS = """SELECT s.item_id, s.field, p.proposal_id, p.run_id, p.value, p.score, p.score_source, r.backend,
        r.revision, r.prompt, r.prompt_hash
    FROM (SELECT item_id, field, max(proposal_id) AS proposal_id FROM standing WHERE item_id BETWEEN ? AND ?
        GROUP BY item_id, field) s
    JOIN proposals p USING (proposal_id) JOIN runs r USING (run_id)"""


def outgoing(database: Database, fields: Sequence[str]) -> Iterator[ExportItem]:
    """Every item of the project in order, with the given fields; memory stays that of one block.

    The proposal of a field is the one that its reviewers saw, where they saw one, else the newest usable one.
    """
    highest = int(database.rows("SELECT coalesce(max(item_id), 0) FROM items")[0][0])
    for low in range(1, highest + 1, BLOCK):
        yield from _block(database, low, low + BLOCK - 1, fields)


def _block(database: Database, low: int, high: int, fields: Sequence[str]) -> Iterator[ExportItem]:
    bounds = [low, high]
    decisions: dict[tuple[int, str], list[ExportDecision]] = defaultdict(list)
    for row in database.rows(_DECISIONS, bounds):
        decisions[int(row[0]), row[1]].append(_decision(row))
    states = {(int(row[0]), row[1]): (row[2], row[3]) for row in database.rows(_ANNOTATIONS, bounds)}
    proposals = {(int(row[0]), row[1]): _proposal(row) for row in database.rows(_PROPOSALS, bounds)}
    proposals.update({(int(row[0]), row[1]): _proposal(row) for row in database.rows(_OF_REVIEWS, bounds)})
    sql = f"SELECT {ITEM_COLUMNS} FROM items WHERE item_id BETWEEN ? AND ? ORDER BY item_id"  # sql: named there
    items = database.rows(sql, bounds)
    images = _images(database, low, high)
    for row in items:
        item = replace(item_from(row), media=images.get(int(row[0])))
        parts = {}
        for field in fields:
            at = (item.item_id, field)
            state, value = states.get(at, ("undecided", None))
            parts[field] = ExportField(
                field=field,
                state=state,
                value=json.loads(value) if value else None,
                decisions=tuple(decisions.get(at, ())),
                proposal=proposals.get(at),
            )
        yield ExportItem(item=item, fields=parts)


def _images(database: Database, low: int, high: int) -> dict[int, Media]:
    sql = f"SELECT item_id, {MEDIA_SELECTED} FROM {MEDIA_TABLES} WHERE item_id BETWEEN ? AND ?"
    return {int(row[0]): Media(*row[1:]) for row in database.rows(sql, [low, high])}


def _decision(row: tuple[Any, ...]) -> ExportDecision:
    _item, _field, reviewer, verdict, value, at, exposure, review_id, proposal_id, seconds, reason = row
    return ExportDecision(
        reviewer=reviewer,
        verdict=verdict,
        value=json.loads(value) if value else None,
        decided_at=at.replace(tzinfo=UTC),
        exposure=exposure,
        review_id=int(review_id),
        proposal_id=proposal_id,
        seconds=seconds,
        reason=reason,
    )


def _proposal(row: tuple[Any, ...]) -> ExportProposal:
    _item, _field, proposal_id, run_id, value, score, source, backend, revision, prompt, prompt_hash = row
    return ExportProposal(
        proposal_id=int(proposal_id),
        run_id=int(run_id),
        value=json.loads(value),
        score=score,
        score_source=source,
        backend=backend,
        revision=revision,
        prompt=prompt,
        prompt_hash=prompt_hash,
    )
