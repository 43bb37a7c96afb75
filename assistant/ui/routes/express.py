"""The requests that every reviewer sends with every card, past the layers that all others go through.

They are the same routes with the same checks, called directly: a request of this kind costs a third of what it costs by
the whole way. They run on threads of their own, so that no decision waits behind chats, pictures or reports. Whatever
is not plain (a body that does not fit, nobody signed in) takes the whole way and gets its answer there.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_type_hints

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.ui.door.who import Who
from tools.errors import AssistantError
from tools.records import Actor

PATHS = ("/card/next", "/card/painted", "/card/decide")
_THREADS = 64
Call = tuple[type[BaseModel], Callable[[Any, Actor], dict[str, Any]]]


class Express:
    """ASGI middleware behind the guard; everything that is not for it passes."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute], who: Who, host: FastAPI) -> None:
        """``routes`` hold those of :data:`PATHS`, each a function of a body and an actor; ``host`` answers errors."""
        self._app, self._who, self._host = app, who, host
        self._calls = {route.path: _call(route) for route in routes if _is_quick(route)}  # type: ignore[attr-defined]
        self._threads = ThreadPoolExecutor(_THREADS, "card")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is quick, pass on the rest."""
        call = self._calls.get(scope["path"]) if _is_json_post(scope) else None
        if call is None:
            await self._app(scope, receive, send)
            return
        content = await _content(receive)
        if content is None:
            return
        answer = await self._answer(call, scope, content)
        await (answer or self._app)(scope, _again(content, receive), send)

    async def _answer(self, call: Call, scope: Scope, content: bytes) -> Response | None:
        kind, run = call
        request = Request(scope)
        try:
            actor, body = self._who.at_window(request), kind.model_validate_json(content)
        except (AssistantError, ValidationError):
            return None
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._threads, lambda: _as_json(run(body, actor)))
        except Exception as error:  # noqa: BLE001  the host's handlers answer defects, too
            return await self._problem(request, error)
        return Response(answer, media_type="application/json")

    async def _problem(self, request: Request, error: Exception) -> Response:
        handlers = self._host.exception_handlers
        handler: Any = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
        answer: Response = await handler(request, error)
        return answer


def _is_quick(route: BaseRoute) -> bool:
    return isinstance(route, APIRoute) and route.path in PATHS


def _call(route: BaseRoute) -> Call:
    assert isinstance(route, APIRoute)
    return get_type_hints(route.endpoint)["body"], route.endpoint


def _is_json_post(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    return any(name == b"content-type" and value.startswith(b"application/json") for name, value in scope["headers"])


async def _content(receive: Receive) -> bytes | None:
    """The whole body, which the guard has found small; ``None`` where whoever asked has gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(content: bytes, receive: Receive) -> Receive:
    """A body that was read already, for whoever reads it now."""
    waiting: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving


def _as_json(record: dict[str, Any]) -> bytes:
    # With escapes, so that half a character in a text cannot make the whole answer impossible.
    return json.dumps(record, allow_nan=False, separators=(",", ":")).encode()
