"""Taking a change of the labels and questions back: the version before is put in force again, once a person says so."""

from __future__ import annotations

from tools.context import ToolContext
from tools.decide.schema_change import schema_result, uses_of
from tools.decide.schema_diff import refuse_breaking
from tools.errors import NotAllowed
from tools.results import ToolResult
from tools.schema import read_schema

_FIRST = "The labels and questions are as they were made: no change of theirs could be taken back."


def version_of(action: int, ctx: ToolContext) -> int:
    """The version of the schema that a confirmed action put in force; 0 where it did something else."""
    rows = ctx.ask("schema_action", action=action).as_dicts()
    return int(rows[0]["version"]) if rows else 0


def schema_back(version: int, ctx: ToolContext) -> ToolResult:
    """A change to the schema as it was before ``version``, which is the last one where it is 0."""
    if not ctx.actor.may("lead"):
        raise NotAllowed("Only a lead may change the labels back.")
    if version and version != ctx.schema_version:
        return ToolResult(
            f"Nothing can be undone: the labels were changed again since, by version {ctx.schema_version}; take that "
            "back first (“undo the schema change”), or say “rename … to …”."
        )
    rows = ctx.ask("schema_version", version=ctx.schema_version - 1).as_dicts()
    if not rows:
        return ToolResult(_FIRST)
    before = read_schema(str(rows[0]["source"]))
    refuse_breaking(ctx.schema, before, uses_of(ctx))
    return schema_result(before, ctx, f"Take back version {ctx.schema_version} of the schema")
