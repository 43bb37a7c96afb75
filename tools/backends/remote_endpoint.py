"""One OpenAI-compatible endpoint: asks within the budget, waits when told to, and keeps every reply that arrives."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from tools.backends.contract import ReplyLog
from tools.backends.remote_dialect import Dialect, Reply, read_body
from tools.backends.remote_pace import pause_of, terms_of
from tools.backends.sent_pictures import Picture, with_picture
from tools.errors import BackendFailed, BackendMissing
from tools.records import to_json

USUAL_ADDRESS = "https://api.openai.com/v1"
REMEDY = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own (which needs no key)."
TIMEOUT = 60.0
"""Seconds until a call counts as lost, where nobody says otherwise."""

CONNECTIONS = 16
"""Calls at a time, where nobody says otherwise."""

MOST_TRIES = 6
"""Tries of one call that may each have cost something, or that were refused without a time to wait."""

MOST_WAITS = 30
"""Times that one call waits because the server said for how long: such a refusal costs nothing."""

_FRAME = 16
# Makers count the same picture up to twice as dear as others do.
_PICTURE_MARGIN = 2
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


class RequestRefused(BackendFailed):
    """The endpoint works but will not answer this one request."""


class NoAnswer(BackendFailed):
    """The endpoint did not answer, however often it was asked. ``is_down``: nobody was there to be asked."""

    def __init__(self, message: str, is_down: bool = False) -> None:
        """Keep the sentence."""
        super().__init__(message)
        self.is_down = is_down


class _Passing(Exception):
    """Worth another try. ``paid`` says whether the call may have cost something; ``wait`` what the server asked for;
    ``is_down`` that it could not be reached."""

    def __init__(self, message: str, paid: bool, wait: float | None = None, is_down: bool = False) -> None:
        super().__init__(message)
        self.paid = paid
        self.wait = wait
        self.is_down = is_down


class _Refusal(Exception):
    """Not in this form; another dialect may do."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask: messages, the JSON Schema of the answer and the most tokens it may take.

    ``sample`` numbers repeats of the same question, which are asked at a ``temperature`` above 0. ``picture`` goes with
    the first message of the user.
    """

    messages: tuple[Mapping[str, str], ...]
    schema: Mapping[str, Any]
    answer_tokens: int
    temperature: float = 0.0
    sample: int = 0
    picture: Picture | None = None

    @property
    def prompt_tokens(self) -> int:
        """Estimated tokens of the messages, the picture and the schema."""
        written = estimate_tokens("".join(one["content"] for one in self.messages))
        return written + estimate_tokens(to_json(self.schema)) + (self.picture.tokens if self.picture else 0)

    @property
    def most_tokens(self) -> int:
        """What the call can take at most: a token is at least one byte, and a server frames each message with some."""
        written = sum(len(one["content"].encode("utf-8", "surrogatepass")) for one in self.messages)
        schema = len(to_json(self.schema).encode("utf-8", "surrogatepass"))
        seen = _PICTURE_MARGIN * self.picture.tokens if self.picture else 0
        return written + schema + seen + _FRAME * (len(self.messages) + 2) + self.answer_tokens

    def followed_by(self, *messages: Mapping[str, str]) -> Request:
        """The same conversation, longer."""
        return replace(self, messages=(*self.messages, *messages))


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, for which model. ``sleep`` and ``clock`` are there for tests."""

    model: str
    address: str = USUAL_ADDRESS
    api_key: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    connections: int = CONNECTIONS
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

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
        return known if known is not None else read_body(_Call(self, request, calls).raw())

    def post(self, request: Request, dialect: Dialect) -> str:
        """Send it once and return the raw body, or raise what is to be done instead."""
        import openai

        messages = with_picture(request.messages, request.picture) if request.picture else request.messages
        arguments = dialect.arguments(messages, request.schema, request.answer_tokens, request.temperature)
        extra = {"extra_body": {"model": self.model, **arguments}}
        # Everything goes through the raw response: odd servers do not fit the package's own types.
        try:
            create: Any = _client(self.address, self.api_key, self.timeout).chat.completions.with_raw_response.create
            return str(create(model=self.model, messages=arguments["messages"], **extra).text)
        except openai.APITimeoutError:
            raise _Passing(f"no reply within {self.timeout:g} seconds", paid=True) from None
        except openai.APIConnectionError as error:
            cause = type(error.__cause__).__name__
            is_down = cause == "ConnectError"
            told = f"{self.shown_address} cannot be reached ({cause})"
            raise _Passing(told, paid=not is_down, is_down=is_down) from None
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
        if any(sign in message.casefold() for sign in _ABOUT_THE_TEXT):
            return RequestRefused(f"remote:{self.model} refused the request: {message[:300]}")
        # Servers answer 500 as well as 400 to a response format that they do not know.
        return _Refusal(f"status {status}: {message[:300]}")

    def _redact(self, message: str) -> str:
        return message.replace(self.api_key, "…") if self.api_key else message


@lru_cache(maxsize=8)
def _client(address: str, api_key: str, timeout: float) -> Any:
    """One client an endpoint, so that its connections are used again; it may be shared between threads."""
    import openai

    return openai.OpenAI(base_url=address, api_key=api_key or "none", timeout=timeout, max_retries=0)


class _Call:
    """One call until it is answered or given up: each try is booked before it is sent."""

    def __init__(self, endpoint: Endpoint, request: Request, calls: ReplyLog) -> None:
        self._endpoint, self._request, self._calls = endpoint, request, calls
        self._terms = terms_of(endpoint.address, endpoint.model)
        self._dialect = self._terms.dialect or Dialect()
        self._refused: set[Dialect] = set()
        self._key = self._booking = endpoint.call_key(request)
        self._tries = self._waits = 0

    def raw(self) -> str:
        """The raw body of the answer."""
        while True:
            with self._terms.in_turn():
                found = self._attempt()
            if isinstance(found, str):
                return found
            self._try_later(found)

    def _attempt(self) -> str | _Passing:
        """The raw body or a passing trouble, after as many refusals as there are forms of the question."""
        while True:
            try:
                raw = self._send()
            except _Refusal as refusal:
                self._ask_otherwise(str(refusal))
            except _Passing as trouble:
                self._terms.probed()
                return trouble
            else:
                self._terms.worked(self._dialect)
                self._terms.probed()
                return raw

    def _send(self) -> str:
        endpoint, request = self._endpoint, self._request
        shared = self._terms.dialect
        if shared is not None and shared not in self._refused:
            self._dialect = shared  # others may have found out while this call waited for its turn
        try:
            with self._terms.connection(endpoint.connections):
                self._terms.wait(endpoint.sleep, endpoint.clock)
                self._calls.reserve(self._booking, request.most_tokens)
                raw = endpoint.post(request, self._dialect)
        except _Passing as trouble:
            if not trouble.paid:
                self._calls.failed(self._booking)
            raise
        except (_Refusal, BackendFailed):
            self._calls.failed(self._booking)
            raise
        self._keep(raw)
        return raw

    def _ask_otherwise(self, refusal: str) -> None:
        self._refused.add(self._dialect)
        weaker = self._dialect.after_refusal(refusal)
        if weaker is None:
            self._terms.probed()
            raise RequestRefused(f"remote:{self._endpoint.model} refused the request: {refusal}")
        self._dialect = weaker

    def _try_later(self, trouble: _Passing) -> None:
        if trouble.wait is not None and not trouble.paid and self._waits < MOST_WAITS:
            self._waits += 1
            self._terms.hold(trouble.wait, self._endpoint.clock)
            return
        self._tries += 1
        if self._tries >= MOST_TRIES:
            tries = self._tries + self._waits
            told = f"remote:{self._endpoint.model} did not answer in {tries} tries: {trouble}"
            raise NoAnswer(told, trouble.is_down)
        if trouble.paid:
            # A call that may have been paid stays booked; the next try is booked beside it.
            self._booking = f"{self._key}#{self._tries}"
        self._endpoint.sleep(pause_of(self._tries))

    def _keep(self, raw: str) -> None:
        reply, request = read_body(raw), self._request
        asked = request.prompt_tokens if reply.prompt_tokens is None else reply.prompt_tokens
        answered = estimate_tokens(reply.text) if reply.answer_tokens is None else reply.answer_tokens
        self._calls.received(self._key, raw, asked, answered)


def endpoint_of(model: str, timeout: float = TIMEOUT, connections: int = CONNECTIONS) -> Endpoint:
    """The endpoint that ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` name."""
    address = os.environ.get("OPENAI_BASE_URL", "").strip() or USUAL_ADDRESS
    return Endpoint(model, address.rstrip("/"), os.environ.get("OPENAI_API_KEY", "").strip(), timeout, connections)


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
