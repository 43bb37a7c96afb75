"""Between our tools and a model: argument schemas small enough for any server, results without item texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assistant.agent.render import cell_text, say_fact
from tools.records import JsonValue
from tools.results import Table, ToolResult
from tools.schema import LabelSchema
from tools.spec import ToolSpec

# A small model reads 2,048 to 4,096 tokens in all: few tools, and of a result what an answer needs.
MOST_TOOLS = 12
_FEW_TOOLS = 5
MOST_ROWS = 12
MOST_IDS = 20
_MOST_LETTERS = 2400
_LONGEST_SUMMARY = 160
_LONGEST_DESCRIPTION = 120
_USUAL = ("project_status", "find_items", "measure", "explain_item")
_KEPT = ("type", "enum", "items", "description")
# Files are chosen by people; free SQL is for a lead's own words.
_NOT_FOR_MODELS = frozenset({"import_data", "query_sql"})
HOST_FILLED: Mapping[str, frozenset[str]] = {"export_data": frozenset({"target", "overwrite"})}
"""Arguments that the host chooses: nobody names a path in the chat."""
_ONE_WORD = re.compile(r"[#\w][\w.:@+/%-]{0,39}\Z")


def tools_for(specs: Sequence[ToolSpec], content: str = "text", likely: Sequence[str] | None = None) -> list[ToolSpec]:
    """The tools of a role that a model may call on items with such content, in a fixed order.

    What the sentence is likely to need, then what looks things up, five at most; twelve where nobody knows what it is
    about.
    """
    # Every tool that a model sees makes it a little worse at the others.
    there = {spec.name: spec for spec in specs if spec.name not in _NOT_FOR_MODELS and spec.is_for(content)}
    if likely is None:
        wanted = sorted(there)[:MOST_TOOLS]
    else:
        wanted = [name for name in dict.fromkeys((*likely[: _FEW_TOOLS - 1], *_USUAL)) if name in there][:_FEW_TOOLS]
    return sorted((there[name] for name in wanted), key=lambda spec: spec.name)


def told_about(spec: ToolSpec) -> str:
    """What a tool is for, short enough for a small model."""
    return _cut(spec.summary, _LONGEST_SUMMARY)


def _cut(text: str, most: int) -> str:
    """Whole sentences as far as they fit, at least a piece of the first."""
    if len(text) <= most:
        return text
    end = max(text.rfind(mark, 0, most) for mark in (". ", "; ", ": "))
    return text[: end + 1] if end > most // 3 else text[: text.rfind(" ", 0, most)] + " …"


def wire_schema(spec: ToolSpec) -> dict[str, Any]:
    """The tool's arguments as JSON Schema for a server: flat, all required and nullable, without bounds.

    Unknown arguments are forbidden; bounds and patterns are checked by our own argument class.
    """
    given = spec.arguments.model_json_schema()
    required = set(given.get("required", ()))
    properties = {
        name: _flat(part, given.get("$defs", {}), is_optional=name not in required)
        for name, part in given.get("properties", {}).items()
        if name not in HOST_FILLED.get(spec.name, ())
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _flat(part: Mapping[str, Any], defs: Mapping[str, Any], is_optional: bool) -> dict[str, Any]:
    described = part.get("description", "")
    part = _resolved(part, defs)
    variants = [one for one in map(lambda p: _resolved(p, defs), part.get("anyOf", ())) if one.get("type") != "null"]
    if variants:
        is_optional = is_optional or len(variants) < len(part["anyOf"])
        part = {**part, **variants[0]}
    flat: dict[str, Any] = {key: part[key] for key in _KEPT if key in part}
    if described:
        # Where the values are listed, the description explains each of them and stays whole.
        flat["description"] = described if "enum" in flat else _cut(described, _LONGEST_DESCRIPTION)
    if "const" in part:
        flat |= {"type": "string", "enum": [part["const"]]}
    if "items" in flat:
        flat["items"] = {key: value for key, value in _resolved(flat["items"], defs).items() if key in _KEPT}
    if is_optional:
        flat["type"] = [flat.get("type", "string"), "null"]
        if "enum" in flat:
            flat["enum"] = [*flat["enum"], None]
    return flat


def _resolved(part: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in part:
        return {**defs[str(part["$ref"]).rsplit("/", 1)[-1]], **{k: v for k, v in part.items() if k != "$ref"}}
    return part


def given_arguments(name: str, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What the model gave, without what is the host's, and without nulls and empty texts, which mean "not given"."""
    hidden = HOST_FILLED.get(name, frozenset())
    return {key: value for key, value in arguments.items() if value not in (None, "", []) and key not in hidden}


def for_model(result: ToolResult, schema: LabelSchema, people: Iterable[str] = ()) -> str:
    """The result as a model may read it: our sentences, facts, tables without texts, ids."""
    names = known_names(schema, people)
    parts = [result.text]
    parts += [say_fact(fact) for fact in result.facts]
    parts += [
        _table_text(table, names) for table in (*result.tables, *(result.change.preview if result.change else ()))
    ]
    if result.items:
        ids = ", ".join(f"#{one}" for one in result.items[:MOST_IDS])
        parts.append(f"Items: {ids}{' …' if len(result.items) > MOST_IDS else ''} ({len(result.items)} in all)")
    if result.change is not None:
        parts.append("This is not done: it waits for a person to confirm it.")
    return _within("\n".join(part for part in parts if part))


def _within(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]} …\n(The page shows the person the rest.)"


def known_names(schema: LabelSchema, people: Iterable[str] = ()) -> frozenset[str]:
    """Names of several words that may stand in what a model reads."""
    names = {name for field in schema.fields for name in (field.id, field.name)}
    names |= {name for field in schema.fields for label in field.answers for name in (label.id, label.name)}
    return frozenset(names | set(people))


def _table_text(table: Table, names: frozenset[str]) -> str:
    """Rows with single words, numbers and known names only: free text may hold orders to the model."""
    lines = [table.title, " | ".join(table.columns)]
    for row in table.rows[:MOST_ROWS]:
        lines.append(" | ".join(cell_text(cell) if _is_harmless(cell, names) else "(text)" for cell in row))
    if len(table.rows) > MOST_ROWS:
        lines.append(f"({len(table.rows)} rows in all)")
    return "\n".join(lines)


def _is_harmless(cell: JsonValue, names: frozenset[str]) -> bool:
    if not isinstance(cell, str):
        return cell is None or isinstance(cell, (int, float, bool))
    is_plain = _ONE_WORD.match(cell) is not None or _PLAIN.match(cell) is not None
    return cell == "" or cell in names or is_plain or _is_counted(cell, names)


def _is_counted(cell: str, names: frozenset[str]) -> bool:
    """Whether it counts regions by label, as in "2 Car, 1 Dog": what a model learns of the regions of an item."""
    parts = [part.partition(" ") for part in cell.split(", ")]
    return all(number.isdigit() and name in names for number, _, name in parts)


# Percentages, intervals, times and the like: digits and the few words around them.
_PLAIN = re.compile(
    r"(?:[\d\s.,:%±–-]|\b(?:to|of|n|per|hour|seconds?|minutes?|more|less|than|too|few|say)\b|[=();/])+\Z"
)
