"""What an undo would take back and what would stay, in words, one target at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.context import ToolContext
from tools.errors import NotFound
from tools.schema import LabelSchema
from tools.sentences import count_of, verb

Row = Mapping[str, Any]
Target = tuple[str, int]

# How the kinds of change that leave nothing to undo are answered.
_NOT_UNDOABLE = {
    "export": "wrote an export; exports are recorded and cannot be undone",
    "schema": "changed the labels or questions; say “undo the schema change” to change them back",
    "setting": "changed how many people decide each item; say the number you want, as in “one person per item”",
    "undo": "was itself an undo; ask for a redo instead",
    "import": "was an import; undo the import by its own number",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One target of an undo. ``refusal`` says why it cannot be undone, empty where it can.

    ``name`` is what it is called, ``sentence`` what happens and what stays. ``items`` are the items it is about.
    """

    target: Target
    owner: str
    name: str
    sentence: str
    refusal: str = ""
    items: tuple[int, ...] = ()


def effects_of(targets: list[Target], ctx: ToolContext) -> list[Effect]:
    """The effects in the order of the targets; :class:`NotFound` names a target that does not exist."""
    found: dict[Target, Effect] = {}
    for kind, (query, key, describe) in _DESCRIBERS.items():
        ids = [target_id for target, target_id in targets if target == kind]
        if ids:
            for row in ctx.ask(query, ids=ids).as_dicts():
                found[kind, int(row[key])] = describe(row, ctx)
    missing = next((target for target in targets if target not in found), None)
    if missing is not None:
        raise NotFound(f"There is no {_WORDS[missing[0]]} {missing[1]}.")
    return [found[target] for target in targets]


def _undone(row: Row, name: str) -> str:
    return f"{name} is undone already" if row["is_undone"] else ""


def _field_name(schema: LabelSchema, field_id: str) -> str:
    return next((field.name for field in schema.fields if field.id == field_id), field_id)


def _run(row: Row, ctx: ToolContext) -> Effect:
    name = f"run {row['run_id']} ({row['tool']})"
    parts = []
    if row["proposals"]:
        number = int(row["undecided"])
        parts.append(f"{count_of(number, 'undecided proposal')} {verb(number, 'is', 'are')} withdrawn")
    if row["queued"]:
        parts.append(f"its queue of {count_of(int(row['queued']), 'item')} is dropped")
    if row["findings"]:
        number = int(row["findings"])
        parts.append(f"{count_of(number, 'finding')} {verb(number, 'is', 'are')} withdrawn")
    if row["decisions"]:
        number = int(row["decisions"])
        parts.append(f"{count_of(number, 'decision')} made from it {verb(number, 'stays', 'stay')}")
    return Effect(
        ("run", int(row["run_id"])), row["actor"], name, "; ".join(parts) or "it made nothing", _undone(row, name)
    )


def _action(row: Row, ctx: ToolContext) -> Effect:
    name = f"batch {row['action_id']}"
    refusal = _undone(row, name)
    if row["decision"] != "confirmed":
        refusal = f"{name} was never carried out, so there is nothing to undo"
    elif row["kind"] in _NOT_UNDOABLE:
        refusal = f"action {row['action_id']} {_NOT_UNDOABLE[row['kind']]}"
    parts = []
    if row["labels"]:
        number = int(row["labels"]) - int(row["replaced"])
        parts.append(f"{count_of(number, 'accepted label')} {verb(number, 'is', 'are')} taken back")
    if row["replaced"]:
        number = int(row["replaced"])
        were, keep = verb(number, "was", "were"), verb(number, "keeps", "keep")
        parts.append(f"{count_of(number, 'item')} that {were} decided again since {keep} that")
    if row["gold"]:
        number = int(row["gold"])
        parts.append(f"{count_of(number, 'gold mark')} {verb(number, 'is', 'are')} removed, the labels stay")
    return Effect(
        ("action", int(row["action_id"])), row["actor"], name, "; ".join(parts) or "it changed nothing", refusal
    )


def _review(row: Row, ctx: ToolContext) -> Effect:
    is_own = row["reviewer"] == ctx.actor.person
    whose, their = ("your", "your") if is_own else (f"{row['reviewer']}'s", "their")
    field = _field_name(ctx.schema, row["field"])
    name = f"{whose} decision {row['review_id']} on item #{row['item_id']} for {field} ({row['verdict']})"
    if row["replaced"]:
        sentence = f"{their} later decision on it stays"
    elif row["earlier"] is not None:
        sentence = f"{their} earlier decision on it stands again"
    else:
        sentence = "the item then has no decision of yours" if is_own else "the item then has no decision of theirs"
    return Effect(
        ("review", int(row["review_id"])), row["reviewer"], name, sentence, _undone(row, name), (int(row["item_id"]),)
    )


def _import(row: Row, ctx: ToolContext) -> Effect:
    name = f"import {row['import_id']}"
    number, items = int(row["labels"]), int(row["items"])
    sentence = f"{count_of(number, 'imported label')} {verb(number, 'is', 'are')} taken back"
    sentence += f"; its {count_of(items, 'item')} {verb(items, 'stays', 'stay')}"
    return Effect(("import", int(row["import_id"])), row["actor"], name, sentence, _undone(row, name))


_WORDS = {"review": "decision", "run": "run", "action": "batch", "import": "import"}
_DESCRIBERS: dict[str, tuple[str, str, Callable[[Row, ToolContext], Effect]]] = {
    "review": ("review_effects", "review_id", _review),
    "run": ("run_effects", "run_id", _run),
    "action": ("action_effects", "action_id", _action),
    "import": ("import_effects", "import_id", _import),
}
