"""Routes of segmenting in the card: have the picture encoded, then ask for masks of what is pointed at.

Nothing is stored here. The page keeps the clicks with the region, and both arrive with the decision.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from assistant.learning.encoder import EncodingOrder, EncodingState
from assistant.ui.door.who import Person
from assistant.ui.ports import OpenProject
from assistant.ui.routes.card_routes import Body, Id, Name
from tools.backends.masks.registry_segment import is_encoder
from tools.errors import BackendFailed, InputError
from tools.records import Actor, Exposure, Media
from tools.segment.pointing import segmenter_reference

_AHEAD = 3
_MOST_POINTS = 20_000
_PATIENCE_SECONDS = 300.0
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6)]
Spot = tuple[Coordinate, Coordinate]
Line = Annotated[list[Spot], Field(max_length=_MOST_POINTS)]


class EncodeBody(Body):
    """The card whose picture is on the screen."""

    exposure: Id
    backend: Name = ""


class Scribbles(Body):
    """Lines over the object and over the background."""

    object: Annotated[list[Line], Field(max_length=200)] = Field(default_factory=list)
    background: Annotated[list[Line], Field(max_length=200)] = Field(default_factory=list)


class Runs(Body):
    """A mask as COCO writes it: size [height, width] and compressed runs."""

    size: tuple[int, int]
    counts: Annotated[str, Field(max_length=20_000_000)]


class PreviewBody(Body):
    """What is pointed at, in pixels of the full-size image."""

    exposure: Id
    clicks: Annotated[list[tuple[Coordinate, Coordinate, int]], Field(max_length=200)] = Field(default_factory=list)
    box: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = None
    scribbles: Scribbles | None = None
    region: Runs | None = None
    backend: Name = ""


def segment_router(session: OpenProject) -> APIRouter:
    """The routes under ``/card/segment``."""
    router = APIRouter(prefix="/card/segment")

    @router.post("/encode")
    def encode(body: EncodeBody, actor: Person) -> dict[str, Any]:
        exposure, media = _picture(session, actor, body.exposure)
        reference = _reference(session, actor, body.backend)
        state = _encoding(session, reference, media)
        for other in _next_pictures(session, actor, exposure) if is_encoder(reference) else ():
            session.encoder.want(_order(session, reference, other), is_urgent=False)
        if state.state == "failed":
            raise BackendFailed(state.problem)
        return {"state": state.state, "seconds": round(state.seconds, 1), "backend": reference}

    @router.post("/preview")
    def preview(body: PreviewBody, actor: Person) -> dict[str, Any]:
        exposure, media = _picture(session, actor, body.exposure)
        reference = _reference(session, actor, body.backend)
        if is_encoder(reference):
            _wait_for(session, reference, media)
        strokes = body.scribbles or Scribbles()
        asked = {
            "item": exposure.item_id,
            "clicks": body.clicks,
            "box": body.box,
            "object_strokes": strokes.object,
            "background_strokes": strokes.background,
            "region": None if body.region is None else body.region.model_dump(),
            "backend": reference,
        }
        answer: dict[str, Any] = session.executor.preview(
            "segment", asked, actor, f"{actor.session}/{actor.person}/{exposure.exposure_id}"
        )
        return answer

    return router


def _picture(session: OpenProject, actor: Actor, exposure_id: int) -> tuple[Exposure, Media]:
    """The exposure, if it is the actor's own, with the image that it shows."""
    exposure: Exposure = session.desk.own_exposure(actor, exposure_id)
    media: Media | None = session.store.media.of([exposure.item_id]).get(exposure.item_id)
    if media is None:
        raise InputError(f"Item #{exposure.item_id} is no image; only images can be segmented.")
    return exposure, media


def _reference(session: OpenProject, actor: Actor, wanted: str) -> str:
    """Only who may set the project's back-ends may name another one: a name can make the program load a file."""
    usual = segmenter_reference("", session.store.settings.all())
    if wanted in ("", usual):
        return usual
    if is_encoder(wanted) and not actor.may("engineer"):
        raise InputError(f"This project segments with {usual}; another back-end is chosen by an engineer or a lead.")
    return wanted


def _order(session: OpenProject, reference: str, media: Media) -> EncodingOrder:
    place = session.store.media.file(media)
    return EncodingOrder(reference, media.digest, str(place), str(session.store.arrays.folder))


def _encoding(session: OpenProject, reference: str, media: Media) -> EncodingState:
    if not is_encoder(reference):
        return EncodingState("ready", 0.0)
    state: EncodingState = session.encoder.want(_order(session, reference, media))
    return state


def _wait_for(session: OpenProject, reference: str, media: Media) -> None:
    """The page asks after the encoding is ready; whoever asks earlier waits."""
    state: EncodingState = session.encoder.wait(_order(session, reference, media), _PATIENCE_SECONDS)
    if state.state == "failed":
        raise BackendFailed(state.problem)


def _next_pictures(session: OpenProject, actor: Actor, exposure: Exposure) -> list[Media]:
    """Images of the other items that the person has in hand: the cards that were fetched ahead."""
    in_hand = [
        item_id
        for item_id, field, person, _ in session.store.leases.live()
        if person == actor.person and field == exposure.field and item_id != exposure.item_id
    ]
    return list(session.store.media.of(in_hand[:_AHEAD]).values()) if in_hand else []
