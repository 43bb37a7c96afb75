"""What a request may carry: JSON that can be written down. Anything else is refused before a route sees it."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.ui.problems import problem
from tools.errors import InputError
from tools.writable import refuse_unwritable

_LONGEST_NUMBER = 400
_OURS = ("/card", "/page", "/media")


class PlainBodies:
    """Reads the JSON of every request that changes something, and passes on what is sound.

    The chat's own road (gradio's) is looked at for numbers and nesting only: what somebody says there is mended, not
    refused, because the sentence has left the box by then.
    """

    def __init__(self, app: ASGIApp, raw: tuple[str, ...] = ()) -> None:
        """``raw`` are paths whose bodies are files."""
        self._app, self._raw = app, raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse in one sentence, or pass on the same body."""
        if scope["type"] != "http" or not _is_json(scope) or scope["path"] in self._raw:
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        sentence = _what_is_wrong(body, scope["path"].startswith(_OURS))
        if sentence:
            await problem(400, "InputError", sentence)(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)


def _is_json(scope: Scope) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    # A route reads a body without a type as JSON, too.
    return not kinds or b"json" in kinds[0]


async def _whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving


def _what_is_wrong(body: bytes, is_ours: bool) -> str:
    """A sentence, empty where the body is sound or is no JSON at all, which the route says itself."""
    if not body.strip():
        return ""
    try:
        found = json.loads(body, parse_int=_number, parse_constant=_refuse_constant)
        refuse_unwritable(found, texts=is_ours)
    except InputError as error:
        return str(error)
    except RecursionError:
        return "Lists and objects lie too deep inside one another to be read."
    except ValueError:
        return ""
    return ""


def _number(digits: str) -> int:
    # Longer ones take quadratic time to read.
    if len(digits) > _LONGEST_NUMBER:
        raise InputError(f"Numbers may have up to 18 digits, got one of {len(digits)}.")
    return int(digits)


def _refuse_constant(name: str) -> Any:
    raise InputError(f"A number was expected, got {name}.")
