"""The ``result`` list of a Label Studio annotation or prediction, as claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.exchange.offsets import locate
from tools.exchange.rows import Claim, Shape
from tools.records import Part, to_json

# Relations belong to no control.
_NAMELESS = {"relation": "relations"}
Problem = tuple[str, str, str]


@dataclass(slots=True)
class Results:
    """Claims by the name of the control they came from, what could not be read, and scores of single results."""

    claims: list[Claim] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=dict)


def read_results(annotation: Mapping[str, Any], text: str, parts: Sequence[Part]) -> Results:
    """The claims of one annotation or prediction."""
    found = Results()
    gathered: dict[tuple[str, Shape], list[Any]] = {}
    mark = f"@{annotation.get('id')}"
    for result in annotation.get("result") or ():
        if not isinstance(result, Mapping):
            continue
        source = str(result.get("from_name") or _NAMELESS.get(str(result.get("type"))) or "result")
        read = _read_one(result, text, parts, mark)
        if isinstance(read, str):
            found.problems.append((source, read, to_json(result)[:200]))
            continue
        shape, content = read
        gathered.setdefault((source, shape), []).extend(content)
        if isinstance(result.get("score"), float):
            found.scores.setdefault(source, []).append(result["score"])
    found.claims += [Claim(source, shape, content) for (source, shape), content in gathered.items()]
    return found


def min_claims(
    record: Mapping[str, Any], is_answer: Callable[[str], bool], text: str, parts: Sequence[Part]
) -> Results:
    """The claims in a row of JSON_MIN: a name, a list of names, regions, numbers under the name of their control.

    Plain cells stand beside the task's own columns and look like them; ``is_answer`` tells them apart.
    """
    found = Results()
    for name, cell in record.items():
        if isinstance(cell, Mapping) and isinstance(cell.get("choices"), list):
            found.claims.append(Claim(name, "labels", cell["choices"]))
        elif isinstance(cell, list) and cell and all(isinstance(one, Mapping) for one in cell):
            _read_min_list(name, cell, text, parts, found)
        elif is_answer(name) and isinstance(cell, (str, int, float)) and cell != "":
            found.claims.append(Claim(name, "labels", [cell]))
        elif is_answer(name) and isinstance(cell, list) and all(isinstance(one, str) for one in cell):
            found.claims.append(Claim(name, "labels", cell))
    return found


def _read_min_list(name: str, cell: list[Mapping[str, Any]], text: str, parts: Sequence[Part], found: Results) -> None:
    spans: list[Any] = []
    ratings = [one["rating"] for one in cell if "rating" in one]
    for one in cell:
        if "labels" in one and "start" in one:
            read = _spans({"value": one}, text, parts, "")
            if isinstance(read, str):
                found.problems.append((name, read, to_json(one)[:200]))
            else:
                spans += read[1]
        elif "rating" not in one:
            kinds = ", ".join(sorted(map(str, one)))[:60]
            found.problems.append((name, f"results with {kinds} are not read", to_json(one)[:200]))
    if spans:
        found.claims.append(Claim(name, "spans", spans))
    if ratings:
        found.claims.append(Claim(name, "rating", ratings))


Read = tuple[Shape, list[Any]] | str


def _read_one(result: Mapping[str, Any], text: str, parts: Sequence[Part], mark: str) -> Read:
    kind = str(result.get("type"))
    if kind == "relation":
        return _relation(result, mark)
    if kind == "labels":
        return _spans(result, text, parts, mark)
    value = result.get("value")
    if isinstance(value, Mapping) and "start" in value and kind in ("choices", "textarea"):
        return f"{'texts' if kind == 'textarea' else kind} about one region are not read"
    return plain_claim(result)


def plain_claim(result: Mapping[str, Any]) -> Read:
    """What a result says without a place: choices, numbers, texts; or why it is not read."""
    kind, value = str(result.get("type")), result.get("value")
    reader = _PLAIN.get(kind)
    if reader is None or not isinstance(value, Mapping):
        return f"results of type {kind[:40]!r} are not read"
    return reader(value)


def _choices(value: Mapping[str, Any]) -> Read:
    choices = value.get("choices")
    return ("labels", choices) if isinstance(choices, list) else "the choices are no list"


def _rating(value: Mapping[str, Any]) -> Read:
    number = value.get("rating", value.get("number"))
    return ("rating", [number])


def _textarea(value: Mapping[str, Any]) -> Read:
    text = value.get("text")
    texts = text if isinstance(text, list) else [text]
    return ("text", texts) if all(isinstance(one, str) for one in texts) else "the text is no text"


def _pairwise(value: Mapping[str, Any]) -> Read:
    chosen = value.get("selected")
    return ("labels", [chosen]) if chosen in ("left", "right") else "nothing was selected"


_PLAIN: dict[str, Callable[[Mapping[str, Any]], Read]] = {
    "choices": _choices,
    "rating": _rating,
    "number": _rating,
    "textarea": _textarea,
    "pairwise": _pairwise,
}


def _relation(result: Mapping[str, Any], mark: str) -> Read:
    labels = result.get("labels") or []
    if len(labels) != 1:
        return "a relation without a label, or with several"
    ends = [str(result.get(end, "")).removesuffix(mark) for end in ("from_id", "to_id")]
    if result.get("direction") == "left":
        ends.reverse()
    own = {"id": str(result["id"]).removesuffix(mark)} if result.get("id") else {}
    return "relations", [{"label": labels[0], "from": ends[0], "to": ends[1], **own}]


def _spans(result: Mapping[str, Any], text: str, parts: Sequence[Part], mark: str) -> Read:
    """The spans of one region: one a label, for a region may carry several."""
    value = result.get("value")
    if not isinstance(value, Mapping):
        return "the region has no value"
    labels, start, end = value.get("labels"), value.get("start"), value.get("end")
    if type(start) is not int or type(end) is not int or not isinstance(labels, list) or not labels:
        return "the region is not a range of the text with a label"
    place = _place(text, parts, str(result.get("to_name") or ""), (start, end), value.get("text"))
    if isinstance(place, str):
        return place
    region = str(result.get("id") or "").removesuffix(mark)
    ids = [region if at == 0 else f"{region}_{at + 1}" for at in range(len(labels))]
    return "spans", [
        {"start": place[0], "end": place[1], "label": label, **({"id": one} if region else {})}
        for one, label in zip(ids, labels, strict=True)
    ]


def _place(
    text: str, parts: Sequence[Part], to_name: str, offsets: tuple[int, int], quote: Any
) -> tuple[int, int] | str:
    """Where the region stands in the item's text: offsets count in the part that the region belongs to."""
    named = [part for part in parts if part.role == to_name]
    reason = ""
    for part in [*named, *(part for part in parts if part not in named)] or [Part("", 0, len(text))]:
        found = locate(text[part.start : part.end], *offsets, quote if isinstance(quote, str) else None)
        if not isinstance(found, str):
            return found[0] + part.start, found[1] + part.start
        reason = reason or found
    return reason


def annotator_of(completed_by: Any) -> str:
    """A user as Label Studio writes them: a number, an e-mail address, or an object with either."""
    if isinstance(completed_by, Mapping):
        names = (completed_by.get(key) for key in ("email", "username", "id"))
        completed_by = next((one for one in names if one not in (None, "")), None)
    return "" if completed_by is None else str(completed_by)
