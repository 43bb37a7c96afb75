"""Routes of the chat: saying something, following what comes of it, and Stop."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from assistant.ui.chat.chats import Chats, Sentence
from assistant.ui.door.who import Who
from assistant.ui.routes.card_routes import Body
from tools.errors import InputError
from tools.records import Actor

_LOOK_EVERY = 0.05
_HOLD_SECONDS = 15.0


class SayBody(Body):
    """Something said; ``number`` is the page's own, so that the same sentence sent twice is taken once."""

    text: str
    number: Annotated[str, Field(max_length=60)]
    exposure: int | None = None
    is_changed: bool = False


def chat_router(chats: Chats, who: Who) -> APIRouter:
    """The routes under ``/page/chat``."""
    router = APIRouter(prefix="/page/chat")

    def actor_of(request: Request) -> Actor:
        return who.by_chat(who.cookie(request))

    @router.post("/say")
    def say(body: SayBody, request: Request) -> dict[str, Any]:
        actor, words = actor_of(request), body.text.strip()
        if not words:
            raise InputError("There is nothing to answer: the sentence is empty.")
        chat = chats.of(actor.person, actor.role)
        chat.say(Sentence(words, actor, body.exposure, body.is_changed), body.number)
        return chat.state(-1)

    @router.post("/stop")
    def stop(request: Request) -> dict[str, Any]:
        actor = actor_of(request)
        chat = chats.of(actor.person, actor.role)
        chat.stop()
        return chat.state(-1)

    @router.get("/state")
    async def state(request: Request, seen: int = -1, signals: int = -1) -> dict[str, Any]:
        """Where the chat stands, as soon as that is not what was ``seen`` any more."""
        actor = actor_of(request)
        chat = await asyncio.to_thread(chats.of, actor.person, actor.role)
        until = time.monotonic() + _HOLD_SECONDS
        while chat.version == seen and time.monotonic() < until:
            await asyncio.sleep(_LOOK_EVERY)
        return chat.state(signals)

    return router
