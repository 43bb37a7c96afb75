"""What a chat endpoint can do, found out by asking it: the capability profile behind ``assistant doctor llm``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from assistant.agent.model.chat_models import ChatEndpoint
from assistant.agent.model.repair import mend_message
from tools.backends.remote.http import BoundedClient
from tools.errors import BackendFailed

_SECONDS = 20.0
_TOOL = {
    "type": "function",
    "function": {
        "name": "pick_colour",
        "description": "Pick a colour.",
        "parameters": {
            "type": "object",
            "properties": {"colour": {"type": "string", "enum": ["red", "blue"], "description": "The colour"}},
            "required": ["colour"],
            "additionalProperties": False,
        },
    },
}
_ASKED = "Pick the colour red. Use the tool."
_AS_JSON = 'Answer with the JSON object {"colour": "red"} and nothing else.'


@dataclass(frozen=True, slots=True)
class Check:
    """One probe: whether it went well, and one plain sentence that says what follows from it."""

    name: str
    ok: bool
    sentence: str


Probe = Callable[["_Asker"], Check]


def doctor_llm(endpoint: ChatEndpoint, timeout: float = _SECONDS) -> list[Check]:
    """Probe the endpoint; where nothing answers, the list ends with the sentence that says so."""
    with BoundedClient(timeout, _headers(endpoint)) as client:
        asker = _Asker(client, endpoint)
        checks = [_models(asker), _chat(asker)]
        if not checks[-1].ok:
            return checks
        return checks + [
            probe(asker) for probe in (_system, _tool_call, _named_tool, _json_schema, _json_object, _logprobs)
        ]


def _headers(endpoint: ChatEndpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}


@dataclass(frozen=True)
class _Asker:
    """Asks one endpoint; every failure comes back as a sentence, none as an exception."""

    client: httpx.Client
    endpoint: ChatEndpoint

    def get(self, path: str) -> Any:
        """The parsed body, or a sentence."""
        return self._send(lambda: self.client.get(f"{self.endpoint.base_url}/{path}"))

    def ask(self, words: str, **more: Any) -> Any:
        """The first choice of a completion, or a sentence."""
        body = {
            "model": self.endpoint.model,
            "messages": [{"role": "user", "content": words}],
            "max_tokens": 60,
            **more,
        }
        found = self._send(lambda: self.client.post(f"{self.endpoint.base_url}/chat/completions", json=body))
        if isinstance(found, str):
            return found
        choices = found.get("choices") if isinstance(found, Mapping) else None
        return choices[0] if choices else "it sent no choices"

    def _send(self, send: Callable[[], httpx.Response]) -> Any:
        try:
            response = send()
        except httpx.TimeoutException:
            return "no answer came in time"
        except httpx.HTTPError:
            return "nothing answers at this address"
        except BackendFailed as problem:
            return str(problem).rstrip(".")
        if response.status_code >= 400:
            return f"it refused with status {response.status_code}"
        try:
            return response.json()
        except ValueError:
            return "its answer is no JSON"


def _models(asker: _Asker) -> Check:
    found = asker.get("models")
    if isinstance(found, str):
        return Check("models", False, f"The list of models cannot be read: {found}. That alone does no harm.")
    names = [str(one.get("id")) for one in found.get("data", ()) if isinstance(one, Mapping)]
    if asker.endpoint.model in names:
        return Check("models", True, f"The endpoint lists {asker.endpoint.model}.")
    listed = ", ".join(names[:5]) or "none"
    return Check("models", False, f"The endpoint does not list {asker.endpoint.model}; it lists {listed}.")


def _chat(asker: _Asker) -> Check:
    choice = asker.ask("Say hello in one word.")
    if isinstance(choice, str):
        return Check(
            "chat", False, f"{asker.endpoint.name} cannot be used: {choice}. The built-in planner needs no model."
        )
    return Check("chat", True, f"{asker.endpoint.name} answers.")


def _system(asker: _Asker) -> Check:
    """Every question of ours begins with one; some models' templates know users and assistants only."""
    words = "Say hello in one word."
    choice = asker.ask(words, messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": words}])
    if isinstance(choice, str):
        told = f"A system message does not work: {choice}, so its words are put in front of the first question."
        return Check("system message", False, told)
    return Check("system message", True, "A system message is taken.")


def _tool_call(asker: _Asker) -> Check:
    return _tool_check(
        asker.ask(_ASKED, tools=[_TOOL]), "tool call", "Tools can be called", "so only the planner can act"
    )


def _named_tool(asker: _Asker) -> Check:
    named = {"type": "function", "function": {"name": "pick_colour"}}
    choice = asker.ask(_ASKED, tools=[_TOOL], tool_choice=named)
    return _tool_check(choice, "named tool", "A tool can be demanded by name", "so labels are asked for in another way")


def _tool_check(choice: Any, name: str, good: str, consequence: str) -> Check:
    if isinstance(choice, str):
        return Check(name, False, f"A {name} does not work: {choice}, {consequence}.")
    message = choice.get("message") or {}
    mended = mend_message(message, frozenset({"pick_colour"}))
    calls = mended.message.get("tool_calls")
    if not calls:
        return Check(name, False, f"No {name} came back, {consequence}.")
    colour = json.loads(calls[0]["function"]["arguments"]).get("colour")
    needs_mending = calls != message.get("tool_calls")
    how = ", after mending the answer" if needs_mending else ""
    if colour not in ("red", "blue"):
        return Check(name, True, f"{good}{how}, but the arguments are not held to the schema.")
    return Check(name, True, f"{good}{how}.")


def _json_schema(asker: _Asker) -> Check:
    schema = {"name": "colour", "strict": True, "schema": _TOOL["function"]["parameters"]}  # type: ignore[index]
    choice = asker.ask(_AS_JSON, response_format={"type": "json_schema", "json_schema": schema})
    return _json_check(
        choice, "json_schema", "Answers can be held to a schema", "so labels are asked for in another way"
    )


def _json_object(asker: _Asker) -> Check:
    choice = asker.ask(_AS_JSON, response_format={"type": "json_object"})
    return _json_check(choice, "json_object", "Answers can be held to JSON", "so answers are read and mended")


def _json_check(choice: Any, name: str, good: str, consequence: str) -> Check:
    if isinstance(choice, str):
        return Check(name, False, f"{name} does not work: {choice}, {consequence}.")
    try:
        found = json.loads(str((choice.get("message") or {}).get("content")))
    except ValueError:
        return Check(name, False, f"{name} is accepted but ignored: the answer is no JSON, {consequence}.")
    fits = isinstance(found, Mapping) and found.get("colour") in ("red", "blue")
    return Check(name, fits, f"{good}." if fits else f"{name} is accepted but not kept to, {consequence}.")


def _logprobs(asker: _Asker) -> Check:
    choice = asker.ask("Say yes.", logprobs=True, top_logprobs=2)
    content = (choice.get("logprobs") or {}).get("content") if isinstance(choice, Mapping) else None
    if content:
        return Check("logprobs", True, "Token probabilities come along: they give scores that can be calibrated.")
    why = f": {choice}" if isinstance(choice, str) else ""
    return Check("logprobs", False, f"No token probabilities{why}, so suggestions carry no scores from the model.")
