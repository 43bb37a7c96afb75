"""Prodigy's JSONL: one task a line, once for every person who answered it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tools.exchange.codec import MARK, decision_record, proposal_record
from tools.exchange.export import Chosen, ChosenItem, ExportDecision
from tools.exchange.formats.lines.own_jsonl_write import LinesWriter
from tools.exchange.formats.lines.prodigy import CHOICE, RELATIONS, SPANS
from tools.exchange.options import ExportOptions
from tools.exchange.tokens import tokenize
from tools.exchange.writer import Names, Plan
from tools.modalities.registry import MODALITIES
from tools.schema import FieldSpec
from tools.values import same_value

_EVENTS = {"skip": "ignore", "reject": "reject", "flag": "ignore"}
_SOURCES = {"spans": SPANS, "relations": RELATIONS, "choice": CHOICE, "multi_choice": CHOICE}


def held(fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    """The fields that one task can ask: spans, the relations between them, and one choice."""
    spans = next((spec for spec in fields if spec.kind == "spans"), None)
    labels = next((spec for spec in fields if spec.record.is_labels), None)
    joins = next((spec for spec in fields if spec.kind == "relations" and spans and spec.over == spans.id), None)
    return [spec for spec in (spans, joins, labels) if spec is not None]


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What a task has no place for."""
    kept = held(fields)
    said = [f"Field {spec.id!r} ({spec.kind}) has no place in the same task." for spec in fields if spec not in kept]
    if len(kept) > 1:
        said.append("A person who answered one field of an item and not another gives one task with what there is.")
    said.append("Answers that an adjudicator overruled are left out; every person's own task would contradict.")
    return said


class ProdigyWriter(LinesWriter):
    """Writes one task a person, and one without an answer for what only a model proposed."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._held = held(plan.fields)
        self._names = Names(plan.fields)

    def add(self, item: ChosenItem) -> str:
        """Write the tasks of one item."""
        answers = {spec.id: item.answers[spec.id] for spec in self._held if spec.id in item.answers}
        for chosen in item.answers.values():
            if chosen.spec not in self._held and chosen.value is not None:
                self.plan.lose(item, chosen.spec, "there is no place for the field in a task")
        if not answers and item.answers:
            return "a Prodigy task has no place for its answers"
        people = self._people(answers)
        for at, (person, decisions) in enumerate(people.items()):
            # What models proposed is told once, with the first task of the item.
            self._write_person(item, person, decisions, _proposals(answers) if at == 0 else {})
        machine = {name: chosen for name, chosen in answers.items() if chosen.status == "machine"}
        nameless = {name: one for name, one in answers.items() if one.status == "agreed" and not _agreeing(one)}
        if self.plan.options.provenance == "none":
            nameless = {name: one for name, one in answers.items() if one.status == "agreed"}
        if nameless:
            task = self._task(item, {name: one.value for name, one in nameless.items()})
            self.write(task | {"answer": "accept"})
        if machine or not (people or nameless):
            self.write(self._machine(item, machine))
        return ""

    def _people(self, answers: Mapping[str, Chosen]) -> dict[str, dict[str, ExportDecision]]:
        """Decisions by person and field; of agreed answers only those that agree."""
        people: dict[str, dict[str, ExportDecision]] = {}
        for name, chosen in answers.items():
            if self.plan.options.provenance == "none" and chosen.status != "conflict":
                continue
            for one in _agreeing(chosen) if chosen.status == "agreed" else chosen.decisions:
                if one.verdict != "comment":
                    people.setdefault(one.reviewer, {})[name] = one
        return people

    def _write_person(
        self, item: ChosenItem, person: str, decisions: Mapping[str, ExportDecision], proposals: Mapping[str, Any]
    ) -> None:
        valued = {name: one for name, one in decisions.items() if one.value is not None}
        task = self._task(item, {name: one.value for name, one in (valued or decisions).items()})
        answer = "accept" if valued else next(_EVENTS[one.verdict] for one in decisions.values())
        times = [one.decided_at for one in decisions.values() if one.decided_at]
        task |= {"answer": answer, "_annotator_id": person, "_session_id": person}
        if any(one.verdict == "flag" for one in decisions.values()):
            task["flagged"] = True
        if times:
            task["_timestamp"] = int(max(times).timestamp())
        # Values stand in the task itself; what Prodigy has no key for stands here.
        fields = {name: _without_value(one) for name, one in decisions.items()}
        self.write(_marked(task, {"fields": fields, "proposals": proposals}))

    def _machine(self, item: ChosenItem, machine: Mapping[str, Chosen]) -> dict[str, Any]:
        task = self._task(item, {name: chosen.value for name, chosen in machine.items()})
        return _marked(task, {"proposals": _proposals(machine)}) | {"status": "machine"} if machine else task

    def _task(self, item: ChosenItem, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the task shows."""
        task: dict[str, Any] = {"key": item.item.key, "text": item.item.text, "meta": dict(item.item.meta)}
        task[MARK] = {"asks": {_SOURCES[spec.kind]: spec.id for spec in self._held if spec.id in values}}
        if MODALITIES[item.item.kind].told_in != "one":
            task[MARK] |= {"kind": item.item.kind, "parts": [asdict(part) for part in item.item.parts]}
        spans: dict[str, dict[str, Any]] = {}
        for spec in self._held:
            if spec.id not in values:
                continue
            value = values[spec.id]
            if spec.kind == "spans":
                task |= self._spans(spec, item.item.text, (value or {}).get("spans", ()), spans)
            elif spec.kind == "relations":
                task["relations"] = [self._relation(spec, one, spans) for one in (value or {}).get("relations", ())]
            else:
                chosen = (value or {}).get("labels", [value["label"]] if value and "label" in value else [])
                task["options"] = [{"id": self._names.of(spec, one.id), "text": one.name} for one in spec.answers]
                task["accept"] = [self._names.of(spec, one) for one in chosen]
        return task

    def _spans(self, spec: FieldSpec, text: str, regions: Any, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
        tokens = tokenize(text)
        starts = {start: at for at, (start, _) in enumerate(tokens)}
        ends = {end: at for at, (_, end) in enumerate(tokens)}
        for one in regions:
            span = {**one, "label": self._names.of(spec, one["label"])}
            if one["start"] in starts and one["end"] in ends:
                # Both token numbers are inclusive.
                span |= {"token_start": starts[one["start"]], "token_end": ends[one["end"]]}
            known[one["id"]] = span
        listed = [{"text": text[a:b], "start": a, "end": b, "id": at} for at, (a, b) in enumerate(tokens)]
        return {"tokens": listed, "spans": list(known.values())}

    def _relation(self, spec: FieldSpec, one: Mapping[str, Any], spans: Mapping[str, Any]) -> dict[str, Any]:
        head, child = (spans.get(one[end], {"id": one[end]}) for end in ("from", "to"))
        ends = {"head": head.get("token_end"), "child": child.get("token_end")}
        label = self._names.of(spec, one["label"])
        return {"id": one["id"], "label": label, "head_span": head, "child_span": child, **ends}


def _agreeing(chosen: Chosen) -> list[ExportDecision]:
    """The decisions that say what was agreed on, and the events."""
    if chosen.value is None:
        return list(chosen.decisions)
    return [one for one in chosen.decisions if one.value is None or same_value(one.value, chosen.value)]


def _marked(task: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return task | {MARK: {**task[MARK], **own}}


def _without_value(one: ExportDecision) -> dict[str, Any]:
    return {key: value for key, value in decision_record(one).items() if key != "value"}


def _proposals(answers: Mapping[str, Chosen]) -> dict[str, Any]:
    return {name: proposal_record(one.proposal) for name, one in answers.items() if one.proposal is not None}
