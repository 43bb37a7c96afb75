"""Routes of the review card: thin, same-origin JSON over the review desk. Every argument is checked again here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.cards import card_record, field_record
from assistant.progress import Progress, progress_record
from assistant.review import Decision
from assistant.ui.door.who import Person, PersonAtWindow, Who
from assistant.ui.ports import OpenProject
from tools.errors import OtherProject
from tools.records import Verdict

Id = Annotated[int, Field(ge=1, le=2**62)]
Name = Annotated[str, Field(max_length=200)]
Ticket = Annotated[str, Field(max_length=64)]
_MOST_HELD = 100


class Body(BaseModel):
    """What a route takes; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class NextBody(Body):
    """Cards that are wanted."""

    field: Name = ""
    count: Annotated[int, Field(ge=1, le=20)] = 1
    held: list[Id] = Field(default_factory=list, max_length=_MOST_HELD)


class ExposureBody(Body):
    """One card, with its ticket."""

    exposure: Id
    ticket: Ticket | None = None


class ExposuresBody(Body):
    """Several cards, each with its ticket where the page wants to know whether they are known here."""

    exposures: Annotated[list[Id], Field(max_length=_MOST_HELD)]
    tickets: Annotated[list[Ticket], Field(max_length=_MOST_HELD)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _pair(self) -> ExposuresBody:
        if self.tickets and len(self.tickets) != len(self.exposures):
            raise ValueError("each card needs its ticket")
        return self


class DecideBody(Body):
    """A decision. ``key`` makes sending it twice harmless; project, item and ticket make sure that it is this card's.

    A page may have waited with it while another project, or an earlier state of this one, took its address.
    """

    project: Name
    item: Id
    exposure: Id
    ticket: Ticket
    key: Annotated[str, Field(min_length=8, max_length=64)]
    verdict: Verdict
    value: dict[str, Any] | None = None
    reason: Annotated[str, Field(max_length=2000)] = ""
    regions: dict[Name, Annotated[str, Field(max_length=20)]] = Field(default_factory=dict)
    seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None


class UndoBody(Body):
    """Which decision to take back; without one the last."""

    review: Id | None = None


class ItemBody(Body):
    """One item, and the question about it."""

    item: Id
    field: Name = ""


def card_router(session: OpenProject, who: Who) -> APIRouter:
    """The routes under ``/card``."""
    router = APIRouter(prefix="/card")
    _add_serving(router, session)
    _add_deciding(router, session)
    _add_looking(router, session, who)
    return router


def _add_serving(router: APIRouter, session: OpenProject) -> None:
    desk = session.desk

    @router.post("/next")
    def next_cards(body: NextBody, actor: PersonAtWindow) -> dict[str, Any]:
        batch = desk.next_cards(actor, body.field, body.count, body.held)
        return {
            "cards": [card_record(card) for card in batch.cards],
            "outdated": list(batch.outdated),
            **_counts(batch.field, batch.progress),
            "finished": batch.finished,
            "message": batch.message,
        }

    @router.post("/painted")
    def painted(body: ExposureBody, actor: PersonAtWindow) -> dict[str, Any]:
        desk.painted(actor, body.exposure, body.ticket)
        return {}

    @router.post("/renew")
    def renew(body: ExposuresBody, actor: PersonAtWindow) -> dict[str, Any]:
        lost = desk.renew(actor, body.exposures, body.tickets)
        return {"lost": lost, "outdated": desk.outdated(actor, [one for one in body.exposures if one not in lost])}

    @router.post("/release")
    def release(body: ExposuresBody, actor: PersonAtWindow) -> dict[str, Any]:
        desk.release(actor, body.exposures)
        return {}

    @router.post("/reveal")
    def reveal(body: ExposureBody, actor: PersonAtWindow) -> dict[str, Any]:
        return {"card": card_record(desk.reveal(actor, body.exposure, body.ticket))}

    @router.post("/open")
    def open_card(body: ItemBody, actor: PersonAtWindow) -> dict[str, Any]:
        return {"card": card_record(desk.open_card(actor, body.item, body.field))}


def _add_deciding(router: APIRouter, session: OpenProject) -> None:
    desk = session.desk

    @router.post("/decide")
    def decide(body: DecideBody, actor: PersonAtWindow) -> dict[str, Any]:
        if body.project != session.store.project_id:
            raise OtherProject("This decision was made in another project and is not stored in this one.")
        receipt = desk.decide(actor, _decision(body))
        review = receipt.review
        return {
            "review": review.review_id,
            "saved_at": review.decided_at.isoformat(),
            **_counts(review.field, receipt.progress),
        }

    @router.post("/undo")
    def undo(body: UndoBody, actor: PersonAtWindow) -> dict[str, Any]:
        undone = desk.undo(actor, body.review)
        return {
            "undone": {"review": undone.review.review_id, "sentence": undone.sentence},
            "card": None if undone.card is None else card_record(undone.card),
            **_counts(undone.review.field, undone.progress),
        }

    @router.post("/redo")
    def redo(actor: Person) -> dict[str, Any]:
        redone = desk.redo(actor)
        review = redone.review
        return {
            "item": review.item_id,
            "field": review.field,
            "sentence": redone.sentence,
            **_counts(review.field, redone.progress),
        }


def _counts(field: str, progress: Progress) -> dict[str, Any]:
    """How far the field is by now; every answer that changes it says so."""
    return {**progress.record(), "of_field": field}


def _decision(body: DecideBody) -> Decision:
    return Decision(
        body.exposure,
        body.key,
        body.verdict,
        body.value,
        body.reason,
        body.regions,
        body.seconds,
        body.ticket,
        body.item,
    )


def _add_looking(router: APIRouter, session: OpenProject, who: Who) -> None:
    desk = session.desk

    @router.get("/history")
    def history(actor: Person) -> dict[str, Any]:
        names = {spec.id: spec.name for spec in session.schema.fields}
        return {
            "decisions": [
                {
                    "review": past.review_id,
                    "item": past.item_id,
                    "key": past.key,
                    "field": past.field,
                    "words": f"{names.get(past.field, past.field)}: {past.verdict} {past.answer}".strip(),
                    "excerpt": past.excerpt,
                    "at": past.at.isoformat(),
                }
                for past in desk.history(actor, 20)
            ]
        }

    @router.post("/similar")
    def similar(body: ItemBody, actor: Person) -> dict[str, Any]:
        found = desk.similar(actor, body.item, body.field, 12)
        return {"items": [{"id": one.item_id, "key": one.key, "excerpt": one.excerpt} for one in found]}

    @router.get("/project")
    def project(actor: Person) -> dict[str, Any]:
        schema, store = session.schema, session.store
        return {
            "project": store.name,
            "project_id": store.project_id,
            "content": schema.modality.content,
            "person": actor.person,
            "role": actor.role,
            "has_users": who.has_users(),
            "fields": [field_record(spec) for spec in schema.fields],
            "guideline": schema.guideline,
            "progress": progress_record(store, actor),
            "columns": list(store.settings.get("columns") or []),
            "reasons": list(schema.modality.reasons),
        }
