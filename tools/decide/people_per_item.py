"""The tool that says how many people see each item, and changes it once a lead has confirmed."""

from __future__ import annotations

from pydantic import Field

from tools.context import ToolContext
from tools.errors import InputError, NotAllowed
from tools.results import Change, ToolResult
from tools.sentences import capital, count_of, verb
from tools.spec import ToolArgs, tool

MOST_PEOPLE = 50


class PeoplePerItemArgs(ToolArgs):
    """How many people shall see each item."""

    people: int = Field(default=0, description="How many people shall decide each item; 0 only says how many do now")


@tool(effect="change", version=1)
def people_per_item(args: PeoplePerItemArgs, ctx: ToolContext) -> ToolResult:
    """Say how many people decide each item, or change that. More than one lets agreement be measured; nothing changes
    before a lead confirms.
    """
    now = int(ctx.settings.get("overlap") or 1)
    stands = f"{capital(count_of(now, 'person', 'people'))} {verb(now, 'decides', 'decide')} each item"
    if not args.people:
        return ToolResult(f"{stands}. {_how(ctx)}")
    if not 1 <= args.people <= MOST_PEOPLE:
        raise InputError(f"Between 1 and {MOST_PEOPLE} people can decide each item, got {args.people}.")
    if args.people == now:
        return ToolResult(f"{stands} already, so there is nothing to confirm.")
    if not ctx.actor.may("lead"):
        raise NotAllowed(f"{stands}. Only a lead may change that; you are {ctx.actor.role}.")
    wanted = f"{count_of(args.people, 'person', 'people')} {verb(args.people, 'decides', 'decide')} each item"
    sentence = f"{capital(wanted)} from now on, instead of {now}."
    change = Change(kind="setting", sentence=sentence, arguments={"key": "overlap", "value": args.people}, role="lead")
    return ToolResult(f"{sentence} {_means(now, args.people)}", change=change)


def _how(ctx: ToolContext) -> str:
    if not ctx.actor.may("lead"):
        return "A lead may change that."
    return "To change it say, for example, “two people per item”; in the terminal it is the setting “overlap”."


def _means(now: int, wanted: int) -> str:
    if wanted > now:
        return (
            "Items that are done by now come again to people who have not seen them; nothing that was decided changes."
        )
    return "Items that this many people have decided are done; nothing that was decided changes."
