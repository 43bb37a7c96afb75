"""Slash commands: the name of a tool and its arguments, as in ``/sample 20 margin``."""

from __future__ import annotations

import shlex
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from assistant.agent.planner.plans import Choice, Plan, PlannedCall, calls, question
from assistant.agent.words.world import PlannerWorld
from tools.spec import ToolSpec

_SHORT = {"status": "project_status", "find": "find_items", "explain": "explain_item", "suggest": "prelabel",
          "accept": "bulk_accept", "export": "export_data", "import": "import_data", "gold": "mark_gold",
          "schema": "change_schema", "sql": "query_sql"}  # fmt: skip


def read_slash(text: str, world: PlannerWorld) -> Plan:
    """The call that a slash command names; words without ``name=`` go where their kind fits, in order."""
    try:
        words = shlex.split(text[1:])
    except ValueError:
        words = text[1:].split()
    name = words[0].lower() if words else ""
    if name in ("", "help", "?"):
        return _commands(world, "These commands exist; arguments may be named, as in /find state=flagged.")
    spec = world.tools.get(_SHORT.get(name, name.replace("-", "_")))
    if spec is None:
        return _commands(world, f"There is no command /{name}.")
    given = _arguments(spec, words[1:], world)
    if isinstance(given, str):
        return question(f"/{name}: {given} It takes {', '.join(spec.arguments.model_fields) or 'no arguments'}.")
    return calls(PlannedCall(spec.name, given))


def _commands(world: PlannerWorld, told: str) -> Plan:
    backwards = {tool: short for short, tool in _SHORT.items()}
    return question(told, *(Choice(f"/{backwards.get(name, name)}") for name in sorted(world.tools)))


def _arguments(spec: ToolSpec, words: list[str], world: PlannerWorld) -> dict[str, Any] | str:
    """Arguments by name, or a sentence about the word that fits nowhere."""
    fields = spec.arguments.model_fields
    given: dict[str, Any] = {}
    for word in words:
        name, has_name, value = word.partition("=")
        if has_name and name in fields:
            given[name] = _converted(fields[name], value)
            continue
        place = next(
            (key for key, field in fields.items() if key not in given and _fits(key, field, word, world)), None
        )
        if place is None:
            return f"{word!r} fits no argument."
        given[place] = _converted(fields[place], word)
    return given


def _fits(name: str, field: FieldInfo, word: str, world: PlannerWorld) -> bool:
    options = _options(field.annotation)
    if options:
        return word in options
    if name == "field":
        return any(word.lower() in (one.id, one.name.lower()) for one in world.schema.fields)
    if name == "label":
        return any(
            word.lower() in (label.id, label.name.lower()) for one in world.schema.fields for label in one.answers
        )
    if name == "reviewer":
        return word in world.people
    if _is_number(field.annotation):
        return _number(word) is not None
    return str in (field.annotation, *get_args(field.annotation)) or get_origin(field.annotation) in (tuple, list)


def _options(annotation: Any) -> tuple[Any, ...]:
    parts = (annotation, *get_args(annotation))
    return tuple(
        value for part in parts if get_origin(part) is not None for value in get_args(part) if isinstance(value, str)
    ) or tuple(value for value in get_args(annotation) if isinstance(value, str))


def _is_number(annotation: Any) -> bool:
    return bool({int, float} & {annotation, *get_args(annotation)})


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _converted(field: FieldInfo, value: str) -> Any:
    if _is_number(field.annotation) and (number := _number(value)) is not None:
        return (
            int(number)
            if number.is_integer() and float not in (field.annotation, *get_args(field.annotation))
            else number
        )
    if field.annotation is bool:
        return value.lower() in ("1", "true", "yes", "on")
    if get_origin(field.annotation) in (tuple, list):
        return [part for part in value.split(",") if part]
    return value
