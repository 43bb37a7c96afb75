"""Mends what OpenAI-compatible servers get wrong in a reply, before anything else reads it. Pure.

What was seen: calls without an id; arguments as an object, in single quotes, cut short or inside the text; a tool's
name twice in a row; thinking aloud in the content. Only calls of known tools are ever taken out of text.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.model_text.loose_json import read_loosely
from tools.model_text.thoughts import without_thoughts

_WRAPPED = re.compile(
    r"<tool_call>\s*(?P<hermes>.*?)\s*(?:</tool_call>|\Z)"
    r"|\[TOOL_CALLS\]\s*(?P<mistral>\[.*\])"
    r"|<\|python_tag\|>\s*(?P<llama>\{.*\})"
    r"|<function=(?P<name>[\w-]+)>\s*(?P<function>\{.*?\})\s*(?:</function>|\Z)"
    r"|```(?:json|tool_call|tool_code)?\s*(?P<fenced>[\[{].*?[\]}])\s*```",
    re.DOTALL,
)
_MOST_OPEN = 6


@dataclass(frozen=True, slots=True)
class Mended:
    """A reply message that can be read; ``unreadable`` says in a sentence what could not be mended, else empty."""

    message: dict[str, Any]
    unreadable: str = ""


def mend_message(message: Mapping[str, Any], tool_names: frozenset[str]) -> Mended:
    """The assistant message of a reply with its tool calls in the one form that the standard knows."""
    text = without_thoughts(_plain_text(message.get("content"))).strip()
    raw = list(message.get("tool_calls") or ())
    if message.get("function_call"):
        raw.append({"function": message["function_call"]})
    mended_calls = [_mend_call(one, tool_names) for one in raw]
    calls = [one for one in mended_calls if isinstance(one, dict)]
    problems = [one for one in mended_calls if isinstance(one, str)]
    if not raw:
        calls, text, problems = _calls_in_text(text, tool_names)
    kept = {key: value for key, value in message.items() if key not in ("tool_calls", "function_call", "content")}
    mended = {**kept, "role": "assistant", "content": text}
    if calls:
        mended["tool_calls"] = calls
    return Mended(mended, "" if calls or not problems else problems[0])


def read_arguments(raw: Any) -> dict[str, Any] | None:
    """Arguments as an object, from whatever form they came in; ``None`` where that cannot be told."""
    if isinstance(raw, Mapping):
        return dict(raw)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return {}
    if not isinstance(raw, str):
        return None
    for text in (raw, *_completions(raw)):
        found = _read_object(text)
        if found is not None:
            return found
    return None


def _plain_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return ""


def _mend_call(raw: Any, tool_names: frozenset[str]) -> dict[str, Any] | str:
    """One call in standard form, or a sentence saying why it cannot be read."""
    function = raw.get("function") if isinstance(raw, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        return "The tool call names no tool."
    name = _single_name(function["name"].strip(), tool_names)
    arguments = read_arguments(function.get("arguments"))
    if arguments is None:
        return f"The arguments of {name} are no JSON object."
    return _call(name, arguments, raw.get("id"))


def _call(name: str, arguments: Mapping[str, Any], call_id: Any = None) -> dict[str, Any]:
    return {
        "id": call_id if isinstance(call_id, str) and call_id else f"call_{uuid.uuid4().hex}",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
    }


def _single_name(name: str, tool_names: frozenset[str]) -> str:
    """``measuremeasure`` is ``measure``: some servers send the name with every piece of a reply."""
    if name in tool_names:
        return name
    return next((one for one in tool_names if one and name == one * (len(name) // len(one))), name)


def _read_object(text: str) -> dict[str, Any] | None:
    found = read_loosely(text)
    if isinstance(found, str):  # JSON inside a JSON string
        return _read_object(found)
    return found if isinstance(found, dict) else None


def _completions(raw: str) -> Iterator[str]:
    """The text with what a cut-off object may lack: a quote, brackets, or without its last unfinished part."""
    text = raw.strip()
    if not text.startswith("{"):
        return
    whole = text.rpartition(",")[0]
    for start in (text, whole):
        for quote in ("", '"', "'"):
            for tail in ("}", "]}", "}}"):
                yield f"{start}{quote}{tail}"


def _calls_in_text(text: str, tool_names: frozenset[str]) -> tuple[list[dict[str, Any]], str, list[str]]:
    """Calls written into the content, the content without them, and what looked like a call but could not be read."""
    calls: list[dict[str, Any]] = []
    problems: list[str] = []
    rest = text
    for match in list(_WRAPPED.finditer(text))[:_MOST_OPEN]:
        found = list(_calls_of(match, tool_names))
        if found:
            calls += found
            rest = rest.replace(match.group(), "")
        elif not match.group("fenced"):  # a fence may hold anything, the other marks only calls
            problems.append("A tool call stands in the text, but it cannot be read.")
            rest = rest.replace(match.group(), "")
    if not calls and not problems and (found := list(_named_calls(text, tool_names))):
        return found, "", []
    return calls, rest.strip(), problems


def _calls_of(match: re.Match[str], tool_names: frozenset[str]) -> Iterator[dict[str, Any]]:
    if match.group("name"):
        arguments = read_arguments(match.group("function"))
        if match.group("name") in tool_names and arguments is not None:
            yield _call(match.group("name"), arguments)
        return
    for kind in ("hermes", "mistral", "llama", "fenced"):
        if match.group(kind):
            yield from _named_calls(match.group(kind), tool_names)


def _named_calls(text: str, tool_names: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Calls out of ``{"name": …, "arguments": …}`` or a list of such, of known tools only."""
    text = text.strip()
    found: Any = None
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return
    elif text.startswith("{"):
        found = [read_arguments(text)]
    for one in found or ():
        name = one.get("name") or one.get("tool") if isinstance(one, Mapping) else None
        given = one.get("arguments", one.get("parameters", {})) if isinstance(one, Mapping) else {}
        arguments = read_arguments(given)
        if isinstance(name, str) and _single_name(name, tool_names) in tool_names and arguments is not None:
            yield _call(_single_name(name, tool_names), arguments)
