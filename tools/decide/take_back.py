"""The tool that undoes: one thing by its number, the last thing, everything since a time, or an undo itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from tools.context import ToolContext
from tools.decide.effects import Effect, Target, effects_of
from tools.decide.schema_back import schema_back, version_of
from tools.errors import InputError, NotAllowed
from tools.moments import read_moment
from tools.results import Change, Table, ToolResult
from tools.sentences import capital, count_of, listing
from tools.spec import ToolArgs, tool

What = Literal["last", "review", "run", "action", "import", "schema", "since", "redo"]
BATCHES = ["run", "action", "import"]
MOST_TARGETS = 5000
MOST_TOLD = 3
_KINDS = {"all": ["review", *BATCHES], "batches": BATCHES, "decisions": ["review"]}
_NOUNS = {"review": "decision", "run": "run", "action": "batch", "import": "import"}


class UndoArgs(ToolArgs):
    """What is to be undone."""

    what: What = Field(
        default="last",
        description="last: the last thing done. review, run, action, import: that one by its id, the last one without. "
        "schema: the last change of labels and questions. since: everything from a time on. redo: put back what the "
        "last undo took away",
    )
    id: int = Field(default=0, description="Number of the decision, run, action or import; 0 for the last one")
    count: int = Field(default=1, description="How many of the last ones, where no number and no time is given")
    since: str = Field(default="", description="From this time on, ISO 8601; implies since")
    until: str = Field(default="", description="For since: only before this time, ISO 8601")
    kind: Literal["all", "batches", "decisions"] = Field(
        default="all", description="For last and since: batches of the assistant, single decisions, or both"
    )
    person: str = Field(default="", description="Whose work, if not your own")


@tool(effect="change", version=1)
def undo(args: UndoArgs, ctx: ToolContext) -> ToolResult:
    """Undo a decision, a run of proposals, a batch, an import or a change of the labels, the last thing that was done,
    or everything since a time; or put back what the last undo took away. What people decided in the meantime stays.
    """
    person = args.person.strip() or ctx.actor.person
    if person != ctx.actor.person and not ctx.actor.may("lead"):
        raise NotAllowed("Only a lead may undo another person's work.")
    if args.what == "redo":
        return _redo(person, ctx)
    version = version_of(args.id, ctx) if args.what == "action" and args.id else 0
    if args.what == "schema" or version:
        return schema_back(version, ctx)
    targets = _targets(args, person, ctx)
    if not targets:
        return ToolResult(_nothing(args, person == ctx.actor.person))
    effects = effects_of(targets, ctx)
    others = [effect for effect in effects if effect.owner != ctx.actor.person]
    if others and not ctx.actor.may("lead"):
        raise NotAllowed(f"Only a lead may undo another person's work, and {others[0].name} is not yours.")
    doable = [effect for effect in effects if not effect.refusal]
    if not doable:
        return ToolResult(f"Nothing can be undone: {'; '.join(effect.refusal for effect in effects[:MOST_TOLD])}.")
    return _result(doable, effects, "lead" if others else "reviewer")


def _targets(args: UndoArgs, person: str, ctx: ToolContext) -> list[Target]:
    if args.what in _NOUNS and args.id:
        return [(args.what, args.id)]
    if not 1 <= args.count <= MOST_TARGETS:
        raise InputError(f"Between 1 and {MOST_TARGETS:,} things can be undone at once, got {args.count}.")
    since, until = read_moment(args.since), read_moment(args.until)
    if args.what == "since" and not since:
        raise InputError("Say since when, as in 2026-02-01T13:00:00.")
    kinds = [args.what] if args.what in _NOUNS else _KINDS[args.kind]
    limit = MOST_TARGETS + 1 if since or until else args.count
    answer = ctx.ask("work_since", person=person, since=since, until=until, targets=kinds, limit=limit)
    rows = answer.as_dicts()
    if len(rows) > MOST_TARGETS:
        raise InputError(f"More than {MOST_TARGETS:,} things were done since then; choose a later time.")
    return [(str(row["target"]), int(row["target_id"])) for row in rows]


def _nothing(args: UndoArgs, is_own: bool) -> str:
    who = "you have" if is_own else "this person has"
    when = " in that time" if args.since or args.until else ""
    noun = f" ({_NOUNS[args.what]})" if args.what in _NOUNS else ""
    return f"There is nothing to undo: {who} done nothing{when} that could be taken back{noun}."


def _result(doable: Sequence[Effect], effects: Sequence[Effect], role: Literal["lead", "reviewer"]) -> ToolResult:
    sentence = _sentence(doable)
    refused = [effect.refusal for effect in effects if effect.refusal]
    text = f"{sentence} Nothing else is touched."
    if refused:
        text += f" Left out: {'; '.join(refused[:MOST_TOLD])}."
    items = tuple(dict.fromkeys(item for effect in doable for item in effect.items))
    change = Change(
        kind="undo",
        sentence=sentence,
        arguments={"targets": [list(effect.target) for effect in doable]},
        preview=(_table(doable),),
        item_ids=items,
        role=role,
    )
    return ToolResult(text, tables=(_table(doable),), items=items, change=change)


def _sentence(effects: Sequence[Effect]) -> str:
    if len(effects) <= MOST_TOLD:
        return f"Undo {'; and '.join(f'{effect.name}: {effect.sentence}' for effect in effects)}."
    # A batch is told one by one, however many single decisions there are beside it.
    batches = [effect for effect in effects if effect.target[0] != "review"][:MOST_TOLD]
    told = f"Undo {_counted(effects)}"
    return f"{told}; {'; '.join(f'{effect.name}: {effect.sentence}' for effect in batches)}." if batches else f"{told}."


def _counted(effects: Sequence[Effect]) -> str:
    counts = Counter(effect.target[0] for effect in effects)
    plurals = {"action": "batches"}
    return listing([count_of(n, _NOUNS[kind], plurals.get(kind, "")) for kind, n in counts.items()])


def _table(effects: Sequence[Effect]) -> Table:
    rows = tuple((_NOUNS[effect.target[0]], effect.target[1], effect.owner, effect.sentence) for effect in effects)
    return Table("What would be undone", ("what", "id", "by", "what happens"), rows)


def _redo(person: str, ctx: ToolContext) -> ToolResult:
    rows = ctx.ask("latest_undo", person=person).as_dicts()
    if not rows:
        return ToolResult("There is no undo to take back.")
    targets = [(str(row["target"]), int(row["target_id"])) for row in rows]
    effects = effects_of(targets, ctx)
    names = [effect.name for effect in effects]
    told = listing(names) if len(names) <= MOST_TOLD else _counted(effects)
    is_own = all(effect.owner == ctx.actor.person for effect in effects)
    sentence = f"Put back what the last undo took away: {told}."
    change = Change(
        kind="undo",
        sentence=sentence,
        arguments={"targets": [list(target) for target in targets], "redo": True},
        item_ids=tuple(dict.fromkeys(item for effect in effects for item in effect.items)),
        role="reviewer" if is_own else "lead",
    )
    return ToolResult(
        f"{capital(sentence)} Decisions made since stay as they are.", items=change.item_ids, change=change
    )
