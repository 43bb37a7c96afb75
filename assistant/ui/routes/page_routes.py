"""Routes of the tabs: tools, changes that wait for a person, jobs and runs, the schema."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from assistant.records import job_record
from assistant.review import EXCERPT
from assistant.ui.chat.showing import action_record, outcome_record, tool_record
from assistant.ui.door.who import Person
from assistant.ui.ports import OpenProject
from assistant.ui.routes.card_routes import Body, Id
from tools.errors import NotAllowed
from tools.hotkeys import hidden_commands
from tools.records import Actor
from tools.schema import dump_schema, read_schema
from tools.schema_names import refuse_forging_names
from tools.spec import ToolSpec

# These take a place on the server's disk as an argument; the page gives it a name of its own instead.
_NEED_A_FILE = ("import_data", "export_data")
_LIVE = 4
_RECENT = 20
_MOST_ITEMS = 200
_YAML_ARGUMENTS = ("schema_yaml", "source", "yaml")
_SCHEMA_LETTERS = 500_000


class CallBody(Body):
    """A tool and its arguments, which the tool's own declaration checks."""

    name: Annotated[str, Field(max_length=60)]
    arguments: dict[str, Any] = Field(default_factory=dict)


class ItemsBody(Body):
    """Items that an answer named."""

    items: Annotated[list[Id], Field(max_length=_MOST_ITEMS)]


class ActionBody(Body):
    """A change that waits."""

    action: Id


class JobBody(Body):
    """A job."""

    job: Id


class RunBody(Body):
    """A run."""

    run: Id


class SchemaBody(Body):
    """A schema as YAML."""

    yaml: Annotated[str, Field(max_length=_SCHEMA_LETTERS)]


def page_router(session: OpenProject) -> APIRouter:
    """The routes under ``/page``."""
    router = APIRouter(prefix="/page")
    _add_tools(router, session)
    _add_items(router, session)
    _add_actions(router, session)
    _add_runs(router, session)
    _add_schema(router, session)
    return router


def _add_tools(router: APIRouter, session: OpenProject) -> None:
    tools = session.executor

    @router.get("/tools")
    def specs(actor: Person) -> dict[str, Any]:
        return {"tools": [tool_record(spec) for spec in tools.specs(actor.role)]}

    @router.post("/tools/call")
    def call(body: CallBody, actor: Person) -> dict[str, Any]:
        if body.name in _NEED_A_FILE:
            raise NotAllowed("Files are imported and exported on the Data tab.")
        return outcome_record(tools.call(body.name, body.arguments, actor))


def _add_items(router: APIRouter, session: OpenProject) -> None:
    @router.post("/items")
    def items(body: ItemsBody, actor: Person) -> dict[str, Any]:
        found = session.store.items.get(body.items) if body.items else []
        return {"items": [{"id": one.item_id, "key": one.key, "excerpt": one.text[:EXCERPT]} for one in found]}


def _add_actions(router: APIRouter, session: OpenProject) -> None:
    tools = session.executor

    @router.get("/actions")
    def pending(actor: Person) -> dict[str, Any]:
        mine = tools.pending_for(actor)
        asked = session.store.talk.asked_for([one.action_id for one in mine])
        gone = [(one, why) for one, why in tools.withdrawn() if one.actor.person == actor.person]
        return {
            "actions": [action_record(one, actor, asked.get(one.action_id, "")) for one in mine],
            "withdrawn": [
                {"action_id": one.action_id, "sentence": one.change.sentence, "why": why} for one, why in gone[:_LIVE]
            ],
        }

    @router.post("/actions/confirm")
    def confirm(body: ActionBody, actor: Person) -> dict[str, Any]:
        return outcome_record(tools.confirm(body.action, actor))

    @router.post("/actions/dismiss")
    def dismiss(body: ActionBody, actor: Person) -> dict[str, Any]:
        tools.dismiss(body.action, actor)
        return {}


def _add_runs(router: APIRouter, session: OpenProject) -> None:
    jobs, tools = session.jobs, session.executor

    @router.get("/runs")
    def recent(actor: Person) -> dict[str, Any]:
        runs = session.store.ask("recent_runs", {"limit": _RECENT}, actor).as_dicts()
        return {
            "jobs": [job_record(job) for job in jobs.recent(_RECENT)],
            "runs": [_run_record(row, actor) for row in runs],
        }

    @router.get("/runs/live")
    def live(actor: Person) -> dict[str, Any]:
        # Asked every second while something runs: one job runs at a time, the newest few are enough.
        return {"jobs": [job_record(job) for job in jobs.recent(_LIVE) if not job.is_over]}

    @router.post("/runs/pause")
    def pause(body: JobBody, actor: Person) -> dict[str, Any]:
        tools.steer("pause", body.job, actor)
        return {}

    @router.post("/runs/resume")
    def resume(body: JobBody, actor: Person) -> dict[str, Any]:
        tools.steer("resume", body.job, actor)
        return {}

    @router.post("/runs/cancel")
    def cancel(body: JobBody, actor: Person) -> dict[str, Any]:
        tools.steer("cancel", body.job, actor)
        return {}

    @router.post("/runs/undo")
    def undo(body: RunBody, actor: Person) -> dict[str, Any]:
        return outcome_record(tools.call("undo", {"what": "run", "id": body.run}, actor))


def _run_record(row: dict[str, Any], actor: Actor) -> dict[str, Any]:
    return {
        "id": row["run_id"],
        "tool": row["tool"],
        "field": row["field"],
        "backend": row["backend"],
        "by": row["actor"],
        "at": row["made_at"].replace(tzinfo=UTC).isoformat(),
        "usable": row["usable"],
        "unusable": row["invalid"] + row["unread"],
        "undecided": row["undecided"],
        "queued": row["queued"],
        "undone": bool(row["withdrawn"]),
        "can_undo": row["actor"] == actor.person or actor.may("lead"),
    }


def _yaml_argument(specs: Sequence[ToolSpec]) -> str:
    """The argument in which the schema tool takes a whole schema."""
    known = next((spec.arguments.model_fields for spec in specs if spec.name == "change_schema"), {})
    for name in _YAML_ARGUMENTS:
        if name in known:
            return name
    raise NotAllowed("A whole schema cannot be changed here yet; say in the chat what to rename, add or remove.")


def _add_schema(router: APIRouter, session: OpenProject) -> None:
    tools = session.executor

    @router.get("/schema")
    def schema(actor: Person) -> dict[str, Any]:
        return {"yaml": dump_schema(session.schema)}

    @router.post("/schema/check")
    def check(body: SchemaBody, actor: Person) -> dict[str, Any]:
        found = read_schema(body.yaml)
        refuse_forging_names(found, session.schema)
        if found == session.schema:
            said = ["This is the schema in force.", *hidden_commands(found)]
            return {"text": " ".join(said), "action_id": None}
        fields = ", ".join(f"{spec.id} ({spec.kind}, {len(spec.labels)} labels)" for spec in found.fields)
        said = [f"The schema holds together: {fields}.", *hidden_commands(found)]
        return {"text": " ".join(said), "action_id": None}

    @router.post("/schema/change")
    def change(body: SchemaBody, actor: Person) -> dict[str, Any]:
        read_schema(body.yaml)
        name = _yaml_argument(tools.specs(actor.role))
        return outcome_record(tools.call("change_schema", {name: body.yaml}, actor))
