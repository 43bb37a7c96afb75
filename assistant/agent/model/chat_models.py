"""Chat models behind any OpenAI-compatible endpoint: where they are, and a client that mends their replies.

langchain is imported late: a conversation without a model never loads it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.agent.model.repair import mend_message
from tools.backends.remote.dialect import refuses_system, without_system
from tools.backends.remote.http import BoundedClient, within
from tools.errors import AssistantError, BackendFailed, BackendMissing, InputError
from tools.records import JsonValue
from tools.writable import mended

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

SCHEMES = ("openai", "remote")
OPENAI_URL = "https://api.openai.com/v1"
TIMEOUT_SECONDS = 60.0
"""Seconds that the model may take for one turn, where the project sets no other number."""

ANSWER_TOKENS = 1024
"""Most tokens of one answer: a model that rambles is cut off, not waited for."""

_LONGEST = 3600.0
_TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


@dataclass(frozen=True)
class ChatEndpoint:
    """A model at an address. The key is kept out of every representation.

    ``timeout`` is for all calls of one turn, ``answer_tokens`` for one answer.
    """

    base_url: str
    model: str
    key: str = ""
    timeout: float = TIMEOUT_SECONDS
    answer_tokens: int = ANSWER_TOKENS

    def __repr__(self) -> str:
        """Without the key."""
        return f"ChatEndpoint({self.base_url!r}, {self.model!r})"

    def set_by(self, settings: Mapping[str, JsonValue]) -> ChatEndpoint:
        """The same with what a project sets under ``chat_timeout`` and ``chat_answer_tokens``."""
        seconds, tokens = settings.get("chat_timeout"), settings.get("chat_answer_tokens")
        return replace(self, timeout=float(seconds or TIMEOUT_SECONDS), answer_tokens=int(tokens or ANSWER_TOKENS))

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is not the official one."""
        return urlsplit(self.base_url).hostname != urlsplit(OPENAI_URL).hostname

    @property
    def name(self) -> str:
        """For sentences: the model and where it is."""
        return f"{self.model} at {urlsplit(self.base_url).netloc}"


def read_endpoint(reference: str, environ: Mapping[str, str] | None = None) -> ChatEndpoint:
    """The endpoint that ``openai:NAME`` means: at ``OPENAI_BASE_URL`` if set, else the official one.

    ``openai:NAME@http://127.0.0.1:8000/v1`` names the address itself. The official endpoint needs ``OPENAI_API_KEY``.
    """
    env = os.environ if environ is None else environ
    scheme, _, rest = reference.strip().partition(":")
    name, _, address = rest.partition("@")
    if scheme not in SCHEMES or not name:
        raise InputError(f"A chat model is named as openai:NAME, got {reference!r}.")
    base_url = (address or env.get("OPENAI_BASE_URL", "") or OPENAI_URL).rstrip("/")
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise InputError(f"The address of a chat model begins with http:// or https://, got {base_url!r}.")
    endpoint = ChatEndpoint(base_url, name, env.get("OPENAI_API_KEY", ""))
    if not endpoint.is_local and not endpoint.key:
        raise BackendMissing(
            f"The model {name} needs a key.", "Set OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint of your own."
        )
    return endpoint


def silence_tracing() -> None:
    """Force langsmith tracing off: it would upload what people say and what tools answer."""
    for name in _TRACING:
        os.environ[name] = "false"


def open_chat_model(endpoint: ChatEndpoint, tool_names: frozenset[str], timeout: float = 0.0) -> BaseChatModel:
    """A client for the endpoint whose replies are mended; it never streams, which is where servers differ most.

    It is for one turn: ``timeout``, the endpoint's own if 0, is the time of all its calls together. Nothing is sent
    again by itself: that would double a wait of which the person sees nothing.
    """
    silence_tracing()
    model: BaseChatModel = _mending_class()(
        model=endpoint.model,
        base_url=endpoint.base_url,
        api_key=endpoint.key or "no key needed",
        temperature=0,
        timeout=timeout or endpoint.timeout,
        max_retries=0,
        disable_streaming=True,
        use_responses_api=False,
        http_client=_network(),
        tool_names=tool_names,
        endpoint=endpoint,
        seconds_left=timeout or endpoint.timeout,
    )
    return model


@lru_cache(maxsize=1)
def _network() -> BoundedClient:
    """The connections of all conversations; each call has its own time."""
    return BoundedClient(_LONGEST)


@dataclass(frozen=True, slots=True)
class Form:
    """How an endpoint wants to be asked; what it refuses is taken away once and not tried again."""

    limit_key: str = "max_tokens"
    has_system_role: bool = True

    def after_refusal(self, message: str) -> Form | None:
        """The next form after a refusal with this message, ``None`` where it is about something else."""
        said = message.casefold()
        if self.limit_key == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit_key="max_completion_tokens")
        if self.has_system_role and refuses_system(said):
            return replace(self, has_system_role=False)
        return None

    def fitted(self, payload: dict[str, Any], answer_tokens: int) -> dict[str, Any]:
        """The body of a request in this form."""
        made = {key: value for key, value in payload.items() if key not in ("max_tokens", "max_completion_tokens")}
        made[self.limit_key] = answer_tokens
        if not self.has_system_role:
            made["messages"] = without_system(made["messages"])
        return made


_FORMS: dict[tuple[str, str], Form] = {}


def forget_forms() -> None:
    """Begin anew with every endpoint."""
    _FORMS.clear()


def _form_of(endpoint: ChatEndpoint) -> Form:
    usual = Form() if endpoint.is_local else Form("max_completion_tokens")
    return _FORMS.get((endpoint.base_url, endpoint.model), usual)


@lru_cache(maxsize=1)
def _mending_class() -> Any:
    """The client class, made when langchain is first needed."""
    from langchain_core.messages import AIMessage, HumanMessage
    from langchain_core.outputs import ChatResult
    from langchain_openai import ChatOpenAI

    class MendingChatOpenAI(ChatOpenAI):
        """ChatOpenAI that mends each reply, and asks once more where nothing in it can be read."""

        tool_names: frozenset[str] = frozenset()
        endpoint: Any = None
        seconds_left: float = TIMEOUT_SECONDS

        def _get_request_payload(self, input_: Any, *, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
            payload = super()._get_request_payload(input_, stop=stop, **kwargs)
            return _form_of(self.endpoint).fitted(payload, self.endpoint.answer_tokens)

        def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
            plain = mended(response if isinstance(response, dict) else _as_dict(response))
            unreadable = ""
            for choice in plain.get("choices") or ():
                found = mend_message(choice.get("message") or {}, self.tool_names)
                choice["message"], unreadable = found.message, found.unreadable or unreadable
            result = super()._create_chat_result(plain, generation_info)
            if result.generations:
                result.generations[0].message.response_metadata["unreadable"] = unreadable
            return result

        def _generate(self, messages: list[Any], *args: Any, **kwargs: Any) -> ChatResult:
            result = self._asked(messages, *args, **kwargs)
            problem = _problem(result)
            if not problem:
                return result
            told = f"{problem} Call one tool with a JSON object of arguments, or answer in plain words."
            return self._asked([*messages, AIMessage("…"), HumanMessage(told)], *args, **kwargs)

        def _asked(self, messages: list[Any], *args: Any, **kwargs: Any) -> ChatResult:
            found: ChatResult = _in_its_form(
                self, lambda: super(MendingChatOpenAI, self)._generate(messages, *args, **kwargs)
            )
            return found

    return MendingChatOpenAI


def _in_its_form(client: Any, ask: Callable[[], Any]) -> Any:
    """What ``ask`` gives, asked again in another form where the endpoint refuses one, within the time of the turn."""
    while True:
        began, form = time.monotonic(), _form_of(client.endpoint)
        try:
            with within(client.seconds_left):
                return ask()
        except Exception as error:  # noqa: BLE001 - what is not ours to mend goes on as it is
            _FORMS[client.endpoint.base_url, client.endpoint.model] = _other_form(client.endpoint, form, error)
        finally:
            client.seconds_left = max(0.0, client.seconds_left - (time.monotonic() - began))


def _other_form(endpoint: ChatEndpoint, form: Form, error: Exception) -> Form:
    """The form to try after this error; it is raised again, or as our own sentence, where no form is to blame."""
    import httpx
    import openai

    if isinstance(error, openai.APITimeoutError):
        raise BackendFailed(_too_late(endpoint)) from None
    if isinstance(error, openai.APIConnectionError) and isinstance(error.__cause__, BackendFailed):
        raise BackendFailed(str(error.__cause__)) from None
    if not isinstance(error, (openai.OpenAIError, httpx.HTTPError, AssistantError)):
        # Whatever else goes wrong here goes wrong over the reply: nested without end, of the wrong shape, no text.
        raise BackendFailed(say_unreadable(endpoint, error)) from error
    weaker = None
    if isinstance(error, openai.APIStatusError) and error.status_code not in (401, 403, 404, 429):
        weaker = form.after_refusal(str(error))
    if weaker is None:
        raise error
    return weaker


def say_unreadable(endpoint: ChatEndpoint, error: Exception) -> str:
    """The sentence about a reply out of which nothing can be read."""
    return f"The language model {endpoint.name} sent an answer that cannot be read ({type(error).__name__})."


def _too_late(endpoint: ChatEndpoint) -> str:
    return (
        f"The language model {endpoint.name} took longer than {endpoint.timeout:g} seconds, so it was not waited for. "
        "The setting chat_timeout gives it more time."
    )


def _as_dict(response: Any) -> dict[str, Any]:
    if not hasattr(response, "model_dump"):
        raise ValueError(f"the endpoint answered with {type(response).__name__}, not with a chat completion")
    found: dict[str, Any] = response.model_dump(warnings=False)
    return found


def _problem(result: Any) -> str:
    """Why a reply is of no use, in a sentence; empty where it is."""
    if not result.generations:
        return "Your answer was empty."
    message = result.generations[0].message
    if message.response_metadata.get("unreadable"):
        return str(message.response_metadata["unreadable"])
    return "" if message.tool_calls or str(message.content).strip() else "Your answer was empty."
