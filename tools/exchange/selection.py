"""What of every item an export writes, and why the rest is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tools.errors import InputError
from tools.exchange.export import Chosen, ChosenItem, ExportField, ExportItem, Loss
from tools.exchange.options import ExportOptions
from tools.records import VALUED_VERDICTS
from tools.schema import FieldSpec, LabelSchema
from tools.values import regions_of

CONFLICT = "the reviewers disagree"
ONLY_MACHINE = "only a model proposed an answer and nobody decided"
UNDECIDED = "nobody decided"
_EVENTS = {"skip": "everybody skipped it", "reject": "the suggestion was rejected and nothing put in its place"}
_EVENTS |= {"flag": "it was flagged and not answered"}
DANGLING = "the relation joins a span that is not written"


def chosen_fields(schema: LabelSchema, options: ExportOptions) -> tuple[FieldSpec, ...]:
    """The fields of an export; relations go with the spans they join, never without."""
    fields = tuple(dict.fromkeys(schema.field(name) for name in options.fields)) or schema.fields
    ids = {spec.id for spec in fields}
    for spec in fields:
        if spec.record.joins and spec.over not in ids:
            raise InputError(f"Field {spec.id!r} joins the spans of {spec.over!r}: export both, or leave it out.")
    return fields


class Selection:
    """Chooses answers item by item and keeps what could not go along."""

    def __init__(self, fields: Sequence[FieldSpec], options: ExportOptions) -> None:
        self._fields, self._options = fields, options
        self.losses: list[Loss] = []

    def choose(self, item: ExportItem) -> ChosenItem | str:
        """The item with the answers to write, or the reason why it is left out."""
        answers: dict[str, Chosen] = {}
        reasons: list[str] = []
        for spec in self._fields:
            found = self._answer(spec, item.fields.get(spec.id))
            if isinstance(found, str):
                reasons.append(found)
            else:
                answers[spec.id] = found
        self._drop_dangling(item, answers)
        if any(one.status != "undecided" for one in answers.values()) or self._options.keep_undecided:
            return ChosenItem(item.item, answers)
        return min(reasons, key=_rank) if reasons else UNDECIDED

    def _answer(self, spec: FieldSpec, found: ExportField | None) -> Chosen | str:
        if found is None:
            return UNDECIDED
        if found.state == "agreed" and found.value is not None:
            return Chosen(spec, "agreed", found.value, found.decisions, found.proposal)
        if found.state == "conflict":
            if self._options.conflicts == "leave_out":
                return CONFLICT
            return Chosen(spec, "conflict", None, found.decisions, found.proposal)
        proposal = found.proposal
        if self._options.include_unreviewed and proposal is not None and proposal.value is not None:
            return Chosen(spec, "machine", proposal.value, found.decisions, proposal)
        if self._options.keep_undecided:
            return Chosen(spec, "undecided", None, found.decisions, proposal)
        return _why_undecided(found)

    def _drop_dangling(self, item: ExportItem, answers: dict[str, Chosen]) -> None:
        """Relations whose spans are not written would point at nothing."""
        for name, chosen in list(answers.items()):
            record = chosen.spec.record
            if not record.joins or chosen.value is None:
                continue
            over = answers.get(chosen.spec.over)
            known = {region["id"] for region in regions_of(over.value)} if over else set()
            lost = record.dangling(chosen.value[record.key], known)
            kept = [one for one in regions_of(chosen.value) if one not in lost]
            self.losses += [Loss(item.item.item_id, name, DANGLING, str(one.get("label"))) for one in lost]
            if lost and kept:
                answers[name] = replace(chosen, value={record.key: kept})
            elif lost:
                del answers[name]


def _why_undecided(found: ExportField) -> str:
    if any(one.verdict in VALUED_VERDICTS for one in found.decisions):
        return UNDECIDED
    verdicts = {one.verdict for one in found.decisions}
    for verdict in ("flag", "reject", "skip"):
        if verdict in verdicts:
            return _EVENTS[verdict]
    return ONLY_MACHINE if found.proposal and found.proposal.value is not None else UNDECIDED


def _rank(reason: str) -> int:
    """The reason that says most about an item with several fields comes first."""
    order = [CONFLICT, *_EVENTS.values(), ONLY_MACHINE, UNDECIDED]
    return order.index(reason)
