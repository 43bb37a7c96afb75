"""The tool that changes the label schema: a whole new source, or one small operation; a dry run with refusals first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import yaml
from pydantic import Field

from tools.context import ToolContext
from tools.decide.schema_diff import UsesOf, differences, refuse_breaking
from tools.errors import InputError, SchemaRefused
from tools.naming import field_named, label_named
from tools.results import Change, Table, ToolResult
from tools.schema import LabelSchema, dump_schema, read_schema
from tools.schema_names import refuse_forging_names
from tools.sentences import capital, count_of, verb
from tools.spec import ToolArgs, tool

Operation = Literal[
    "replace",
    "add_label",
    "rename_label",
    "describe_label",
    "set_hotkey",
    "remove_label",
    "rename_field",
    "set_question",
    "set_guideline",
    "remove_field",
]
MOST_TOLD = 4
Plain = dict[str, Any]


class ChangeSchemaArgs(ToolArgs):
    """One operation on the schema."""

    operation: Operation = Field(
        default="replace",
        description="replace takes the whole new schema in source; the others change one thing of a field or label",
    )
    field: str = Field(default="", description="Field that is meant; the first field if empty")
    label: str = Field(default="", description="Label that is meant, by id or name")
    value: str = Field(default="", description="The new name, description, key, question or guideline")
    source: str = Field(default="", description="For replace: the whole schema as YAML")


@tool(effect="change", version=1, role="lead")
def change_schema(args: ChangeSchemaArgs, ctx: ToolContext) -> ToolResult:
    """Change the label schema: add, rename, describe or remove a label, set its key, rename a field, set its question
    or guideline, or replace the whole schema. What decisions use cannot be removed, and nothing changes before a
    person confirms.
    """
    new = _changed(args, ctx.schema)
    refuse_forging_names(new, ctx.schema)
    if new != ctx.schema:
        refuse_breaking(ctx.schema, new, uses_of(ctx))
    return schema_result(new, ctx, f"Put version {ctx.schema_version + 1} of the schema in force")


def schema_result(new: LabelSchema, ctx: ToolContext, told_as: str) -> ToolResult:
    """The change to another schema, told by its differences and begun with ``told_as``."""
    changes = differences(ctx.schema, new)
    if not changes:
        return ToolResult("The schema would stay as it is, so there is nothing to confirm.")
    version = ctx.schema_version + 1
    table = Table(f"What changes in version {version}", ("change",), tuple((sentence,) for sentence in changes))
    told = " ".join(changes[:MOST_TOLD])
    if len(changes) > MOST_TOLD:
        rest = len(changes) - MOST_TOLD
        told += f" The table has {count_of(rest, 'more change')}."
    change = Change(
        kind="schema",
        sentence=f"{told_as}: {told}",
        arguments={"source": dump_schema(new), "base_version": ctx.schema_version},
        preview=(table,),
        role="lead",
    )
    text = f"{capital(count_of(len(changes), 'thing'))} {verb(len(changes), 'changes', 'change')}. {told} "
    return ToolResult(f"{text}Stored labels are not rewritten.", tables=(table,), change=change)


def uses_of(ctx: ToolContext) -> UsesOf:
    """How often rows use the labels and fields of the schema in force."""
    places = ("reviews", "proposals", "gold")
    labels = {
        (row["field"], row["label"]): {place: int(row[place]) for place in places}
        for row in ctx.ask("label_uses").as_dicts()
    }
    fields = {row["field"]: {place: int(row[place]) for place in places} for row in ctx.ask("field_uses").as_dicts()}
    return UsesOf(labels, fields, ctx.items.count())


def _changed(args: ChangeSchemaArgs, schema: LabelSchema) -> LabelSchema:
    if args.operation == "replace":
        if not args.source.strip():
            raise InputError("To replace the schema, give the whole new schema as YAML in source.")
        return read_schema(args.source)
    plain = yaml.safe_load(dump_schema(schema))
    field_id = field_named(schema, args.field).id
    field = next(one for one in plain["fields"] if one["id"] == field_id)
    if args.operation == "remove_field":
        plain["fields"].remove(field)
    elif args.operation in _ON_FIELD:
        _ON_FIELD[args.operation](field, _value(args))
    else:
        _change_label(args, schema, field)
    return _read_back(plain)


def _read_back(plain: Plain) -> LabelSchema:
    try:
        return read_schema(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True))
    except SchemaRefused as refusal:
        # The line is one of a source that nobody wrote.
        message = str(refusal).partition(": ")[2] if refusal.line is not None else str(refusal)
        raise SchemaRefused(capital(message)) from None


def _value(args: ChangeSchemaArgs) -> str:
    if not args.value.strip():
        raise InputError(f"{args.operation} needs the argument 'value'.")
    return args.value


def _set(key: str) -> Callable[[Plain, str], None]:
    def put(target: Plain, value: str) -> None:
        target[key] = value

    return put


_ON_FIELD: dict[str, Callable[[Plain, str], None]] = {
    "rename_field": _set("name"),
    "set_question": _set("question"),
    "set_guideline": _set("guideline"),
}
_ON_LABEL: dict[str, Callable[[Plain, str], None]] = {
    "rename_label": _set("name"),
    "describe_label": _set("description"),
    "set_hotkey": _set("hotkey"),
}


def _change_label(args: ChangeSchemaArgs, schema: LabelSchema, field: Plain) -> None:
    if args.operation == "add_label":
        field.setdefault("labels", []).append({"name": args.label or _value(args)})
        if args.label and args.value:
            field["labels"][-1]["description"] = args.value
        return
    if not args.label.strip():
        raise InputError(f"{args.operation} needs the argument 'label'.")
    wanted = label_named(schema.field(field["id"]), args.label)
    label = next((one for one in field.get("labels", []) if one["id"] == wanted), None)
    if label is None:
        raise InputError(f"{wanted!r} is offered by a switch of the field; change it with a whole new schema.")
    if args.operation == "remove_label":
        field["labels"].remove(label)
    else:
        _ON_LABEL[args.operation](label, _value(args))
