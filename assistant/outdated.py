"""Changes that wait although what they were planned on is gone: superseded by a newer one, or by what was done since.

It is worked out each time from the stored rows and never written down, so that nothing but a person's answer is ever an
answer: a card that a model asked for cannot withdraw one that a person asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.store.actions import PendingAction
from assistant.store.project import ProjectStore
from tools.records import JsonValue
from tools.schema import read_schema

_NEWER = "a newer change takes its place"


def why_outdated(store: ProjectStore, action: PendingAction, later: list[PendingAction]) -> str:
    """Why a waiting change can no longer be confirmed, as part of a sentence; empty where it can.

    ``later`` are the actions that came up after it, answered or not.
    """
    check = _CHECKS.get(action.change.kind)
    why = check(store, action.change.arguments) if check is not None else ""
    if not why and any(_replaces(one, action) for one in later):
        why = _NEWER
    return "" if why and _has_begun(store, action) else why


def _replaces(newer: PendingAction, older: PendingAction) -> bool:
    """Whether one is about the same thing, for the same person; a model's wish never replaces a person's own."""
    return (
        newer.actor.person == older.actor.person
        and newer.change.kind == older.change.kind
        and (newer.actor.via != "agent" or older.actor.via == "agent")
        and not _subject(newer).isdisjoint(_subject(older))
    )


def _subject(action: PendingAction) -> set[str]:
    """What a change is about: two that share any of it cannot both be meant."""
    given: Mapping[str, Any] = action.change.arguments
    kind = action.change.kind
    if kind == "bulk_accept":
        return {str(one) for one in given["proposal_ids"]}
    if kind == "mark_gold":
        return {f"{field}:{item_id}" for item_id, field, _ in given["marks"]}
    if kind == "undo":
        return {f"{target}:{target_id}:{bool(given.get('redo'))}" for target, target_id in given["targets"]}
    if kind == "setting":
        return {str(given["key"])}
    # Of two changes of the schema the sentence says which labels they are about.
    return {str(given["format" if kind == "export" else "path"])} if kind != "schema" else {action.change.sentence}


def _has_begun(store: ProjectStore, action: PendingAction) -> bool:
    """Whether it was carried out but for its answer, because the process ended in between: confirming finishes it."""
    if store.actions.leaves_rows(action):
        return bool(store.actions.rows_left(action))
    return action.change.kind == "schema" and read_schema(str(action.change.arguments["source"])) == store.schema


def _schema(store: ProjectStore, given: Mapping[str, JsonValue]) -> str:
    base = given.get("base_version")
    if base is None or int(str(base)) == store.schema_version:
        return ""
    return "the labels were changed in the meantime"


def _bulk(store: ProjectStore, given: Mapping[str, Any]) -> str:
    proposals = store.runs.get(list(given["proposal_ids"]))
    items = {one.draft.item_id for one in proposals}
    decided = store.standing.decided(given["field"], items)
    return "" if items - decided else "everything that it lists was decided or withdrawn in the meantime"


def _gold(store: ProjectStore, given: Mapping[str, Any]) -> str:
    for item_id, field, value in given["marks"]:
        stand = store.standing.values(int(item_id), str(field))
        if value not in stand:
            return "a label that it would mark was decided anew or taken back in the meantime"
    return ""


def _undo(store: ProjectStore, given: Mapping[str, Any]) -> str:
    is_redo = bool(given.get("redo"))
    for target, target_id in given["targets"]:
        is_undone = store.actions.is_undone(str(target), int(target_id))
        if is_undone != is_redo:
            return "what it takes back was taken back in the meantime" if not is_redo else "it was put back since"
    return ""


def _setting(store: ProjectStore, given: Mapping[str, Any]) -> str:
    return "it is set to that already" if store.settings.get(str(given["key"])) == given["value"] else ""


_CHECKS = {"setting": _setting, "schema": _schema, "bulk_accept": _bulk, "mark_gold": _gold, "undo": _undo}
