"""Carrying out what a person confirmed, one function a kind of change; each is safe to repeat."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from assistant.executor import Handler
from assistant.queueing import Queues
from assistant.store.actions import PendingAction
from assistant.store.file.clock import utc_now
from assistant.store.intake.intake import reasons_of, report_table
from assistant.store.intake.outgoing import outgoing
from assistant.store.intake.people import named_people
from assistant.store.project import ProjectStore
from assistant.store.reviews import answer_of
from assistant.view import hidden_from
from tools.errors import Conflict, InputError, NotFound, ValueRefused
from tools.exchange.batch import SHOWN_REASONS
from tools.exchange.options import export_options_from, import_options_from
from tools.exchange.reading import read_file
from tools.exchange.writing import write_export
from tools.records import Actor, Proposal, to_json
from tools.results import Table, ToolResult
from tools.schema import read_schema
from tools.sentences import count_of, verb
from tools.values import check_value, value_label

_SETTABLE = ("overlap",)


def handlers(store: ProjectStore, queues: Queues) -> dict[str, Handler]:
    """The handler of each kind of change, bound to one project."""

    def stirred(carry_out: Any) -> Handler:
        def handle(action: PendingAction, actor: Actor) -> ToolResult:
            result: ToolResult = carry_out(store, action, actor)
            queues.stir()
            return result

        return handle

    kinds = {
        "bulk_accept": bulk_accept,
        "mark_gold": mark_gold,
        "undo": undo,
        "schema": change_schema,
        "import": take_import,
        "export": write_out,
        "setting": change_setting,
    }
    return {kind: stirred(carry_out) for kind, carry_out in kinds.items()}


def bulk_accept(store: ProjectStore, action: PendingAction, actor: Actor) -> ToolResult:
    """Accept the listed proposals that are still undecided, not withdrawn and not blind; the rest is named."""
    before = store.actions.rows_left(action)
    if before:
        return ToolResult(f"{before} proposals were accepted already.")
    arguments = action.change.arguments
    field, wanted = str(arguments["field"]), list(arguments["proposal_ids"])
    proposals = store.runs.get(wanted)
    ids = [proposal.draft.item_id for proposal in proposals]
    decided = store.standing.decided(field, ids)
    hidden = hidden_from(store, actor.person, field, ids)
    viewed = {*arguments.get("sample_items", ()), *action.change.riskiest}
    # One answer an item: where two of its proposals are listed, the newer one counts.
    newest = {proposal.draft.item_id: proposal for proposal in proposals}
    usable = [
        proposal
        for item_id, proposal in newest.items()
        if proposal.draft.field == field
        and item_id not in decided
        and item_id not in hidden
        and _still_fits(store, proposal)
    ]
    if usable:
        rows = pa.table(
            {
                "item_id": pa.array([p.draft.item_id for p in usable], pa.int64()),
                "field": pa.array([field] * len(usable), pa.string()),
                "proposal_id": pa.array([p.proposal_id for p in usable], pa.int64()),
                "value": pa.array([to_json(p.draft.value) for p in usable], pa.string()),
                "label": pa.array([value_label(p.draft.value) for p in usable], pa.string()),
                "answer": pa.array([answer_of(p.draft.value) for p in usable], pa.string()),
                "exposure": pa.array(
                    ["bulk_viewed" if p.draft.item_id in viewed else "bulk_listed" for p in usable], pa.string()
                ),
                "schema_version": pa.array([store.schema_version] * len(usable), pa.int32()),
            }
        )
        store.reviews.add_bulk(rows, actor, action.action_id, str(arguments.get("rule", "")))
    return ToolResult(_bulk_sentence(len(usable), len(wanted), action.action_id))


def _still_fits(store: ProjectStore, proposal: Proposal) -> bool:
    """Whether a proposal is usable under the schema in force, which may have changed since it was made."""
    draft = proposal.draft
    if draft.state != "ok" or draft.value is None:
        return False
    if proposal.schema_version == store.schema_version:
        return True
    try:
        check_value(store.schema.field(draft.field), draft.value)
    except (ValueRefused, NotFound):
        return False
    return True


def _bulk_sentence(accepted: int, wanted: int, action_id: int) -> str:
    left = wanted - accepted
    were, stay = ("was", "stays as it is") if left == 1 else ("were", "stay as they are")
    tail = f" {left} {were} decided, withdrawn or set aside in the meantime and {stay}." if left else ""
    return f"Accepted {count_of(accepted, 'proposal')}; “undo action {action_id}” takes it back.{tail}"


def mark_gold(store: ProjectStore, action: PendingAction, actor: Actor) -> ToolResult:
    """Mark the listed values as gold."""
    done = store.actions.rows_left(action)
    marks = [(int(item_id), str(field), value) for item_id, field, value in action.change.arguments["marks"]]
    if not done:
        store.reviews.mark_gold(marks, actor, action.action_id)
    return ToolResult(f"{count_of(len(marks), 'item')} {verb(len(marks), 'is', 'are')} gold now.")


def undo(store: ProjectStore, action: PendingAction, actor: Actor) -> ToolResult:
    """Mark the targets as undone, or as standing again for a redo."""
    arguments: Mapping[str, Any] = action.change.arguments
    targets = [(str(target), int(target_id)) for target, target_id in arguments["targets"]]
    undone = not arguments.get("redo", False)
    named = [target_id for target, target_id in targets if target == "run"]
    # Who takes suggestions back does not want those either that were made anew because of them.
    more = [run_id for run_id in (store.runs.followers(named) if named else []) if run_id not in named]
    targets += [("run", run_id) for run_id in more]
    store.reviews.undo(targets, actor, reason=f"action {action.action_id}", undone=undone)
    told = action.change.sentence.replace("Undo ", "Undone: ", 1) if undone else "Redone."
    if more:
        told += f" With it {count_of(len(more), 'run')} that learned again after it."
    return ToolResult(told)


def change_schema(store: ProjectStore, action: PendingAction, actor: Actor) -> ToolResult:
    """Put a new schema in force, unless another one came in between."""
    schema = read_schema(str(action.change.arguments["source"]))
    if schema == store.schema:
        return ToolResult("The schema is in force already.")
    base = action.change.arguments.get("base_version")
    if base is not None and int(base) != store.schema_version:
        raise Conflict("The schema was changed by somebody else in the meantime; look at it again first.")
    version = store.change_schema(schema, actor)
    return ToolResult(f"Schema version {version} is in force.")


def change_setting(store: ProjectStore, action: PendingAction, actor: Actor) -> ToolResult:
    """Set what was confirmed; only what the chat may ask for, so that no other setting gets in by this door."""
    key, value = str(action.change.arguments["key"]), action.change.arguments["value"]
    if key not in _SETTABLE:
        raise InputError(f"The setting {key!r} is not changed this way; say “assistant set PROJECT {key} …”.")
    store.settings.put(key, value, actor)
    return ToolResult(f"Done: {action.change.sentence}")


def take_import(store: ProjectStore, action: PendingAction, actor: Actor) -> ToolResult:
    """Parse the file again and take it in; refused if it is not the file that was looked at."""
    arguments = action.change.arguments
    options = import_options_from(arguments["options"])
    batch = read_file(Path(arguments["path"]).expanduser(), store.schema, options)
    if batch.source_hash != arguments["source_hash"]:
        raise Conflict(f"{batch.source_name} was changed since it was looked at; import it again.")
    batch = named_people(batch, store.users, actor)
    report = store.take_in(batch, actor, dict(arguments["options"]))
    if not report.adds_up:
        raise InputError(f"The import of {batch.source_name} does not add up; nothing should be trusted of it.")
    rows = tuple((name, count) for name, count in report_table(report))
    new = f"{report.new:,} new {'item' if report.new == 1 else 'items'}"
    text = f"Imported {batch.source_name}: {report.read:,} rows read, {new}, {report.known:,} known before, "
    text += f"{report.rejected:,} rejected; {report.labels_taken:,} labels taken over."
    reasons = tuple(reasons_of(store.database, report.import_id))
    notes = tuple((note,) for note in batch.notes)
    tables = [
        Table("Where every row went", ("what", "count"), rows),
        Table("Why rows and labels were left out", ("what", "reason", "count", "first row"), reasons[:SHOWN_REASONS]),
        Table("How the file was read", ("note",), notes),
    ]
    return ToolResult(text, tables=tuple(one for one in tables if one.rows))


def write_out(store: ProjectStore, action: PendingAction, actor: Actor) -> ToolResult:
    """Write the export from the present state."""
    arguments = action.change.arguments
    stated = {"audit_head": store.database.audit_head, "project": store.name, "created": utc_now().isoformat()}
    options = export_options_from({**arguments["options"], **stated})
    fields = options.fields or tuple(field.id for field in store.schema.fields)
    rows = outgoing(store.database, fields)
    target = Path(arguments["target"]).expanduser()
    report = write_export(str(arguments["format"]), rows, store.schema, target, options, store.media.of_item)
    left_out = report.items - report.written
    text = f"Exported {report.written:,} of {report.items:,} items to {report.target}."
    text += f" {left_out:,} were left out, each with its reason." if left_out else ""
    is_ours = target.resolve().parent == (store.path / "exports").resolve()
    return ToolResult(text, tables=(report.conservation(),), exported=target.name if is_ours else "")


def forget_upload(store: ProjectStore, action: PendingAction) -> None:
    """What was dropped on the page and taken in is in the project; its file is not kept a second time."""
    if action.change.kind != "import" or store.settings.get("images_in_place"):
        return
    uploads = (store.path / "uploads").resolve()
    place = Path(action.change.arguments["path"]).expanduser().resolve()
    if uploads in place.parents:
        shutil.rmtree(uploads / place.relative_to(uploads).parts[0], ignore_errors=True)
