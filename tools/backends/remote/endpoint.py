"""One OpenAI-compatible endpoint: where it is, what is sent to it, and what its answers mean for the next try."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

import httpx

from tools.backends.contract import ReplyLog
from tools.backends.remote.call import Call
from tools.backends.remote.dialect import Dialect, Reply, read_body
from tools.backends.remote.http import BoundedClient, ReplyTooLong, SentElsewhere, Unwanted, is_own, unless
from tools.backends.remote.request import Overlong, Passing, Refusal, Request, RequestRefused
from tools.backends.remote.sent_pictures import with_picture
from tools.errors import BackendFailed, BackendMissing, JobStopped
from tools.records import to_json

USUAL_ADDRESS = "https://api.openai.com/v1"
REMEDY = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own (which needs no key)."
TIMEOUT = 60.0
"""Seconds until a call counts as lost, where nobody says otherwise."""

CONNECTIONS = 16
"""Calls at a time, where nobody says otherwise."""

_FREE_TO_REPEAT = (429, 503, 529)
_PERHAPS_PAID = (408, 409, 502, 504)
# No other form of the question makes a text shorter or a filter friendlier.
_ABOUT_THE_TEXT = (
    "context length",
    "context_length",
    "too long",
    "too many tokens",
    "content_filter",
    "content filter",
)
_READ_OF_REFUSALS = 4000
_SHOWN = 300


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, for which model. ``sleep`` and ``clock`` are there for tests."""

    model: str
    address: str = USUAL_ADDRESS
    api_key: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    connections: int = CONNECTIONS
    sleep: Callable[[float], None] | None = field(default=None, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        """Without an address of one's own there must be a key."""
        if not self.model:
            raise BackendMissing("remote: needs the name of a model, for example remote:gpt-4o-mini.")
        if self.address == USUAL_ADDRESS and not self.api_key:
            raise BackendMissing(f"remote:{self.model} has no endpoint.", REMEDY)
        if urlsplit(self.address).scheme not in ("http", "https") or not urlsplit(self.address).hostname:
            raise BackendMissing(
                f"OPENAI_BASE_URL is {self.shown_address!r}, which is no address.", "It begins with http:// or https://"
            )

    @property
    def shown_address(self) -> str:
        """The address without user name and password."""
        parts = urlsplit(self.address)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"

    @property
    def can_bill(self) -> bool:
        """Whether a call without a reply may have cost something.

        A server of one's own that is asked without key and password has nobody to bill: what is hung up there is over.
        """
        return bool(self.api_key) or urlsplit(self.address).username is not None or not is_own(self.address)

    def call_key(self, request: Request) -> str:
        """What makes two calls the same call; the dialect does not, the answer means the same in all."""
        settings: dict[str, Any] = {
            "temperature": request.temperature,
            "answer_tokens": request.answer_tokens,
            "schema": request.schema,
        }
        if request.sample:
            settings["sample"] = request.sample
        if request.picture is not None:
            settings["picture"] = request.picture.digest
        same = {"address": self.shown_address, "model": self.model, "settings": settings, "messages": request.messages}
        return hashlib.sha256(to_json(same).encode("utf-8", "surrogatepass")).hexdigest()

    def known(self, request: Request, calls: ReplyLog) -> Reply | None:
        """The reply of the log, ``None`` where this call was never answered; nothing is sent."""
        raw = calls.known(self.call_key(request))
        return None if raw is None else read_body(raw)

    def ask(self, request: Request, calls: ReplyLog) -> Reply:
        """The reply, from the log where it once arrived; ``BudgetSpent`` comes before anything is sent."""
        known = self.known(request, calls)
        return known if known is not None else read_body(Call(self, request, calls).raw())

    def post(self, request: Request, dialect: Dialect, is_unwanted: Callable[[], bool] = lambda: False) -> str:
        """Send it once and return the raw body, or raise what is to be done instead."""
        messages = with_picture(request.messages, request.picture) if request.picture else request.messages
        body = {
            "model": self.model,
            **dialect.arguments(messages, request.schema, request.answer_tokens, request.temperature),
        }
        return self._checked(self.send("POST", "chat/completions", body, is_unwanted))

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        is_unwanted: Callable[[], bool] = lambda: False,
        seconds: float = 0.0,
    ) -> httpx.Response:
        """The response to one request, whatever its status; a network that fails is :class:`Passing`."""
        content = None if body is None else json.dumps(body).encode("ascii")
        seconds = seconds or self.timeout
        try:
            with unless(is_unwanted):
                return _client(self.api_key, seconds).request(
                    method, f"{self.address}/{path}", content=content, headers={"Content-Type": "application/json"}
                )
        except SentElsewhere:
            raise
        except Unwanted:
            raise JobStopped("The job was stopped before the reply came.") from None
        except ReplyTooLong as problem:
            raise Overlong(f"remote:{self.model} gave no usable reply: {problem}") from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            told = f"{self.shown_address} cannot be reached ({_reason(error)})"
            raise Passing(told, paid=False, is_down=True) from None
        except httpx.TimeoutException:
            raise Passing(f"no reply within {seconds:g} seconds", paid=True, is_late=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            told = f"{self.shown_address} broke the connection off ({type(error).__name__})"
            raise Passing(told, paid=True) from None

    def _checked(self, response: httpx.Response) -> str:
        """The body of a success; anything else is raised as what it means."""
        raw = response.text
        if not response.is_success:
            raise self.judge(response.status_code, raw, response.headers)
        error = _error_of(raw)
        # Some gateways say 200 and put the trouble into the body.
        if error is not None and "choices" not in error:
            code = _mapping(error.get("error")).get("code")
            raise self.judge(code if type(code) is int and 400 <= code < 600 else 500, raw, response.headers)
        return raw

    def judge(self, status: int, raw: str, headers: Mapping[str, str]) -> Exception:
        """What a status other than success means for what to do next."""
        message = self._redact(_message_of(raw))
        whole = self._redact(raw[:_READ_OF_REFUSALS])
        if status in (401, 403):
            return BackendFailed(f"{self.shown_address} refuses the key of remote:{self.model}. {REMEDY}")
        if status == 404:
            return BackendFailed(f"{self.shown_address} knows no model {self.model!r}: {message[:_SHOWN]}")
        if status == 402 or "insufficient_quota" in whole:
            return BackendFailed(f"{self.shown_address} has no quota left for this key: {message[:_SHOWN]}")
        if status in _FREE_TO_REPEAT:
            return Passing(f"status {status}", paid=False, wait=_asked_wait(headers))
        if status in _PERHAPS_PAID:
            return Passing(f"status {status}", paid=True, wait=_asked_wait(headers))
        if any(sign in whole.casefold() for sign in _ABOUT_THE_TEXT):
            return RequestRefused(f"remote:{self.model} refused the request: {message[:_SHOWN]}")
        # Servers answer 500 as well as 400 to a response format that they do not know.
        return Refusal(f"status {status}: {message[:_SHOWN]}", whole)

    def _redact(self, message: str) -> str:
        return message.replace(self.api_key, "…") if self.api_key else message


@lru_cache(maxsize=8)
def _client(api_key: str, seconds: float) -> BoundedClient:
    """One client for a key and a time, so that its connections are used again; it may be shared between threads."""
    return BoundedClient(seconds, {"Authorization": f"Bearer {api_key}"} if api_key else {})


def endpoint_of(model: str, timeout: float = TIMEOUT, connections: int = CONNECTIONS) -> Endpoint:
    """The endpoint that ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` name."""
    address = os.environ.get("OPENAI_BASE_URL", "").strip() or USUAL_ADDRESS
    return Endpoint(model, address.rstrip("/"), os.environ.get("OPENAI_API_KEY", "").strip(), timeout, connections)


def _reason(error: Exception) -> str:
    """Why nobody was reached, in two words where the system says it in its own way."""
    said = str(error).casefold()
    if "refused" in said:
        return "nothing listens there"
    if "name" in said or "getaddrinfo" in said or "address" in said:
        return "there is no host of that name"
    return "it does not answer" if isinstance(error, httpx.TimeoutException) else str(error)[:100] or "no connection"


def _error_of(raw: str) -> Mapping[str, Any] | None:
    """The body of an answer that holds an error, ``None`` for any other."""
    if '"error"' not in raw[:_READ_OF_REFUSALS]:
        return None
    try:
        found = _mapping(json.loads(raw))
    except (ValueError, RecursionError):
        return None
    return found if found.get("error") else None


def _message_of(raw: str) -> str:
    """What a refusal says to its reader, out of the shapes that servers give it."""
    try:
        found = _mapping(json.loads(raw))
    except (ValueError, RecursionError):
        return " ".join(raw.split())
    error = found.get("error") or found.get("detail") or found.get("message") or raw
    said = _mapping(error).get("message") or error
    return said if isinstance(said, str) else to_json(said)


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for, as a number or as a date; ``None`` where it is absent or nonsense."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / scale
        except (KeyError, ValueError):
            continue
        return max(0.0, seconds) if isfinite(seconds) else None
    try:
        until = parsedate_to_datetime(headers["retry-after"])
        return max(0.0, (until - datetime.now(UTC)).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
