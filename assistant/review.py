"""The review desk: serves cards, takes decisions, undoes them. A decision is on disk before it is acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.cards import Card, CardBatch
from assistant.deciding import Decision as Decision
from assistant.deciding import (
    as_decided,
    overtaken,
    read_decision,
    refuse_answered,
    refuse_stale,
    regions_on_card,
    why_nothing,
)
from assistant.fair_share import fair_count, lost, put_on_screen, refuse_away, take_over, undecided
from assistant.landing import Landing
from assistant.looking_back import PastDecision as PastDecision
from assistant.looking_back import SimilarItem as SimilarItem
from assistant.progress import Progress
from assistant.queueing import FieldQueue, Queues, Served
from assistant.store.project import ProjectStore
from assistant.store.reviews import ExposureRequest
from assistant.store.taken_back import TakenBack
from assistant.taking_back import Redone, Undone, review_to_redo, review_to_undo
from assistant.tickets import known_exposure, ticket_of
from assistant.view import ProjectView
from tools.errors import CardUnknown, LeaseTaken, NotAllowed, NotFound
from tools.naming import people_told
from tools.records import Actor, Exposure, ExposureKind, Proposal, Review
from tools.schema import FieldSpec
from tools.values import describe_value

_EVENTS = ("flag", "comment")
EXCERPT = 80
SPEAKS_TO_LABELLER = "This text seems to give instructions to whoever labels it, so its suggestion is not shown."


@dataclass(frozen=True, slots=True)
class Receipt:
    """The acknowledgement of a stored decision."""

    review: Review
    progress: Progress


class ReviewDesk:
    """Everything a reviewer does, for keys, chat and terminal alike."""

    def __init__(
        self, store: ProjectStore, queues: Queues, on_label: Callable[[str], None] = lambda field_id: None
    ) -> None:
        """Share the queues with whoever tells them of changes.

        ``on_label`` hears the field of every label that was given or taken back, and must return at once.
        """
        self._store = store
        self._queues = queues
        self._on_label = on_label
        self._leases = store.leases
        self._lock = threading.RLock()
        self._landing = Landing(self._lock, queues)

    def next_cards(self, actor: Actor, field: str = "", count: int = 1, held: Sequence[int] = ()) -> CardBatch:
        """Issue the next ``count`` cards of a field to the actor; items of the exposures in ``held`` are left out."""
        with self._lock:
            spec = self._store.schema.field(field) if field else self._first_open_field(actor)
            queue = self._landing.queue(spec.id)
            overlap = self._overlap
            in_hand = [self._own(one, actor) for one in held]
            waiting = undecided(self._queues, queue, actor.person, in_hand)
            gone = lost(self._leases, queue, actor, overlap, waiting)
            self._leases.keep([one for one in in_hand if one.exposure_id not in gone], actor, self._lease_seconds)
            held_items = {exposure.item_id for exposure in in_hand if exposure.field == spec.id}

            def is_here(item_id: int) -> bool:
                is_away = item_id in held_items or (item_id, spec.id) in self._landing
                return not is_away and not self._leases.elsewhere(item_id, spec.id, actor)

            def is_free(item_id: int) -> bool:
                room = overlap - int(queue.counts[item_id - 1])
                return is_here(item_id) and self._leases.others(item_id, spec.id, actor) < room

            mine = self._queues.open_to(queue, actor.person, overlap)
            fair = fair_count(count, len(waiting) - len(gone), mine, self._leases.at_work(spec.id, actor), overlap)
            served = self._queues.serve(queue, actor.person, overlap, is_free, fair)
            if not served and len(waiting) == len(gone):
                served = take_over(self._queues, self._leases, queue, actor, overlap, is_here)
            self._take(actor, spec, served, is_shown=len(waiting) == len(gone))
            message = "" if served else why_nothing(self._store, actor, spec, mine, len(held_items))
            late = tuple(sorted(overtaken(self._store, in_hand) | gone))
            progress = self._queues.progress(queue, overlap)
        # Nobody else waits for these cards: they are taken, and writing them down needs no lock.
        cards = self._issue(actor, spec, queue, served)
        return CardBatch(tuple(cards), spec.id, progress, mine, message, queue.size > 0, late)

    def open_card(self, actor: Actor, item_id: int, field: str) -> Card:
        """Show one particular item again or for the first time; takes the lease or says who has it."""
        with self._lock:
            spec = self._store.schema.field(field) if field else self._store.schema.main_field()
            item_id = self._store.items.get([item_id])[0].item_id
            queue = self._landing.ready(item_id, spec.id)
            mine = self._standing(queue, item_id, actor.person)
            if mine is None:
                self._refuse_taken(item_id, spec, actor, queue)
            is_blind = bool((queue.blind == item_id).any())
            entry = None if is_blind else queue.entries.get(item_id)
            share = queue.share if is_blind else None
            served = [Served(item_id, is_blind, entry, share)]
            self._leases.give_way(item_id, spec.id, actor, self._overlap - int(queue.counts[item_id - 1]))
            self._take(actor, spec, served, is_shown=True)
            return self._issue(actor, spec, queue, served)[0]

    def painted(self, actor: Actor, exposure_id: int, ticket: str | None = None) -> None:
        """The card is on the screen; :class:`LeaseTaken` where it was fetched ahead and went to somebody else."""
        exposure = self._own(exposure_id, actor, ticket)
        with self._lock:
            queue = self._landing.queue(exposure.field)
            put_on_screen(self._queues, self._leases, queue, actor, self._overlap, exposure)
        self._store.reviews.paint(exposure_id)

    def reveal(self, actor: Actor, exposure_id: int, ticket: str | None = None) -> Card:
        """Show the suggestion of a blind card; the answer then counts as made with a suggestion."""
        with self._lock:
            before = self._own(exposure_id, actor, ticket)
            spec = self._store.schema.field(before.field)
            found = self._store.runs.latest(before.field, [before.item_id], self._active(before.field))
            suggestion = found.get(before.item_id)
            if suggestion is None:
                raise NotFound("There is no suggestion for this item.")
            request = ExposureRequest(before.item_id, spec.id, "revealed", suggestion.proposal_id)
            exposure = self._store.reviews.expose([request], actor)[0]
            return self._card(actor, spec, self._landing.queue(spec.id), exposure, suggestion, "")

    def decide(self, actor: Actor, decision: Decision) -> Receipt:
        """Store one decision; when this returns it is on disk. The same key again gives the same receipt."""
        with self._lock:
            exposure = self._own(decision.exposure_id, actor, decision.ticket, decision.item_id)
            spec = self._store.schema.field(exposure.field)
            queue = self._landing.ready(exposure.item_id, spec.id)
            again = self._store.reviews.by_idempotency_key(decision.exposure_id, decision.idempotency_key)
            if again is None:
                again = self._store_decision(actor, decision, exposure, spec, queue)
            return Receipt(again, self._queues.progress(queue, self._overlap))

    def undo(self, actor: Actor, review_id: int | None = None) -> Undone:
        """Take back the actor's last decision (or the one named) and show its card again."""
        with self._lock:
            review = review_to_undo(self._store, actor, review_id)
            spec = self._store.schema.field(review.field)
            self._landing.ready(review.item_id, spec.id)
            self._store.reviews.undo([("review", review.review_id)], actor)
            key = self._changed(review, actor)
            progress = self._queues.progress(self._landing.queue(spec.id), self._overlap)
            try:
                card = self.open_card(actor, review.item_id, spec.id)
            except LeaseTaken as taken:
                return Undone(review, f"Undone: {review.verdict} on {key}. {taken}", None, progress)
            return Undone(review, f"Undone: {review.verdict} on {key}.", card, progress)

    def redo(self, actor: Actor) -> Redone:
        """Put back the decision that the actor took back last; refused where others have the item by now."""
        with self._lock:
            review = review_to_redo(self._store, actor)
            spec = self._store.schema.field(review.field)
            queue = self._landing.ready(review.item_id, spec.id)
            self._refuse_taken(review.item_id, spec, actor, queue, review.decided_at)
            self._store.reviews.undo([("review", review.review_id)], actor, undone=False)
            self._leases.drop(review.item_id, spec.id, actor)
            told = f"Redone: {review.verdict} on {self._changed(review, actor)}."
            return Redone(review, told, self._queues.progress(self._landing.queue(spec.id), self._overlap))

    def history(self, actor: Actor, limit: int = 20) -> list[PastDecision]:
        """The actor's last standing decisions, newest first."""
        reviews = self._store.reviews.latest_of(actor.person, limit)
        items = {item.item_id: item for item in self._store.items.get([r.item_id for r in reviews])} if reviews else {}
        lines = []
        for review in reviews:
            item, spec = items[review.item_id], self._store.schema.field(review.field)
            answer = describe_value(spec, review.value, item.text) if review.value is not None else review.reason
            lines.append(
                PastDecision(
                    review.review_id,
                    item.item_id,
                    item.key,
                    spec.id,
                    review.verdict,
                    answer,
                    item.text[:EXCERPT],
                    review.decided_at,
                )
            )
        return lines

    def similar(self, actor: Actor, item_id: int, field: str, limit: int = 12) -> list[SimilarItem]:
        """Undecided items whose words are most like this one's, most alike first."""
        from tools.sample.lookalikes import (
            lookalikes,
        )  # late: brings the numeric stack that a plain review does not need

        view = ProjectView(self._store, actor)
        found = lookalikes(view, item_id, field or self._store.schema.main_field().id, limit)
        items = self._store.items.get(found) if found else []
        return [SimilarItem(item.item_id, item.key, item.text[:EXCERPT]) for item in items]

    def outdated(self, actor: Actor, exposure_ids: Sequence[int]) -> list[int]:
        """Cards in hand that are without a suggestion only because it came after they were fetched."""
        found = overtaken(self._store, [self._own(one, actor) for one in exposure_ids])
        return [one for one in exposure_ids if one in found]

    def renew(self, actor: Actor, exposure_ids: Sequence[int], tickets: Sequence[str] = ()) -> list[int]:
        """Keep the cards in hand; returns the exposures that were lost to somebody else, or are not known here."""
        with self._lock:
            exposures, away = self._known(actor, exposure_ids, tickets)
            for exposure in exposures:
                spec = self._store.schema.field(exposure.field)
                queue = self._landing.queue(spec.id)
                try:
                    refuse_away(self._leases, queue, actor, self._overlap, exposure)
                    self._refuse_taken(exposure.item_id, spec, actor, queue, exposure.issued_at)
                    self._leases.take(exposure.item_id, spec.id, actor, self._lease_seconds)
                except LeaseTaken:
                    away.append(exposure.exposure_id)
            return away

    def _known(
        self, actor: Actor, exposure_ids: Sequence[int], tickets: Sequence[str]
    ) -> tuple[list[Exposure], list[int]]:
        """The cards that are the actor's, and the numbers of those that a page holds from another state."""
        if not tickets:
            return [self._own(one, actor) for one in exposure_ids], []
        known, unknown = [], []
        for exposure_id, ticket in zip(exposure_ids, tickets, strict=True):
            try:
                known.append(self._own(exposure_id, actor, ticket))
            except CardUnknown:
                unknown.append(exposure_id)
        return known, unknown

    def release(self, actor: Actor, exposure_ids: Sequence[int]) -> None:
        """Give cards back undecided."""
        with self._lock:
            for exposure in (self._own(one, actor) for one in exposure_ids):
                self._leases.drop(exposure.item_id, exposure.field, actor)

    # -- parts --------------------------------------------------------------------------------------------------

    @property
    def _overlap(self) -> int:
        return int(self._store.settings.get("overlap"))

    @property
    def _lease_seconds(self) -> int:
        return int(self._store.settings.get("lease_seconds"))

    def _active(self, field_id: str) -> str:
        return str(self._store.settings.get(f"backend.{field_id}") or "")

    def _first_open_field(self, actor: Actor) -> FieldSpec:
        for spec in self._store.schema.fields:
            if self._queues.open_to(self._landing.queue(spec.id), actor.person, self._overlap):
                return spec
        return self._store.schema.main_field()

    def own_exposure(self, actor: Actor, exposure_id: int) -> Exposure:
        """The exposure, :class:`NotAllowed` where it was shown to somebody else."""
        return self._own(exposure_id, actor)

    def _own(self, exposure_id: int, actor: Actor, ticket: str | None = None, item_id: int | None = None) -> Exposure:
        exposure = known_exposure(self._store, exposure_id, ticket, item_id)
        if exposure.reviewer != actor.person:
            raise NotAllowed(f"Card {exposure_id} was shown to {exposure.reviewer}, not to {actor.person}.")
        return exposure

    def _take(self, actor: Actor, spec: FieldSpec, served: Sequence[Served], is_shown: bool) -> None:
        for at, one in enumerate(served):
            self._leases.take(one.item_id, spec.id, actor, self._lease_seconds, is_shown and at == 0)

    def _issue(self, actor: Actor, spec: FieldSpec, queue: FieldQueue, served: Sequence[Served]) -> list[Card]:
        # Who has seen a suggestion cannot be blind to it again.
        seen = self._store.reviews.seen_by(actor.person, spec.id, [one.item_id for one in served])
        # Nor is who was told what others answered.
        told = self._store.reviews.told_of(actor.person, spec.id, [one.item_id for one in served])
        # What speaks to the labeller may have bent its suggestion: people decide without it.
        suspicious = self._store.runs.suspicious(spec.id)
        closed = {one.item_id for one in served if one.is_blind or one.item_id in suspicious} - seen
        open_ids = [one.item_id for one in served if one.item_id not in closed]
        proposals = self._store.runs.latest(spec.id, open_ids, self._active(spec.id)) if open_ids else {}
        requests = []
        for one in served:
            proposal = proposals.get(one.item_id)
            kind: ExposureKind = "blind" if proposal is None else "suggested"
            if one.item_id in seen and (one.is_blind or one.item_id in suspicious or proposal is None):
                kind = "revealed"
            if one.item_id in told and kind == "blind":
                kind = "revealed"
            # A suspicious item is blind for what it says and not by a draw, so its label must not calibrate.
            adaptive = bool(one.entry and one.entry.adaptive) or (one.item_id in suspicious and not one.is_blind)
            requests.append(
                ExposureRequest(
                    one.item_id, spec.id, kind, proposal.proposal_id if proposal else None, one.inclusion_p, adaptive
                )
            )
        exposures = self._store.reviews.expose(requests, actor)
        if served:
            self._store.items.get([one.item_id for one in served])  # at once, so that each card finds its own read
        cards = []
        for one, exposure in zip(served, exposures, strict=True):
            why = one.entry.reason if one.entry and exposure.kind != "blind" else ""
            why = SPEAKS_TO_LABELLER if one.item_id in suspicious and exposure.kind == "blind" else why
            cards.append(self._card(actor, spec, queue, exposure, proposals.get(one.item_id), why))
        return cards

    def _standing(self, queue: FieldQueue, item_id: int, person: str) -> Review | None:
        """The person's own answer. Memory knows of whom there is none, which is nearly always so."""
        if not self._queues.mine(queue, person).status[item_id - 1]:
            return None
        return self._store.reviews.standing_of(item_id, queue.field, person)

    def _card(
        self,
        actor: Actor,
        spec: FieldSpec,
        queue: FieldQueue,
        exposure: Exposure,
        suggestion: Proposal | None,
        why: str,
    ) -> Card:
        item = self._store.items.get([exposure.item_id])[0]
        standing = self._standing(queue, item.item_id, actor.person)
        backend = str(self._store.runs.identity(suggestion.run_id)["backend"]) if suggestion else ""
        spans = regions_on_card(self._store, actor, item.item_id, spec) if spec.record.joins else ()
        former = TakenBack(self._store.database, self._store.reviews).answer(item.item_id, spec.id, actor.person)
        stands, ticket = standing.value if standing else None, ticket_of(self._store.project_id, exposure)
        return Card(exposure, item, spec, suggestion, backend, stands, spans, why, ticket, former)

    def _refuse_taken(
        self, item_id: int, spec: FieldSpec, actor: Actor, queue: FieldQueue, shown: datetime | None = None
    ) -> None:
        """Refuse what others have or have decided. A lead may settle a decided item, but only one that was decided
        before the card was ``shown``: otherwise it would be settled without having been looked at."""
        room = self._overlap - int(queue.counts[item_id - 1])
        if room <= 0:
            since = shown if actor.may("lead") else None
            is_free = actor.may("lead") and shown is None
            others = [] if is_free else self._store.reviews.deciders(item_id, spec.id, since)
            deciders = people_told((one for one in others if one != actor.person), actor)
            if deciders:
                raise LeaseTaken(f"{deciders} decided {spec.name} of this item already; the next one is shown.")
        elif self._leases.others_at(item_id, spec.id, actor) >= room:
            holder = self._leases.holder(item_id, spec.id, actor)
            raise LeaseTaken(f"{holder} has this item in hand; the next one is shown.")

    def _store_decision(
        self, actor: Actor, decision: Decision, exposure: Exposure, spec: FieldSpec, queue: FieldQueue
    ) -> Review:
        item_id = exposure.item_id
        mine = self._standing(queue, item_id, actor.person)
        if (mine is None or mine.value is None) and decision.verdict not in _EVENTS:
            self._refuse_taken(item_id, spec, actor, queue, exposure.issued_at)
        refuse_stale(self._store, exposure)
        refuse_answered(self._store, decision, exposure, spec, mine)
        is_done = int(queue.counts[item_id - 1]) >= self._overlap
        request = read_decision(self._store, actor, decision, exposure, spec, is_done)
        counted = as_decided(self._store, exposure)
        with self._landing.away(item_id, spec.id):
            review = self._store.reviews.add(request, counted, self._store.schema_version, actor)
        if review.verdict not in _EVENTS:
            self._note(self._queues.now(spec.id), actor.person, item_id, mine, review)
            self._leases.end(item_id, spec.id, actor.person)
            if review.value is not None:
                self._on_label(spec.id)
        return review

    def _note(self, queue: FieldQueue, person: str, item_id: int, before: Review | None, after: Review) -> None:
        had, has = before is not None and before.value is not None, after.value is not None
        queue.counts[item_id - 1] += int(has) - int(had)
        self._queues.mine(queue, person).status[item_id - 1] = 1 if has else 2
        if had and not has:
            queue.main_from = queue.blind_from = 0  # the item is open again for others

    def _refresh(self, item_id: int, field_id: str, person: str) -> None:
        """Bring the memory of one item in line with the store after an undo."""
        queue = self._landing.queue(field_id)
        queue.counts[item_id - 1] = len(self._store.reviews.deciders(item_id, field_id))
        standing = self._store.reviews.standing_of(item_id, field_id, person)
        status = 0 if standing is None else (1 if standing.value is not None else 2)
        self._queues.mine(queue, person).status[item_id - 1] = status
        queue.main_from = queue.blind_from = 0

    def _changed(self, review: Review, actor: Actor) -> str:
        """Tell the queue that a decision was taken back or put back; the key of its item."""
        self._refresh(review.item_id, review.field, actor.person)
        self._on_label(review.field)
        return self._store.items.keys([review.item_id])[0]
