"""Preference data as trainers read it: a prompt, the chosen and the rejected answer, one pair a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.exchange.export import Chosen, ChosenItem
from tools.exchange.formats.lines.own_jsonl_write import LinesWriter
from tools.exchange.formats.preference.read import CHOSEN, REJECTED
from tools.exchange.options import ExportOptions
from tools.exchange.writer import Plan
from tools.kinds.ranking import pairs_in, ties_in
from tools.records import Item, Part
from tools.schema import FieldSpec

NO_PLACE = "pairs of answers hold one ranking and nothing else"
NO_RANKING = "the item has no ranking"
ONLY_MACHINE = "only a model ranked it, and pairs of answers cannot say so"
DISAGREE = "people disagree, and a pair of answers has one order"
ALL_EQUAL = "all answers are equally good: there is no pair"
TIED = "answers that are equally good make no pair"
_TALK = frozenset({"system", "user", "assistant", "human"})


def held(fields: Sequence[FieldSpec]) -> FieldSpec | None:
    """The field whose answers are written."""
    return next((spec for spec in fields if spec.record.of_parts), None)


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What pairs of answers have no place for."""
    kept = held(fields)
    said = [f"Field {spec.id!r} ({spec.kind}) has no place in pairs of answers." for spec in fields if spec != kept]
    if kept is None:
        return [*said, "No field holds a ranking: nothing can be written."]
    said.append("A ranking of more than two answers becomes all pairs that it orders, each on a line of its own.")
    if kept.ties:
        said.append("Answers that are equally good make no pair.")
    said.append("Keys and other columns of the items.")
    if options.provenance == "full":
        said.append("Who decided, when and after seeing what.")
    if options.include_unreviewed:
        said.append("What only a model ranked is left out: pairs of answers cannot say so.")
    return said


class PreferenceWriter(LinesWriter):
    """Writes a line for every pair of answers that people put in order."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._held = held(plan.fields)

    def add(self, item: ChosenItem) -> str:
        """Write the pairs of one item."""
        chosen = item.answers.get(self._held.id) if self._held is not None else None
        for other in item.answers.values():
            if other.spec != self._held and other.value is not None:
                self.plan.lose(item, other.spec, NO_PLACE, other.spec.id)
        reason = _refused(chosen)
        if reason or chosen is None or chosen.value is None:
            return reason
        groups = chosen.value[chosen.spec.record.key]
        pairs = pairs_in(groups)
        if not pairs:
            return ALL_EQUAL
        for _ in range(ties_in(groups)):
            self.plan.lose(item, chosen.spec, TIED, chosen.spec.record.describe(chosen.spec, groups, ""))
        offered = chosen.spec.record.offered(item.item.parts)
        prompt = [part for part in item.item.parts if part.start < offered[0].start]
        texts = {part.role: item.item.text[part.start : part.end] for part in offered}
        for better, worse in pairs:
            self.write(_record(item.item, prompt, texts[better], texts[worse]))
        return ""


def _refused(chosen: Chosen | None) -> str:
    """Why an answer is not written, or nothing."""
    if chosen is None or chosen.status == "undecided":
        return NO_RANKING
    if chosen.status == "machine":
        return ONLY_MACHINE
    if chosen.value is None:
        return DISAGREE if chosen.status == "conflict" else NO_RANKING
    return ""


def _record(item: Item, prompt: Sequence[Part], better: str, worse: str) -> dict[str, Any]:
    """One pair; a prompt of turns is written as messages, and then the answers are messages too."""
    said = [(part.role.strip().casefold(), item.text[part.start : part.end]) for part in prompt]
    if not said or not all(role in _TALK for role, _ in said):
        before = {"prompt": "\n".join(text for _, text in said)} if said else {}
        return {**before, CHOSEN: better, REJECTED: worse}
    messages = [{"role": "user" if role == "human" else role, "content": text} for role, text in said]
    answers = {name: [{"role": "assistant", "content": text}] for name, text in ((CHOSEN, better), (REJECTED, worse))}
    return {"prompt": messages, **answers}
