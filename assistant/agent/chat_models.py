"""Chat models behind any OpenAI-compatible endpoint: where they are, and a client that mends their replies.

langchain is imported late: a conversation without a model never loads it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.agent.repair import mend_message
from tools.errors import BackendMissing, InputError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

SCHEMES = ("openai", "remote")
OPENAI_URL = "https://api.openai.com/v1"
TIMEOUT_SECONDS = 60.0
_TRACING = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")


@dataclass(frozen=True)
class ChatEndpoint:
    """A model at an address. The key is kept out of every representation."""

    base_url: str
    model: str
    key: str = ""

    def __repr__(self) -> str:
        """Without the key."""
        return f"ChatEndpoint({self.base_url!r}, {self.model!r})"

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


def open_chat_model(
    endpoint: ChatEndpoint, tool_names: frozenset[str], timeout: float = TIMEOUT_SECONDS
) -> BaseChatModel:
    """A client for the endpoint whose replies are mended; it never streams, which is where servers differ most."""
    silence_tracing()
    model: BaseChatModel = _mending_class()(
        model=endpoint.model,
        base_url=endpoint.base_url,
        api_key=endpoint.key or "no key needed",
        temperature=0,
        timeout=timeout,
        max_retries=1,
        disable_streaming=True,
        use_responses_api=False,
        tool_names=tool_names,
    )
    return model


@lru_cache(maxsize=1)
def _mending_class() -> Any:
    """The client class, made when langchain is first needed."""
    from langchain_core.messages import AIMessage, HumanMessage
    from langchain_core.outputs import ChatResult
    from langchain_openai import ChatOpenAI

    class MendingChatOpenAI(ChatOpenAI):
        """ChatOpenAI that mends each reply, and asks once more where nothing in it can be read."""

        tool_names: frozenset[str] = frozenset()

        def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
            plain = response if isinstance(response, dict) else _as_dict(response)
            unreadable = ""
            for choice in plain.get("choices") or ():
                mended = mend_message(choice.get("message") or {}, self.tool_names)
                choice["message"], unreadable = mended.message, mended.unreadable or unreadable
            result = super()._create_chat_result(plain, generation_info)
            if result.generations:
                result.generations[0].message.response_metadata["unreadable"] = unreadable
            return result

        def _generate(self, messages: list[Any], *args: Any, **kwargs: Any) -> ChatResult:
            result = super()._generate(messages, *args, **kwargs)
            problem = _problem(result)
            if not problem:
                return result
            told = f"{problem} Call one tool with a JSON object of arguments, or answer in plain words."
            return super()._generate([*messages, AIMessage("…"), HumanMessage(told)], *args, **kwargs)

    return MendingChatOpenAI


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
