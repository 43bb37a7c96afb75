"""Small tools with the names of the catalogue: enough to see that the page calls, shows and confirms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tools.context import CallLog, ToolContext
from tools.records import Draft, RunIdentity
from tools.results import Artefact, Change, Fact, Figure, Table, ToolResult, WorkPlan
from tools.schema import read_schema
from tools.spec import ToolArgs, tool

Maker = Callable[[Any, Any], Callable[[Any, Any], ToolResult]]


class MeasureArgs(ToolArgs):
    metric: Literal["progress", "agreement"] = Field(default="progress", description="Which number")
    field: str = Field(default="", description="Which question")


@tool(effect="read", version=1)
def measure(args: MeasureArgs, ctx: ToolContext) -> ToolResult:
    """Measure how far and how good the work is."""
    share = Fact("decided", 0.25, "share", n=ctx.items.count(), low=0.1, high=0.4, method="Wilson 95 %", sql="SELECT 1")
    chart = Figure("Decided by label", "bar", ("Refund", "Return"), {"items": (12.0, 5.0)}, "label", "items")
    worst = Table("Longest items", ("item", "letters"), (("M001 <b>bold</b>", 40), ("M|002", 12)))
    said = f"{args.metric}: 25.0 % of the items are decided."
    return ToolResult(said, (share,), (worst,), (chart,), items=tuple(int(one) for one in ctx.items.all_ids()[:3]))


class _Guess:
    """Proposes the first label for everything."""

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> Any:
        return list(unit)

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        label = str(artefact.json["label"])
        return [Draft(item, str(artefact.json["field"]), {"label": label}) for item in payload]


class PrelabelArgs(ToolArgs):
    field: str = Field(default="", description="Which question")


@tool(effect="propose", version=1, work=_Guess())
def prelabel(args: PrelabelArgs, ctx: ToolContext) -> ToolResult:
    """Suggest labels for everything that is undecided."""
    spec = ctx.schema.field(args.field) if args.field else ctx.schema.main_field()
    units = tuple((int(one),) for one in ctx.items.all_ids())
    artefact = Artefact({"field": spec.id, "label": spec.labels[0].id})
    plan = WorkPlan(RunIdentity("prelabel", 1, "builtin:test", "1", {}), spec.id, units, artefact)
    return ToolResult(f"Suggesting {spec.name} for {plan.size} items.", work=plan)


class ImportArgs(ToolArgs):
    path: str = Field(description="Where the file lies")
    format: str = Field(default="auto", description="What it is written in")


@tool(effect="change", version=1, role="lead")
def import_data(args: ImportArgs, ctx: ToolContext) -> ToolResult:
    """Take a file in."""
    rows = len(Path(args.path).read_text(encoding="utf-8").splitlines())
    seen = Table("Where every row goes", ("what", "count"), (("read", rows), ("become items", rows)))
    change = Change("import", f"Import {rows} items as {args.format}.", {"path": args.path}, (seen,))
    return ToolResult(f"{rows} rows can be read.", tables=(seen,), change=change)


class ExportArgs(ToolArgs):
    format: Literal["csv", "jsonl"] = Field(description="What it shall be written in")
    target: str = Field(description="Where to")
    overwrite: bool = Field(default=False, description="Replace what is there")


@tool(effect="change", version=1, role="lead")
def export_data(args: ExportArgs, ctx: ToolContext) -> ToolResult:
    """Write a file."""
    counts = Table("What is in it", ("what", "count"), (("items", ctx.items.count()),))
    change = Change("export", "Write every decided item.", {"path": args.target}, (counts,))
    return ToolResult(change.sentence, change=change)


class SchemaArgs(ToolArgs):
    schema_yaml: str = Field(description="The whole new schema")


@tool(effect="change", version=1, role="lead")
def change_schema(args: SchemaArgs, ctx: ToolContext) -> ToolResult:
    """Change what is asked."""
    found = read_schema(args.schema_yaml)
    fields = Table("Fields", ("field", "kind"), tuple((one.id, one.kind) for one in found.fields))
    change = Change("schema", "Put the new schema in force.", {"source": args.schema_yaml}, (fields,))
    return ToolResult(change.sentence, change=change)


class UndoArgs(ToolArgs):
    what: Literal["run"] = Field(description="What kind of thing")
    id: int = Field(description="Which one")


@tool(effect="change", version=1)
def undo(args: UndoArgs, ctx: ToolContext) -> ToolResult:
    """Take back a run."""
    change = Change("undo", f"Undo run {args.id}.", {"targets": [["run", args.id]]}, role="reviewer")
    return ToolResult(change.sentence, change=change)


TOOLS = (measure, prelabel, import_data, export_data, change_schema, undo)


def _schema_handler(store: Any, queues: Any) -> Callable[[Any, Any], ToolResult]:
    def handle(action: Any, actor: Any) -> ToolResult:
        version = store.change_schema(read_schema(action.change.arguments["source"]), actor)
        queues.stir()
        return ToolResult(f"Schema version {version} is in force.")

    return handle


def _export_handler(store: Any, queues: Any) -> Callable[[Any, Any], ToolResult]:
    def handle(action: Any, actor: Any) -> ToolResult:
        Path(action.change.arguments["path"]).write_text("key,label\n", encoding="utf-8")
        return ToolResult("Written.")

    return handle


def _undo_handler(store: Any, queues: Any) -> Callable[[Any, Any], ToolResult]:
    def handle(action: Any, actor: Any) -> ToolResult:
        store.reviews.undo([tuple(one) for one in action.change.arguments["targets"]], actor)
        queues.stir()
        return ToolResult("Undone.")

    return handle


def _import_handler(store: Any, queues: Any) -> Callable[[Any, Any], ToolResult]:
    def handle(action: Any, actor: Any) -> ToolResult:
        return ToolResult("Imported.")

    return handle


HANDLERS: dict[str, Maker] = {
    "schema": _schema_handler,
    "export": _export_handler,
    "undo": _undo_handler,
    "import": _import_handler,
}
