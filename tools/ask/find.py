"""The tool that finds items by words, state, label, person or column, and keeps filters under a name."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from pydantic import Field

from tools.ask.not_yet_seen import left_out_words
from tools.ask.value_words import score_word, value_words
from tools.context import Found, ToolContext
from tools.errors import InputError, NotAllowed
from tools.filters import ItemFilter, ItemState
from tools.naming import field_named, label_named
from tools.results import Fact, Table, ToolResult
from tools.sentences import capital, count_of, excerpt, verb
from tools.spec import ToolArgs, tool

Sort = Literal["id", "least_sure", "newest"]
MOST_SHOWN = 200
# A phrase in quotes, a condition on a column whose value may be quoted, or a word.
_TOKEN = re.compile(r'"[^"]*"|[^\s"=]+="[^"]*"|\S+')

_COUNT = re.compile(r"(?P<label>.*?)\s*(?P<sign>>=|<=|==|=|>|<)\s*(?P<number>\d{1,6})")


class FindItemsArgs(ToolArgs):
    """Conditions that hold together; without any, every item is found."""

    words: str = Field(
        default="",
        description="Words that must all occur in the text; a phrase stands in double quotes. column=value asks for "
        'the item\'s own column, for example: refund "not working" channel=email',
    )
    field: str = Field(default="", description="Field that state and label are about; the first field if empty")
    state: ItemState = Field(default="any", description="State of the items for that field")
    label: str = Field(
        default="",
        description="Label that stands, or that is suggested where state is suggested; for spans and regions of images "
        "also how many, as in car>3, car=1 or, of any label, <5",
    )
    reviewer: str = Field(
        default="", description="Person who decided; two, as in 'ana, ben', with state conflict: where these two differ"
    )
    sort: Sort = Field(default="id", description="id, least_sure (lowest score of the suggestion first) or newest")
    limit: int = Field(default=20, description=f"How many to show, 1 to {MOST_SHOWN}")
    saved: str = Field(
        default="", description="Name of a filter: alone it is used, with conditions these are saved under the name"
    )


@tool(effect="read", version=1)
def find_items(args: FindItemsArgs, ctx: ToolContext) -> ToolResult:
    """Find items by words in their text, by state, label, person or column, and show the first of them. A filter can be
    saved by name and used again.
    """
    if not 1 <= args.limit <= MOST_SHOWN:
        raise InputError(f"Between 1 and {MOST_SHOWN} items can be shown, got {args.limit}.")
    where, is_saving = _filter(args, ctx)
    if args.sort == "least_sure":
        # Asking about suggestions hides blind items from those who have not decided them.
        where = _asking_suggestions(where, ctx)
    shown, found = _sorted_ids(where, args, ctx)
    total, sql, left_out = found.total, found.sql, found.left_out
    tables = (_item_table(shown, where, args.sort, ctx),) if shown else _known_columns(where, ctx)
    fact = Fact("found", total, "count", sql=sql, params=where.to_record(), where=where)
    said = _text(args, where, len(shown), total, is_saving)
    return ToolResult(
        (said if total else said + _suggested_instead(where, ctx)) + left_out_words(left_out),
        facts=(fact,),
        tables=tables,
        items=tuple(shown),
        where=where,
        save_filter=(args.saved, where) if is_saving else None,
    )


def _filter(args: FindItemsArgs, ctx: ToolContext) -> tuple[ItemFilter, bool]:
    has_conditions = bool(args.words or args.label or args.reviewer or args.field) or args.state != "any"
    is_saving = bool(args.saved) and has_conditions
    where = ctx.saved_filter(args.saved) if args.saved and not has_conditions else _asked_for(args, ctx)
    if where.reviewer and where.reviewer != ctx.actor.person and not ctx.actor.may("lead"):
        raise NotAllowed("Only a lead may look through another person's decisions; you can look through your own.")
    if where.state == "gold" and not ctx.actor.may("engineer"):
        raise NotAllowed("Which items are gold is kept from reviewers, so that gold is decided like everything else.")
    return where, is_saving


def _asked_for(args: FindItemsArgs, ctx: ToolContext) -> ItemFilter:
    field = field_named(ctx.schema, args.field)
    words, columns = _split_columns(args.words)
    if len(columns) > 1:
        raise InputError("Only one condition on a column can be asked for at a time.")
    label, least, most = read_count(args.label)
    return ItemFilter(
        words=words,
        field=field.id if args.field or args.state != "any" or args.label else "",
        state=args.state,
        label=label_named(field, label),
        regions_min=least,
        regions_max=most,
        of_proposal=bool(args.label) and args.state == "suggested",
        reviewer=args.reviewer,
        meta=columns[0] if columns else "",
    )


def read_count(label: str) -> tuple[str, int | None, int | None]:
    """Label, least and greatest number of regions from words such as ``car>3``; without a number both are ``None``."""
    match = _COUNT.fullmatch(label.strip())
    if match is None:
        return label, None, None
    sign, number = match.group("sign"), int(match.group("number"))
    least = {">": number + 1, ">=": number, "=": number, "==": number}.get(sign)
    most = {"<": number - 1, "<=": number, "=": number, "==": number}.get(sign)
    if most is not None and most < 0:
        raise InputError(f"No item has fewer than no regions; got {label!r}.")
    return match.group("label").strip(), least, most


def _split_columns(words: str) -> tuple[str, list[str]]:
    """Take ``column=value`` out of the words; what stands in double quotes by itself stays a phrase."""
    kept, columns = [], []
    for token in _TOKEN.findall(words):
        is_column = not token.startswith('"') and token.find("=") > 0
        columns.append(token.replace('"', "")) if is_column else kept.append(token)
    return " ".join(kept), columns


def _asking_suggestions(where: ItemFilter, ctx: ToolContext) -> ItemFilter:
    if where.label and where.state != "suggested":
        raise InputError("Least sure first needs a label of the suggestion; ask for state suggested.")
    return replace(where, of_proposal=True, field=where.field or ctx.schema.main_field().id)


def _sorted_ids(where: ItemFilter, args: FindItemsArgs, ctx: ToolContext) -> tuple[list[int], Found]:
    if args.sort == "least_sure":
        found = ctx.items.find(where)
        rows = ctx.ask("least_sure", field=where.field, ids=found.ids.tolist(), limit=args.limit).as_dicts()
        return [int(row["item_id"]) for row in rows], found
    if args.sort == "newest":
        counted = ctx.items.find(where, limit=0)
        last: Found = ctx.items.find(where, limit=args.limit, offset=max(0, counted.total - args.limit))
        return last.ids.tolist()[::-1], last
    found = ctx.items.find(where, limit=args.limit)
    return found.ids.tolist(), found


def _item_table(ids: list[int], where: ItemFilter, sort: Sort, ctx: ToolContext) -> Table:
    field = field_named(ctx.schema, where.field)
    shows_suggestions = sort == "least_sure" or where.of_proposal or where.state == "suggested"
    proposals = ctx.proposals.latest(field.id, ids) if shows_suggestions else {}
    rows = []
    for place, item in enumerate(ctx.items.get(ids), 1):
        extra: tuple[str, ...] = ()
        if shows_suggestions:
            found = proposals.get(item.item_id)
            value = value_words(field, found.draft.value) if found else "hidden until you decide"
            extra = (excerpt(value), score_word(found))
        rows.append((place, item.key, excerpt(item.text), *extra))
    modality = ctx.schema.modality
    head = ("row", "key", modality.one if modality.has_file else "text")
    return Table("Items", (*head, *(("suggestion", "score") if shows_suggestions else ())), tuple(rows))


def _known_columns(where: ItemFilter, ctx: ToolContext) -> tuple[Table, ...]:
    if not where.meta:
        return ()
    answer = ctx.ask("columns")
    rows = tuple((excerpt(str(row["name"]), 40), row["items"]) for row in answer.as_dicts())
    return (Table("Columns of the items", ("column", "items that have it"), rows, answer.sql),)


def _text(args: FindItemsArgs, where: ItemFilter, shown: int, total: int, is_saving: bool) -> str:
    if not total:
        told = "No item matches."
        if where.meta:
            told += " The table has the columns that the items have."
    else:
        told = f"{capital(count_of(total, 'item'))} {verb(total, 'matches', 'match')}."
        if args.sort == "least_sure":
            told += _least_sure_text(shown, total)
        elif shown < total:
            told += f" The {'newest' if args.sort == 'newest' else 'first'} {shown:,} are shown."
    if is_saving:
        told += f" The filter will be kept as {args.saved!r}."
    return told


def _suggested_instead(where: ItemFilter, ctx: ToolContext) -> str:
    """Nothing stands with this label, but it may be suggested: people mean both when they ask which items have it."""
    if not where.is_about_value or where.state not in ("any", "undecided") or where.reviewer:
        return ""
    number = ctx.items.find(replace(where, state="suggested", of_proposal=True), limit=0).total
    if not number:
        return ""
    told = f"{capital(count_of(number, 'undecided item'))} {verb(number, 'has', 'have')} it suggested"
    return f" {told}; ask for what is suggested to see {verb(number, 'it', 'these')}."


def _least_sure_text(shown: int, total: int) -> str:
    if not shown:
        return " None of them has a suggestion with a score, so they cannot be put in order."
    return f" The {shown:,} with the least sure suggestions are shown; blind items are left out." if total else ""
