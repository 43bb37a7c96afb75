"""Label Studio tasks with annotations and predictions, and the labelling config that shows them.

One annotation a person, one prediction a model. Offsets are written in UTF-16 code units, as the page counts them,
beside the quoted text. What Label Studio has no key for stands under our own mark, which it ignores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from tools.exchange.codec import MARK, decision_record
from tools.exchange.export import Chosen, ChosenItem, ExportDecision, ExportProposal
from tools.exchange.formats.label_studio.image_write import (
    IMAGES,
    ImageResults,
    image_address,
    image_losses,
    region_controls,
)
from tools.exchange.formats.label_studio.subject import KEY, KIND, PARTS
from tools.exchange.offsets import units_of
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_export import ImageShelf, Placed
from tools.exchange.writer import Names, Plan
from tools.modalities.registry import MODALITIES
from tools.records import to_json
from tools.schema import FieldSpec
from tools.values import same_value

CONFIG = "label_config.xml"
_NOT_THE_USERS = {KEY, KIND, PARTS, "text", "image"}


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What Label Studio itself has no place for."""
    said = [
        f"What a reviewer had seen, and decisions without a value, stand under {MARK!r}: this file keeps them, "
        "Label Studio drops them.",
        "A person has one annotation an item, with one time for all fields.",
    ]
    if any(spec.kind in ("spans", "multi_choice") or spec.is_image_region for spec in fields):
        said.append("Label Studio does not tell 'nothing applies' from a field that was not answered.")
    return said + (image_losses(fields, options) if any(spec.is_image_region for spec in fields) else [])


class LabelStudioWriter:
    """Writes one task an item."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._stream = plan.path.open("w", encoding="utf-8", newline="\n")
        self._stream.write("[")
        self._is_first = True
        self._id = 0
        self._subject = plan.schema.modality.content
        # The images stand beside the file, in a folder of its name.
        beside = replace(plan, path=plan.path.parent)
        self._shelf = ImageShelf(beside, folder=f"{plan.path.stem}{IMAGES}")

    def add(self, item: ChosenItem) -> str:
        """Write one task."""
        placed = self._shelf.place(item) if self._subject == "image" else None
        if isinstance(placed, str):
            return placed
        # Ids of tasks, annotations and predictions come from one row of numbers: otherwise Label Studio mixes them up.
        task: dict[str, Any] = {"id": self._next(), "data": self._data(item, placed)}
        task["annotations"] = [self._annotation(item, *one) for one in self._people(item)]
        task["predictions"] = self._predictions(item)
        self._stream.write("\n" if self._is_first else ",\n")
        self._stream.write(to_json(task))
        self._is_first = False
        return ""

    def finish(self) -> list[Path]:
        """Close the file and write the config beside it."""
        self._stream.write("\n]\n")
        self._stream.close()
        config = self._plan.path.with_name(f"{self._plan.path.stem}.{CONFIG}")
        config.write_text(labelling_config(self._plan.fields, self._names, self._subject), encoding="utf-8")
        images = self._plan.path.parent / self._shelf.folder
        return [self._plan.path, config, *([images] if images.exists() else [])]

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def _next(self) -> int:
        self._id += 1
        return self._id

    def _data(self, item: ChosenItem, placed: Placed | None) -> dict[str, Any]:
        meta = {name: cell for name, cell in item.item.meta.items() if name not in _NOT_THE_USERS}
        taken = {name: cell for name, cell in item.item.meta.items() if name in _NOT_THE_USERS}
        aside: dict[str, Any] = {"meta": taken} if taken else {}
        if placed is not None:
            own: dict[str, Any] = {"image": image_address(self._shelf, placed), KEY: item.item.key}
            aside["name"] = item.item.text
        else:
            own = {"text": item.item.text, KEY: item.item.key}
        if MODALITIES[item.item.kind].told_in != "one":
            own |= {KIND: item.item.kind, PARTS: [asdict(part) for part in item.item.parts]}
        return {**meta, **({MARK: aside} if aside else {}), **own}

    def _people(self, item: ChosenItem) -> list[tuple[str, dict[str, ExportDecision]]]:
        people: dict[str, dict[str, ExportDecision]] = {}
        for name, chosen in item.answers.items():
            agreed = chosen.status == "agreed" and chosen.value is not None
            is_told = self._plan.options.provenance == "full" or chosen.status == "conflict"
            decisions = chosen.decisions if is_told else ()
            for one in decisions:
                if one.verdict != "comment":
                    people.setdefault(one.reviewer, {})[name] = one
            if agreed and not decisions:
                people.setdefault("", {})[name] = ExportDecision("", "choose", chosen.value)
        return list(people.items())

    def _annotation(self, item: ChosenItem, person: str, decisions: Mapping[str, ExportDecision]) -> dict[str, Any]:
        number = self._next()
        values = {name: one.value for name, one in decisions.items() if one.value is not None}
        times = [one.decided_at for one in decisions.values() if one.decided_at]
        agreed = [item.answers[name] for name in values if item.answers[name].status == "agreed"]
        annotation: dict[str, Any] = {
            "id": number,
            "result": self._results(item, values, f"@{number}", None, self._shapes(item, f"@{number}")),
            "was_cancelled": all(one.verdict == "skip" for one in decisions.values()),
            "ground_truth": bool(agreed) and all(same_value(one.value, values[one.spec.id]) for one in agreed),
        }
        if times:
            annotation |= {"created_at": min(times).isoformat(), "updated_at": max(times).isoformat()}
        seconds = [one.seconds for one in decisions.values() if one.seconds is not None]
        if seconds:
            annotation["lead_time"] = sum(seconds)
        annotation[MARK] = {"answered": list(values)}
        if person:
            annotation["completed_by"] = {"email": person}
            annotation[MARK]["fields"] = {name: _without_value(one) for name, one in decisions.items()}
        return annotation

    def _predictions(self, item: ChosenItem) -> list[dict[str, Any]]:
        """One prediction a run: relations must stand beside the spans they join."""
        runs: dict[tuple[int, str], dict[str, ExportProposal]] = {}
        for name, chosen in item.answers.items():
            proposal = _shown(chosen, self._plan.options)
            if proposal is not None:
                runs.setdefault((proposal.run_id, proposal.backend), {})[name] = proposal
        return [self._prediction(item, backend, run, found) for (run, backend), found in runs.items()]

    def _prediction(
        self, item: ChosenItem, backend: str, run: int, proposals: Mapping[str, ExportProposal]
    ) -> dict[str, Any]:
        number = self._next()
        result: list[dict[str, Any]] = []
        shapes = self._shapes(item, f"@{number}")
        for name, one in proposals.items():
            result += self._results(item, {name: one.value}, f"@{number}", one.score, shapes)
        scores = {one.score for one in proposals.values()}
        own = {name: _run_record(one) for name, one in proposals.items()}
        mark = {"answered": list(proposals), "runs": own}
        prediction: dict[str, Any] = {"id": number, "model_version": backend, "result": result, MARK: mark}
        return prediction | ({"score": scores.pop()} if len(scores) == 1 and None not in scores else {})

    def _shapes(self, item: ChosenItem, mark: str) -> ImageResults | None:
        return ImageResults(item, self._names, mark) if item.item.media is not None else None

    def _results(
        self,
        item: ChosenItem,
        values: Mapping[str, Any],
        mark: str,
        score: float | None,
        shapes: ImageResults | None,
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name, value in values.items():
            spec = item.answers[name].spec
            if value is None:
                continue
            if shapes is not None and spec.is_image_region:
                found += shapes.of(spec, value[spec.kind])
                continue
            for one in self._regions(item, spec, value, mark):
                found.append(one if score is None else {**one, "score": score})
        return found

    def _regions(self, item: ChosenItem, spec: FieldSpec, value: Mapping[str, Any], mark: str) -> list[dict[str, Any]]:
        if spec.kind == "spans":
            return self._spans(item.item.text, spec, value["spans"], mark)
        if spec.kind == "relations":
            return [
                {
                    "type": "relation",
                    "from_name": spec.id,
                    "id": f"{one['id']}{mark}",
                    "from_id": f"{one['from']}{mark}",
                    "to_id": f"{one['to']}{mark}",
                    "direction": "right",
                    "labels": [self._names.of(spec, one["label"])],
                }
                for one in value["relations"]
            ]
        kind, content = self._plain(spec, value)
        if content == {"choices": []}:
            return []
        own = {"id": f"{spec.id}{mark}", "from_name": spec.id, "to_name": self._subject}
        return [{**own, "type": kind, "origin": "manual", "value": content}]

    def _plain(self, spec: FieldSpec, value: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if "rating" in value:
            return "rating", {"rating": value["rating"]}
        if "text" in value:
            return "textarea", {"text": [value["text"]]}
        labels = value["labels"] if "labels" in value else [value["label"]]
        return "choices", {"choices": [self._names.of(spec, one) for one in labels]}

    def _spans(self, text: str, spec: FieldSpec, spans: Any, mark: str) -> list[dict[str, Any]]:
        unit = units_of(text) if spans else []
        return [
            {
                "id": f"{one['id']}{mark}",
                "type": "labels",
                "from_name": spec.id,
                "to_name": "text",
                "origin": "manual",
                "value": {
                    "start": unit[one["start"]],
                    "end": unit[one["end"]],
                    "text": text[one["start"] : one["end"]],
                    "labels": [self._names.of(spec, one["label"])],
                },
            }
            for one in spans
        ]


def labelling_config(fields: Sequence[FieldSpec], names: Names, subject: str = "text") -> str:
    """The config in which every exported result has its control; without it Label Studio shows nothing."""
    tag = (
        '<Image name="image" value="$image" zoom="true"/>'
        if subject == "image"
        else '<Text name="text" value="$text"/>'
    )
    lines = ["<View>", f"  {tag}"]
    for spec in fields:
        labels = [names.of(spec, label.id) for label in spec.answers]
        lines += region_controls(spec, labels) if spec.is_image_region else _control(spec, labels, subject)
    return "\n".join([*lines, "</View>", ""])


def _control(spec: FieldSpec, labels: Sequence[str], subject: str) -> list[str]:
    name = f'name={quoteattr(spec.id)} toName="{subject}"'
    if spec.kind == "rating":
        return [f'  <Rating {name} maxRating="{spec.max}"/>']
    if spec.kind == "text":
        return [f"  <TextArea {name}/>"]
    if spec.kind == "relations":
        return ["  <Relations>", *(f"    <Relation value={quoteattr(one)}/>" for one in labels), "  </Relations>"]
    if spec.kind == "spans":
        return [f"  <Labels {name}>", *(f"    <Label value={quoteattr(one)}/>" for one in labels), "  </Labels>"]
    choice = "multiple" if spec.kind == "multi_choice" else "single"
    inside = [f"    <Choice value={quoteattr(one)}/>" for one in labels]
    return [f'  <Choices {name} choice="{choice}">', *inside, "  </Choices>"]


def _shown(chosen: Chosen, options: ExportOptions) -> ExportProposal | None:
    """The proposal to write as a prediction."""
    is_asked = options.provenance == "full" or chosen.status == "machine"
    return chosen.proposal if is_asked and chosen.proposal and chosen.proposal.value is not None else None


def _run_record(one: ExportProposal) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "proposal": one.proposal_id,
        "run": one.run_id,
        "revision": one.revision,
        "prompt": one.prompt,
    }
    plain |= {"prompt_hash": one.prompt_hash, "score": one.score}
    return {key: value for key, value in plain.items() if value not in (None, "")}


def _without_value(one: ExportDecision) -> dict[str, Any]:
    return {key: value for key, value in decision_record(one).items() if key != "value"}
