"""How one endpoint wants to be asked for JSON. Servers differ, so each refusal takes one thing away until one works."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

MODES = ("json_schema", "tool", "json_object", "plain")
"""From the strictest to the one that every server understands: there the answer is parsed out of prose."""

ANSWER_TOOL = "answer"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What may be sent: the way to ask for JSON, the name of the token limit, and whether extras are understood."""

    mode: str = MODES[0]
    limit_key: str = "max_tokens"
    sends_temperature: bool = True
    sends_logprobs: bool = True
    has_system_role: bool = True

    def after_refusal(self, message: str) -> Dialect | None:
        """The next thing to try after a refusal with this message; ``None`` when nothing is left to take away.

        Log-probabilities go last where the refusal does not name them: they are all that confidence can come from.
        """
        said = message.casefold()
        if self.has_system_role and refuses_system(said):
            return replace(self, has_system_role=False)
        if self.sends_logprobs and self.mode != "tool" and "logprob" in said:
            return replace(self, sends_logprobs=False)
        if self.limit_key == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit_key="max_completion_tokens")
        if self.sends_temperature and "temperature" in said:
            return replace(self, sends_temperature=False)
        at = MODES.index(self.mode) + 1
        if at < len(MODES):
            return replace(self, mode=MODES[at])
        if self.sends_logprobs:
            return replace(self, mode=MODES[0], sends_logprobs=False)
        # Not every server says that it was the role.
        return replace(self, has_system_role=False) if self.has_system_role else None

    def arguments(
        self,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any],
        answer_tokens: int,
        temperature: float = 0.0,
    ) -> dict[str, Any]:
        """The body of a chat completion request, without the model."""
        asked = list(messages) if self.has_system_role else without_system(messages)
        made: dict[str, Any] = {"messages": asked, self.limit_key: answer_tokens}
        if self.sends_temperature:
            made["temperature"] = temperature
        if self.mode == "json_schema":
            wrapped = {"name": ANSWER_TOOL, "strict": True, "schema": dict(schema)}
            made["response_format"] = {"type": "json_schema", "json_schema": wrapped}
        elif self.mode == "tool":
            function = {"name": ANSWER_TOOL, "description": "Give the answer.", "parameters": dict(schema)}
            made["tools"] = [{"type": "function", "function": function}]
            made["tool_choice"] = {"type": "function", "function": {"name": ANSWER_TOOL}}
        elif self.mode == "json_object":
            # llama.cpp's server takes the schema here; others ignore it.
            made["response_format"] = {"type": "json_object", "schema": dict(schema)}
        if self.sends_logprobs and self.mode != "tool":
            made |= {"logprobs": True, "top_logprobs": 5}
        return made


def refuses_system(message: str) -> bool:
    """Whether a refusal is about the system message: some models' templates know users and assistants only."""
    said = message.casefold()
    return ("system" in said and ("role" in said or "message" in said or "prompt" in said)) or (
        "role" in said and "alternat" in said
    )


def without_system(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same with the words of the system in front of those of the first user."""
    words = "\n\n".join(str(one["content"]) for one in messages if one["role"] == "system")
    made = [dict(one) for one in messages if one["role"] != "system"]
    first = next((one for one in made if one["role"] == "user"), None)
    if words and first is None:
        return [{"role": "user", "content": words}, *made]
    if words and first is not None:
        content = first["content"]
        text = {"type": "text", "text": words}
        first["content"] = f"{words}\n\n{content}" if isinstance(content, str) else [text, *content]
    return made


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """One token of an answer: its logarithmic probability, and the likeliest tokens in its place with theirs."""

    text: str
    logprob: float
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer in a raw body. ``text`` is what the model wrote or gave to the named tool; it may be empty."""

    text: str
    tokens: tuple[ScoredToken, ...]
    finish: str
    prompt_tokens: int | None
    answer_tokens: int | None
    refusal: str = ""


def read_body(raw: str) -> Reply:
    """Take a chat completion apart without trusting its shape: what is missing is empty, never an error."""
    body = _mapping(_loads(raw))
    choices = body.get("choices")
    choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
    message, usage = _mapping(choice.get("message")), _mapping(body.get("usage"))
    return Reply(
        text=_called(message) or _written(message.get("content")),
        tokens=_scored(_mapping(choice.get("logprobs")).get("content")),
        finish=str(choice.get("finish_reason") or ""),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        answer_tokens=_count(usage.get("completion_tokens")),
        refusal=str(message.get("refusal") or ""),
    )


def _written(content: Any) -> str:
    """What stands in a message; some servers cut it into parts."""
    if not isinstance(content, list):
        return str(content or "")
    parts = [one if isinstance(one, str) else _mapping(one).get("text") for one in content]
    return "".join(part for part in parts if isinstance(part, str))


def _called(message: Mapping[str, Any]) -> str:
    """Arguments of the first tool call; some servers send an object where a string belongs."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list) or not calls:
        return ""
    arguments = _mapping(_mapping(calls[0]).get("function")).get("arguments")
    return arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""


def _scored(given: Any) -> tuple[ScoredToken, ...]:
    made = []
    for one in map(_mapping, given if isinstance(given, list) else ()):
        top = tuple(_pair(_mapping(other)) for other in one.get("top_logprobs") or ())
        made.append(ScoredToken(*_pair(one), top))
    return tuple(made)


def _pair(given: Mapping[str, Any]) -> tuple[str, float]:
    value = given.get("logprob")
    return str(given.get("token") or ""), float(value) if isinstance(value, (int, float)) else 0.0


def _count(given: Any) -> int | None:
    return given if type(given) is int and given >= 0 else None


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _loads(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
