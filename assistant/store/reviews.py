"""Exposures, reviews, undo and gold: what people saw and what they decided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from assistant.store.footprints import Footprints, Issued
from assistant.store.queries.near_answers import is_drawn_on_image, near_answer, standing_answers
from assistant.store.queries.sight import DECIDING
from tools.errors import ExposureStale, NotFound
from tools.records import Actor, Exposure, ExposureKind, Review, Verdict, to_json
from tools.values import comparable, value_label

_REVIEW = """review_id, exposure_id, item_id, field, reviewer, verdict, value, reason, made_at, schema_version, seconds,
    regions"""
_EXPOSURE = "exposure_id, item_id, field, reviewer, kind, proposal_id, session, issued_at, inclusion_p"


@dataclass(frozen=True, slots=True)
class ExposureRequest:
    """What is about to be shown to somebody."""

    item_id: int
    field: str
    kind: ExposureKind
    proposal_id: int | None = None
    inclusion_p: float | None = None
    adaptive: bool = False


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """A decision ready to be written; the value is canonical already."""

    exposure_id: int
    verdict: Verdict
    value: Mapping[str, Any] | None
    reason: str
    regions: Mapping[str, str]
    idempotency_key: str
    seconds: float | None
    adjudicates: bool = False


def _pairs(shown: Mapping[str, Collection[int]]) -> pa.Table:
    pairs = [(int(item_id), field) for field, items in shown.items() for item_id in items]
    return pa.table(
        {
            "item_id": pa.array([item_id for item_id, _ in pairs], pa.int64()),
            "field": pa.array([field for _, field in pairs], pa.string()),
        }
    )


def answer_of(value: Mapping[str, Any] | None) -> str | None:
    """Text that is equal for equal answers: the label of a choice, else a digest of the comparable form."""
    if value is None:
        return None
    label = value_label(value)
    return label if label is not None else hashlib.md5(comparable(value).encode(), usedforsecurity=False).hexdigest()


def review_from(row: tuple[Any, ...]) -> Review:
    """The record of one stored row, columns as in ``_REVIEW``."""
    rid, eid, item_id, field, reviewer, verdict, value, reason, at, version, seconds, regions = row
    return Review(
        int(rid),
        int(eid),
        int(item_id),
        field,
        reviewer,
        verdict,
        json.loads(value) if value else None,
        reason,
        at.replace(tzinfo=UTC),
        int(version),
        seconds,
        json.loads(regions),
    )


class ReviewStore:
    """The only place that inserts what people saw and decided."""

    def __init__(self, database: Database, same_region: Callable[[], float] = lambda: 1.0) -> None:
        """``same_region`` gives the IoU from which regions of two people count as the same."""
        self._database = database
        self._same_region = same_region
        self.footprints = Footprints(database)

    def expose(self, requests: Sequence[ExposureRequest], actor: Actor) -> list[Exposure]:
        """Write one exposure row each, in one transaction."""
        if not requests:
            return []
        return self._database.together(lambda transaction: self._expose(transaction, requests, actor))

    def _expose(self, transaction: Transaction, requests: Sequence[ExposureRequest], actor: Actor) -> list[Exposure]:
        ids = transaction.new_ids("exposures", len(requests))
        at, issued = stored_time(transaction.now), []
        for exposure_id, one in zip(ids, requests, strict=True):
            transaction.insert(
                "exposures",
                exposure_id=exposure_id,
                item_id=one.item_id,
                field=one.field,
                reviewer=actor.person,
                kind=one.kind,
                proposal_id=one.proposal_id,
                session=actor.session,
                inclusion_p=one.inclusion_p,
                adaptive=one.adaptive,
                issued_at=at,
            )
            shown = (exposure_id, one.item_id, one.field, actor.person, one.kind, one.proposal_id, actor.session)
            issued.append(Issued(Exposure(*shown, transaction.now, one.inclusion_p), one.adaptive))
        transaction.after(lambda: self.footprints.note_issued(issued))
        return [one.exposure for one in issued]

    def exposure(self, exposure_id: int) -> Exposure:
        """One exposure; :class:`NotFound` if it was never issued."""
        issued = self.footprints.issued(exposure_id)
        if issued is not None:
            return issued.exposure
        rows = self._database.rows(f"SELECT {_EXPOSURE} FROM exposures WHERE exposure_id = ?", [exposure_id])
        if not rows:
            raise NotFound(f"There is no exposure {exposure_id}; reload the page to go on.")
        eid, item_id, field, reviewer, kind, proposal, session, at, share = rows[0]
        return Exposure(int(eid), int(item_id), field, reviewer, kind, proposal, session, at.replace(tzinfo=UTC), share)

    def seen_by(self, reviewer: str, field: str, item_ids: Sequence[int]) -> set[int]:
        """Those of the items of which the reviewer was shown a suggestion for the field at any time."""
        return self.footprints.has_seen(reviewer, field, item_ids)

    def steered(self, exposure_ids: Sequence[int]) -> set[int]:
        """Those of the exposures whose item a model chose, or whose suggestion was kept back for what the text says."""
        if not exposure_ids:
            return set()
        wanted = pa.table({"exposure_id": pa.array(list(exposure_ids), pa.int64())})
        sql = "SELECT exposure_id FROM exposures SEMI JOIN wanted USING (exposure_id) WHERE adaptive"
        return {int(row[0]) for row in self._database.joined(sql, wanted)}

    def told_of(self, reviewer: str, field: str, item_ids: Sequence[int]) -> set[int]:
        """Those of the items of which the reviewer was shown, before deciding, what others had answered."""
        return self.footprints.was_told(reviewer, field, item_ids)

    def _told(self, reviewer: str, shown: Mapping[str, Collection[int]]) -> set[tuple[int, str]]:
        wanted = _pairs(shown)
        if not wanted.num_rows:
            return set()
        sql = """SELECT DISTINCT item_id, field FROM exposures SEMI JOIN wanted USING (item_id, field)
            WHERE reviewer = ? AND kind = 'revealed' AND proposal_id IS NULL"""
        return {(int(item_id), str(field)) for item_id, field in self._database.joined(sql, wanted, [reviewer])}

    def note_told(self, shown: Mapping[str, Collection[int]], actor: Actor) -> None:
        """Keep in mind that a person was shown others' answers to questions that they have not decided.

        ``shown`` maps a field to its items, ``""`` to items of which every field was shown. What the person answers
        then is no independent opinion.
        """
        asked = {field: items for field, items in shown.items() if items}
        wanted = _pairs(asked)
        if not wanted.num_rows:
            return
        sql = f"""SELECT DISTINCT s.item_id, s.field FROM standing s JOIN wanted w
            ON w.item_id = s.item_id AND w.field IN ('', s.field)
            WHERE s.reviewer <> $1 AND (s.item_id, s.field) NOT IN (SELECT r.item_id, r.field FROM live_reviews r
                WHERE r.reviewer = $1 AND r.verdict IN {DECIDING}) ORDER BY ALL"""
        found = [(int(item_id), str(field)) for item_id, field in self._database.joined(sql, wanted, [actor.person])]
        by_field: dict[str, set[int]] = {}
        for item_id, field in found:
            by_field.setdefault(field, set()).add(item_id)
        known = self._told(actor.person, by_field)
        self.expose(
            [ExposureRequest(item_id, field, "revealed") for item_id, field in found if (item_id, field) not in known],
            actor,
        )

    def paint(self, exposure_id: int) -> None:
        """Record that the exposure was on the screen."""
        self._database.together(
            lambda transaction: transaction.insert(
                "paints", exposure_id=exposure_id, painted_at=stored_time(transaction.now)
            )
        )

    def by_idempotency_key(self, exposure_id: int, key: str) -> Review | None:
        """The review that this very click made before, if it did."""
        issued = self.footprints.issued(exposure_id)
        if issued is not None:
            return self.get(issued.clicks[key]) if key in issued.clicks else None
        sql = f"SELECT {_REVIEW} FROM reviews WHERE exposure_id = ? AND idempotency_key = ?"
        rows = self._database.rows(sql, [exposure_id, key])
        return review_from(rows[0]) if rows else None

    def add(self, request: ReviewRequest, exposure: Exposure, version: int, actor: Actor) -> Review:
        """Write one review; it is on disk when this returns. The same click twice gives the first review again."""
        if exposure.reviewer != actor.person:
            raise ExposureStale(f"This card was shown to {exposure.reviewer}, not to {actor.person}; reload the page.")
        return self._database.together(lambda transaction: self._add(transaction, request, exposure, version, actor))

    def _add(
        self, transaction: Transaction, request: ReviewRequest, exposure: Exposure, version: int, actor: Actor
    ) -> Review:
        # Inside the writer lock: two copies of one click may arrive at the same time, and share a transaction.
        click = (request.exposure_id, request.idempotency_key)
        again = transaction.told.get(click) or self.by_idempotency_key(*click)
        if again is None:
            again = transaction.told[click] = self._insert(transaction, request, exposure, version, actor)
        found: Review = again
        return found

    def _insert(
        self, transaction: Transaction, request: ReviewRequest, exposure: Exposure, version: int, actor: Actor
    ) -> Review:
        review_id = transaction.new_ids("reviews")[0]
        value, at = None if request.value is None else to_json(request.value), transaction.now
        transaction.insert(
            "reviews",
            review_id=review_id,
            exposure_id=exposure.exposure_id,
            item_id=exposure.item_id,
            field=exposure.field,
            reviewer=actor.person,
            verdict=request.verdict,
            value=value,
            label=value_label(request.value),
            answer=self._answer(transaction, request.value, exposure),
            proposal_id=exposure.proposal_id if exposure.kind != "blind" else None,
            exposure=exposure.kind,
            adaptive=self._is_adaptive(transaction, exposure),
            reason=request.reason,
            regions=to_json(request.regions),
            schema_version=version,
            idempotency_key=request.idempotency_key,
            adjudicates=request.adjudicates,
            supersedes=self._earlier(transaction, review_id, exposure, actor),
            via=actor.via,
            session=actor.session,
            seconds=request.seconds,
            made_at=stored_time(at),
        )
        digest = hashlib.sha256(to_json(request.value).encode()).hexdigest()[:16]
        transaction.record(
            actor.person,
            "review",
            {"review": review_id, "exposure": exposure.exposure_id, "verdict": request.verdict, "value": digest},
        )
        transaction.after(lambda: self.footprints.note_click(review_id, exposure, request.idempotency_key))
        about = (exposure.exposure_id, exposure.item_id, exposure.field, actor.person, request.verdict)
        stored = None if value is None else json.loads(value)
        regions = dict(request.regions)
        return Review(review_id, *about, stored, request.reason, at, version, request.seconds, regions)

    def _earlier(self, transaction: Transaction, review_id: int, exposure: Exposure, actor: Actor) -> int | None:
        """The person's latest review of this field of the item, in this very transaction or before."""
        about = (exposure.item_id, exposure.field, actor.person)
        before: int | None = transaction.told.get(about)
        transaction.told[about] = review_id
        if before is None and self.footprints.has_touched(actor.person, exposure.field, exposure.item_id):
            sql = "SELECT max(review_id) FROM reviews WHERE item_id = ? AND field = ? AND reviewer = ?"
            before = self._database.rows(sql, list(about))[0][0]
        return before

    def _is_adaptive(self, transaction: Transaction, exposure: Exposure) -> bool:
        issued = self.footprints.issued(exposure.exposure_id)
        if issued is not None:
            return issued.adaptive
        rows = transaction.rows("SELECT adaptive FROM exposures WHERE exposure_id = ?", [exposure.exposure_id])
        return bool(rows[0][0])

    def _answer(self, transaction: Transaction, value: Mapping[str, Any] | None, exposure: Exposure) -> str | None:
        """The text that is equal for equal answers; regions of images are equal to those that others drew like them."""
        own = answer_of(value)
        if value is None or own is None or not is_drawn_on_image(value):
            return own
        others = standing_answers(transaction, exposure.item_id, exposure.field, exposure.reviewer)
        return near_answer(others, value, own, self._same_region())

    def add_bulk(self, rows: pa.Table, actor: Actor, action_id: int, rule: str) -> range:
        """Write reviews for many proposals at once, each with its own exposure row, as one batch ``action_id``.

        ``rows`` has item_id, field, proposal_id, value, label, answer, exposure (kind) and schema_version.
        """
        count = rows.num_rows
        with self._database.write() as transaction:
            exposures, reviews = transaction.new_ids("exposures", count), transaction.new_ids("reviews", count)
            numbered = rows.append_column("exposure_id", pa.array(exposures, pa.int64()))
            numbered = numbered.append_column("review_id", pa.array(reviews, pa.int64()))
            shared = [actor.person, actor.session, stored_time(transaction.now)]
            with transaction.staged("accepted", numbered):
                transaction.execute(
                    """INSERT INTO exposures BY NAME SELECT exposure_id, item_id, field, $1 AS reviewer,
                    exposure AS kind, proposal_id, $2 AS session, NULL AS inclusion_p, true AS adaptive,
                    $3 AS issued_at FROM accepted""",
                    shared,
                )
                transaction.execute(_BULK_REVIEWS, [*shared, action_id, actor.via, rule])
            transaction.cover("exposures", exposures.start, exposures.stop - 1)
            transaction.cover("reviews", reviews.start, reviews.stop - 1)
            transaction.record(
                actor.person, "bulk", {"action": action_id, "first": reviews.start, "count": count, "rule": rule}
            )
        return reviews

    def get(self, review_id: int) -> Review:
        """One review; :class:`NotFound` if there is none."""
        rows = self._database.rows(f"SELECT {_REVIEW} FROM reviews WHERE review_id = ?", [review_id])
        if not rows:
            raise NotFound(f"There is no decision {review_id}.")
        return review_from(rows[0])

    def standing_of(self, item_id: int, field: str, reviewer: str) -> Review | None:
        """What the reviewer's latest decision on this field is now, if it stands."""
        sql = f"""SELECT {_REVIEW} FROM live_reviews WHERE item_id = ? AND field = ? AND reviewer = ?
            AND verdict NOT IN ('comment', 'flag') ORDER BY review_id DESC LIMIT 1"""
        rows = self._database.rows(sql, [item_id, field, reviewer])
        return review_from(rows[0]) if rows else None

    def deciders(self, item_id: int, field: str, since: datetime | None = None) -> list[str]:
        """Who has a standing value on this field of the item, given after ``since`` where it is named."""
        sql = """SELECT DISTINCT reviewer FROM standing WHERE item_id = ? AND field = ? AND made_at > ?
            ORDER BY reviewer"""
        after = stored_time(since) if since is not None else datetime.min
        return [str(row[0]) for row in self._database.rows(sql, [item_id, field, after])]

    def latest_of(self, reviewer: str, limit: int) -> list[Review]:
        """The reviewer's last live decisions, newest first, imported and bulk ones left out."""
        sql = f"""SELECT {_REVIEW} FROM live_reviews WHERE reviewer = ? AND import_id IS NULL AND action_id IS NULL
            ORDER BY review_id DESC LIMIT ?"""
        return [review_from(row) for row in self._database.rows(sql, [reviewer, limit])]

    def annotation(self, item_id: int, field: str) -> Mapping[str, Any] | None:
        """The value that stands for (item, field) over all reviewers, or ``None``."""
        sql = "SELECT value FROM annotations WHERE item_id = ? AND field = ?"
        rows = self._database.rows(sql, [item_id, field])
        return json.loads(rows[0][0]) if rows and rows[0][0] else None

    def undo(
        self, targets: Sequence[tuple[str, int]], actor: Actor, reason: str = "", undone: bool = True
    ) -> list[int]:
        """Mark reviews, runs, actions or imports as undone (or, with ``undone=False``, as standing again)."""
        with self._database.write() as transaction:
            ids = transaction.new_ids("undos", len(targets))
            for undo_id, (target, target_id) in zip(ids, targets, strict=True):
                transaction.insert(
                    "undos",
                    undo_id=undo_id,
                    target=target,
                    target_id=target_id,
                    undone=undone,
                    actor=actor.person,
                    via=actor.via,
                    reason=reason,
                    made_at=stored_time(transaction.now),
                )
            transaction.record(
                actor.person, "undo" if undone else "redo", {"targets": [list(target) for target in targets]}
            )
        return list(ids)

    def mark_gold(
        self, marks: Sequence[tuple[int, str, Mapping[str, Any]]], actor: Actor, action_id: int | None
    ) -> None:
        """Mark values of (item, field) as gold, as one batch."""
        with self._database.write() as transaction:
            ids = transaction.new_ids("gold_marks", len(marks))
            for gold_id, (item_id, field, value) in zip(ids, marks, strict=True):
                transaction.insert(
                    "gold_marks",
                    gold_id=gold_id,
                    item_id=item_id,
                    field=field,
                    value=to_json(value),
                    label=value_label(value),
                    answer=answer_of(value),
                    active=True,
                    actor=actor.person,
                    action_id=action_id,
                    made_at=stored_time(transaction.now),
                )
            transaction.record(actor.person, "gold", {"action": action_id, "count": len(marks), "via": actor.via})


_BULK_REVIEWS = """INSERT INTO reviews BY NAME SELECT a.review_id, exposure_id, item_id, field, $1 AS reviewer,
    'accept' AS verdict, value, label, answer, proposal_id, exposure, true AS adaptive, $6 AS reason, '{}' AS regions,
    schema_version, 'action:' || $4 || ':' || proposal_id AS idempotency_key, $4 AS action_id, NULL AS import_id,
    false AS adjudicates, b.earlier AS supersedes, $5 AS via, $2 AS session, NULL AS seconds, $3 AS made_at
    FROM accepted a LEFT JOIN (SELECT item_id, field, max(review_id) AS earlier FROM reviews WHERE reviewer = $1
        GROUP BY item_id, field) b USING (item_id, field)"""
