"""One OpenAI-compatible endpoint: asks within the budget, waits when told to, and keeps every reply that arrives."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from tools.backends.contract import ReplyLog
from tools.backends.remote_dialect import Dialect, Reply, read_body
from tools.errors import BackendFailed, BackendMissing
from tools.records import to_json

USUAL_ADDRESS = "https://api.openai.com/v1"
REMEDY = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own (which needs no key)."
MOST_TRIES = 6
LONGEST_WAIT = 60.0

_FREE_TO_REPEAT = (429, 503, 529)
_PERHAPS_PAID = (408, 409, 502, 504)
# What each endpoint turned out to understand, for as long as the process lives.
_DIALECTS: dict[tuple[str, str], Dialect] = {}


class RequestRefused(BackendFailed):
    """The endpoint works but will not answer this one request."""


class NoAnswer(BackendFailed):
    """The endpoint did not answer, however often it was asked."""


class _Passing(Exception):
    """Worth another try. ``paid`` says whether the call may have cost something; ``wait`` what the server asked for."""

    def __init__(self, message: str, paid: bool, wait: float | None = None) -> None:
        super().__init__(message)
        self.paid = paid
        self.wait = wait


class _Refusal(Exception):
    """Not in this form; another dialect may do."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask: messages, the JSON Schema of the answer and the most tokens it may take."""

    messages: tuple[Mapping[str, str], ...]
    schema: Mapping[str, Any]
    answer_tokens: int

    @property
    def prompt_tokens(self) -> int:
        """Estimated tokens of the messages and the schema."""
        return estimate_tokens("".join(one["content"] for one in self.messages)) + estimate_tokens(to_json(self.schema))

    def followed_by(self, *messages: Mapping[str, str]) -> Request:
        """The same conversation, longer."""
        return Request((*self.messages, *messages), self.schema, self.answer_tokens)


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, for which model. ``sleep`` is there for tests."""

    model: str
    address: str = USUAL_ADDRESS
    api_key: str = field(default="", repr=False)
    timeout: float = 60.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __post_init__(self) -> None:
        """Without an address of one's own there must be a key."""
        if not self.model:
            raise BackendMissing("remote: needs the name of a model, for example remote:gpt-4o-mini.")
        if self.address == USUAL_ADDRESS and not self.api_key:
            raise BackendMissing(f"remote:{self.model} has no endpoint.", REMEDY)

    @property
    def shown_address(self) -> str:
        """The address without user name and password."""
        parts = urlsplit(self.address)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"

    def call_key(self, request: Request) -> str:
        """What makes two calls the same call; the dialect does not, the answer means the same in all."""
        settings = {"temperature": 0, "answer_tokens": request.answer_tokens, "schema": request.schema}
        same = {"address": self.shown_address, "model": self.model, "settings": settings, "messages": request.messages}
        return hashlib.sha256(to_json(same).encode("utf-8", "surrogatepass")).hexdigest()

    def ask(self, request: Request, calls: ReplyLog) -> Reply:
        """The reply, from the log where it once arrived; ``BudgetSpent`` comes before anything is sent."""
        key = self.call_key(request)
        known = calls.known(key)
        return read_body(known if known is not None else self._ask_anew(key, request, calls))

    def _ask_anew(self, key: str, request: Request, calls: ReplyLog) -> str:
        dialect = _DIALECTS.get((self.address, self.model), Dialect())
        booking, tries = key, 0
        while True:
            calls.reserve(booking, request.prompt_tokens + request.answer_tokens)
            try:
                raw = self._post(request, dialect)
            except _Refusal as refusal:
                calls.failed(booking)
                weaker = dialect.after_refusal(str(refusal))
                if weaker is None:
                    raise RequestRefused(f"remote:{self.model} refused the request: {refusal}") from None
                dialect = weaker
            except _Passing as trouble:
                tries += 1
                if not trouble.paid:
                    calls.failed(booking)
                if tries >= MOST_TRIES:
                    raise NoAnswer(f"remote:{self.model} did not answer in {tries} tries: {trouble}") from None
                # A call that may have been paid stays booked; the next try is booked beside it.
                booking = f"{key}#{tries}" if trouble.paid else booking
                self.sleep(_pause(tries, trouble.wait))
            except BackendFailed:
                calls.failed(booking)
                raise
            else:
                _DIALECTS[self.address, self.model] = dialect
                self._keep(key, raw, request, calls)
                return raw

    def _keep(self, key: str, raw: str, request: Request, calls: ReplyLog) -> None:
        reply = read_body(raw)
        asked = request.prompt_tokens if reply.prompt_tokens is None else reply.prompt_tokens
        answered = estimate_tokens(reply.text) if reply.answer_tokens is None else reply.answer_tokens
        calls.received(key, raw, asked, answered)

    def _post(self, request: Request, dialect: Dialect) -> str:
        import openai

        arguments = dialect.arguments(request.messages, request.schema, request.answer_tokens)
        extra = {"extra_body": {"model": self.model, **arguments}}
        # Everything goes through the raw response: odd servers do not fit the package's own types.
        try:
            create: Any = _client(self.address, self.api_key, self.timeout).chat.completions.with_raw_response.create
            return str(create(model=self.model, messages=arguments["messages"], **extra).text)
        except openai.APITimeoutError:
            raise _Passing(f"no reply within {self.timeout:g} seconds", paid=True) from None
        except openai.APIConnectionError as error:
            cause = type(error.__cause__).__name__
            raise _Passing(f"{self.shown_address} cannot be reached ({cause})", paid=cause != "ConnectError") from None
        except openai.APIStatusError as error:
            raise self._judge(error.status_code, self._redact(error.message), error.response.headers) from None

    def _judge(self, status: int, message: str, headers: Mapping[str, str]) -> Exception:
        """What a status other than success means for what to do next."""
        if status in (401, 403):
            return BackendFailed(f"{self.shown_address} refuses the key of remote:{self.model}. {REMEDY}")
        if status == 404:
            return BackendFailed(f"{self.shown_address} knows no model {self.model!r}: {message}")
        if status == 402 or "insufficient_quota" in message:
            return BackendFailed(f"{self.shown_address} has no quota left for this key: {message}")
        if status in _FREE_TO_REPEAT:
            return _Passing(f"status {status}", paid=False, wait=_asked_wait(headers))
        if status in _PERHAPS_PAID:
            return _Passing(f"status {status}", paid=True, wait=_asked_wait(headers))
        # Servers answer 500 as well as 400 to a response format that they do not know.
        return _Refusal(f"status {status}: {message[:300]}")

    def _redact(self, message: str) -> str:
        return message.replace(self.api_key, "…") if self.api_key else message


@lru_cache(maxsize=8)
def _client(address: str, api_key: str, timeout: float) -> Any:
    """One client an endpoint, so that its connections are used again; it may be shared between threads."""
    import openai

    return openai.OpenAI(base_url=address, api_key=api_key or "none", timeout=timeout, max_retries=0)


def endpoint_of(model: str) -> Endpoint:
    """The endpoint that ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` name."""
    address = os.environ.get("OPENAI_BASE_URL", "").strip() or USUAL_ADDRESS
    return Endpoint(model, address.rstrip("/"), os.environ.get("OPENAI_API_KEY", "").strip())


def estimate_tokens(text: str) -> int:
    """Tokens of a text to within about a quarter: four ASCII characters a token, one and a half of other scripts."""
    ascii_count = sum(character.isascii() for character in text)
    return -(-ascii_count // 4) + round((len(text) - ascii_count) / 1.5)


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for; ``None`` where it is absent or a date."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / scale)
        except (KeyError, ValueError):
            continue
    return None


def _pause(tries: int, asked: float | None) -> float:
    """Seconds to wait before the next try: what was asked for, else half a second and twice as long each time."""
    return min(LONGEST_WAIT, asked if asked is not None else 0.5 * 2 ** (tries - 1))
