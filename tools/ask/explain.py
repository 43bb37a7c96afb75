"""The tool that explains one item: everything that happened to it, and why it is shown or exported as it is."""

from __future__ import annotations

import contextlib
import json
import textwrap
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tools.ask.findings_told import findings_told
from tools.ask.how_far import overlap_of
from tools.ask.nearest import nearest_examples, nearest_table, nearest_words
from tools.ask.objects.marked import same_object_iou
from tools.ask.pictured import picture_words, suggested_objects
from tools.ask.reasons import IN_WORDS, FieldState, Reason, reasons_for
from tools.ask.story_words import event_word, how_words
from tools.ask.value_words import score_word, value_words
from tools.context import ToolContext
from tools.errors import NotFound
from tools.filters import ItemFilter
from tools.moments import said_day, said_moment
from tools.naming import field_named, people_told
from tools.records import Item, Proposal
from tools.results import Fact, Table, ToolResult
from tools.schema import FieldSpec
from tools.sentences import capital, count_of, excerpt, listing
from tools.spec import ToolArgs, tool
from tools.values import agrees

Row = dict[str, Any]
_LINE = 100
_MOST_LINES = 16
# A field with these reasons only has no story of its own.
_UNTOUCHED = ("no_proposal", "waiting", "undecided")


class ExplainItemArgs(ToolArgs):
    """Which item, and which of its fields."""

    item: str = Field(description="The item: its key, or its number as in #12")
    field: str = Field(default="", description="Only this field; every field if empty")


@tool(effect="read", version=1)
def explain_item(args: ExplainItemArgs, ctx: ToolContext) -> ToolResult:
    """Explain one item: where it comes from, what was proposed, shown and decided, why it is not shown, not exported or
    different from what was expected, and which confirmed examples a suggestion is nearest to.
    """
    item_id = ctx.items.resolve([args.item])[0]
    ledger = ctx.ask("item_ledger", item_id=item_id)
    facts = _Known(item_id, ledger.as_dicts(), ctx)
    fields = (field_named(ctx.schema, args.field),) if args.field else ctx.schema.fields
    item = ctx.items.get([item_id])[0]
    remarks = ctx.ask("item_findings", item_id=item_id).as_dicts()
    told, reasons, untouched = [f"{_called(args.item, item, ctx)} {facts.origin()}"], [], []
    if item.media:
        told.append(picture_words(item.media))
    more: list[Table] = []
    for field in fields:
        state = facts.state_of(field)
        found = reasons_for(state)
        reasons += [(field.name, reason) for reason in found]
        if len(fields) > 1 and tuple(reason.code for reason in found) == _UNTOUCHED:
            untouched.append(field.name)
        else:
            told += [reason.sentence for reason in found]
        told += findings_told(field, remarks)
        # Labels of its like would give away a suggestion that is hidden, so they are told beside a visible one only.
        if state.suggestion and (near := nearest_examples(field, item_id, ctx)):
            told.append(nearest_words(near))
            more.append(nearest_table(field, near))
        more += suggested_objects(field, facts.proposal_of(field))
    if untouched:
        told.append(f"Nothing was suggested or decided yet for {listing(untouched)}.")
    where = ItemFilter(ids=(item_id,))
    shown = facts.table(fields, ledger.sql)
    events = Fact("events", len(shown.rows), "count", sql=ledger.sql, params=ledger.params, where=where)
    tables = (*_text_table(item), _reason_table(reasons), shown, *more)
    return ToolResult(" ".join(told), facts=(events,), tables=tables, items=(item_id,), where=where)


class _Known:
    """What the viewer may know of one item."""

    def __init__(self, item_id: int, ledger: Sequence[Row], ctx: ToolContext) -> None:
        self._item_id = item_id
        self._ledger = ledger
        self._ctx = ctx
        self._leads = ctx.actor.may("lead")
        self._standing = ctx.ask("item_standing", item_id=item_id).as_dicts()
        self._annotations = {row["field"]: row for row in ctx.ask("item_annotations", item_id=item_id).as_dicts()}
        self._leases = [row for row in _leases(ctx) if row["item_id"] == item_id]

    def origin(self) -> str:
        """Where the item comes from."""
        first = next((row for row in self._ledger if row["what"] == "import"), None)
        if first is None:
            return "where it comes from is not recorded."
        return (
            f"it came with import {first['ref']} ({first['kind']}), {first['note']}, on {said_day(first['made_at'])}."
        )

    def proposal_of(self, field: FieldSpec) -> Proposal | None:
        """The suggestion that the viewer may see."""
        return self._ctx.proposals.latest(field.id, [self._item_id]).get(self._item_id)

    def _backend_of(self, proposal: Proposal | None) -> str:
        wanted = proposal.proposal_id if proposal else None
        return next((row["person"] for row in self._ledger if row["what"] == "proposal" and row["ref"] == wanted), "")

    def state_of(self, field: FieldSpec) -> FieldState:
        """One field's state."""
        annotation = self._annotations.get(field.id)
        proposal = self.proposal_of(field)
        of_field = [row for row in self._ledger if row["field"] == field.id]
        has_decided = self._has_decided(field.id)
        return FieldState(
            name=field.name,
            suggestion=_suggestion(field, proposal, self._backend_of(proposal)),
            is_hidden=self._is_hidden(field.id) and any(row["what"] == "proposal" for row in of_field),
            unread_runs=_runs_of(of_field, "unread"),
            invalid_runs=_runs_of(of_field, "invalid"),
            withdrawn_runs=_withdrawn(of_field),
            own_verdict=self._own_verdict(field.id),
            deciders=int(annotation["reviewers"]) if annotation else 0,
            overlap=overlap_of(self._ctx),
            leased_to=self._leased_to(field.id),
            annotation=annotation["state"] if annotation else "",
            is_adjudicated=bool(annotation and annotation["adjudicated"]),
            is_bulk=bool(annotation and annotation["is_bulk"]),
            # Gold is decided like everything else by those who have not decided it yet.
            is_gold=(self._leads or has_decided) and any(_is_gold(row) for row in of_field),
            is_flagged=any(row["what"] == "review" and row["kind"] == "flag" and row["live"] for row in of_field),
            undone=sum(row["what"] == "review" and not row["live"] for row in of_field),
            differs=_differs(annotation, proposal, same_object_iou(self._ctx)),
        )

    def _is_hidden(self, field_id: str) -> bool:
        # The reader of items leaves blind ones out as soon as a question is about suggestions.
        return self._ctx.items.find(ItemFilter(ids=(self._item_id,), field=field_id, of_proposal=True)).total == 0

    def _own_verdict(self, field_id: str) -> str:
        own = (row["verdict"] for row in self._standing if self._is_own(row) and row["field"] == field_id)
        return next(own, "")

    def _has_decided(self, field_id: str) -> bool:
        return self._own_verdict(field_id) not in ("", "skip")

    def _is_own(self, row: Row) -> bool:
        return bool(row["reviewer"] == self._ctx.actor.person)

    def _leased_to(self, field_id: str) -> str:
        holders = [row["reviewer"] for row in self._leases if row.get("field", field_id) in ("", field_id)]
        if not holders or holders[0] == self._ctx.actor.person:
            return ""
        return self._who(holders[0])

    def _who(self, person: str) -> str:
        return people_told([person], self._ctx.actor)

    def table(self, fields: Sequence[FieldSpec], sql: str) -> Table:
        """The ledger as far as the viewer may see it."""
        by_id = {field.id: field for field in fields}
        rows = [
            (
                said_moment(row["made_at"], with_seconds=True),
                event_word(row["what"], row["kind"]),
                by_id[row["field"]].name if row["field"] else "",
                *self._cells(row, by_id.get(row["field"])),
            )
            for row in self._ledger
            if not row["field"] or row["field"] in by_id
            if not (row["what"] == "gold" and not (self._leads or self._has_decided(row["field"])))
        ]
        return Table("What happened", ("when (UTC)", "what", "field", "who", "how", "text"), tuple(rows), sql)

    def _cells(self, row: Row, field: FieldSpec | None) -> tuple[str, str, str]:
        undone = (
            "" if row["live"] else " (withdrawn)" if row["what"] in ("proposal", "queue", "finding") else " (undone)"
        )
        kind, note = row["kind"], row["note"] or ""
        if row["what"] == "proposal":
            if field is not None and self._is_hidden(field.id):
                kind, note = "", "hidden until you decide"
            how = f"{how_words('proposal', kind)}{undone}, " if kind else ""
            return row["person"], f"{how}run {row['run_id']}", excerpt(note, 200)
        if row["what"] in ("exposure", "review") and row["exposure"] == "probe" and not self._leads:
            # Planted checks must look like everything else.
            kind = "suggested" if kind == "probe" else kind
        if row["what"] == "review" and field is not None:
            note = self._said(row, field)
        person = row["person"] if row["what"] in ("queue", "finding", "import") else self._who(row["person"])
        return person, f"{how_words(row['what'], kind)}{undone}", excerpt(note, 200)

    def _said(self, row: Row, field: FieldSpec) -> str:
        """Value and reason of a decision, once the viewer may know what others said."""
        if not (self._leads or row["person"] == self._ctx.actor.person or self._has_decided(field.id)):
            return "hidden until you decide"
        value = "" if row["value"] is None else value_words(field, _read(row["value"]))
        return ", ".join(part for part in (value, row["note"]) if part)


def _leases(ctx: ToolContext) -> list[Row]:
    # Leases are kept in memory by whoever serves cards; where nobody does, there are none.
    try:
        return ctx.ask("leases").as_dicts()
    except NotFound:
        return []


def _read(value: str) -> Any:
    return json.loads(value)


def _runs_of(rows: Sequence[Row], state: str) -> tuple[int, ...]:
    found = [row for row in rows if row["what"] == "proposal" and row["live"] and row["kind"] == state]
    return tuple(sorted({int(row["run_id"]) for row in found}))


def _withdrawn(rows: Sequence[Row]) -> tuple[int, ...]:
    found = [row for row in rows if row["what"] == "proposal" and not row["live"]]
    return tuple(sorted({int(row["run_id"]) for row in found}))


def _is_gold(row: Row) -> bool:
    return bool(row["what"] == "gold" and row["live"] and row["kind"] == "marked")


def _differs(annotation: Row | None, proposal: Proposal | None, iou: float) -> bool:
    if annotation is None or annotation["value"] is None or proposal is None:
        return False
    return not agrees(_read(annotation["value"]), proposal.draft.value, iou)


def _suggestion(field: FieldSpec, proposal: Proposal | None, backend: str) -> str:
    """What is suggested, in words that hold nothing of the item's text."""
    if proposal is None:
        return ""
    draft = proposal.draft
    told = value_words(field, draft.value)
    score = score_word(proposal)
    said = f" with a score of {score}" if score and draft.score_source == "calibrated" else ""
    by = f", by {backend}" if field.is_image_region and backend else ""
    return capital(f"{told}{said} (run {proposal.run_id}{by})")


def _reason_table(reasons: Sequence[tuple[str, Reason]]) -> Table:
    """Which reasons there are; their sentences are in the text and not told twice."""
    rows = tuple((field, IN_WORDS[reason.code]) for field, reason in reasons)
    return Table(f"Why, in {count_of(len(rows), 'reason')}", ("field", "reason"), rows)


def _text_table(item: Item) -> tuple[Table, ...]:
    """What the item says, in lines; a picture says nothing."""
    if item.media or not item.text.strip():
        return ()
    lines = [line for part in item.text.splitlines() for line in textwrap.wrap(part, _LINE)]
    shown = lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "… the card shows the rest"]
    return (Table("What the item says", ("text",), tuple((excerpt(line, _LINE),) for line in shown)),)


def _called(reference: str, item: Item, ctx: ToolContext) -> str:
    """How the item is named; by key and number where a number was said, which may mean either."""
    digits = reference.strip().removeprefix("#")
    if not digits.isdigit():
        return f"Item {reference}:"
    told = f"Item {item.key} (number {item.item_id}"
    if item.key == digits and item.item_id != int(digits):
        with contextlib.suppress(NotFound):
            told += f"; number {int(digits)} is the item with the key {ctx.items.get([int(digits)])[0].key}"
    return f"{told}):"
