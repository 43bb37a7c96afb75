"""Our own mark in the JSON formats of image programs: what they have no key for and pass over.

On an item: its name and key, fields that were answered with no region, answers that are neither regions nor labels.
On a shape: the region's id and field, and its exact geometry where the shape is only the nearest thing the format has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.exchange.codec import MARK, UNNAMED, answer_record, read_answers
from tools.exchange.export import Chosen, ChosenItem
from tools.exchange.formats.lines.own_jsonl_write import stripped
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_answers import WrittenRegion
from tools.exchange.pictures.objects import GEOMETRIES
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeProposal

Region = dict[str, Any]


@dataclass(slots=True)
class ItemMark:
    """What the mark of an item says. ``labels`` is the field that labels of the whole image answer."""

    name: str = ""
    key: str = ""
    labels: str = ""
    answers: list[ExchangeAnswer] = field(default_factory=list)
    proposals: list[ExchangeProposal] = field(default_factory=list)


def item_mark(item: ChosenItem, shown: str, native: Sequence[str], options: ExportOptions) -> dict[str, Any]:
    """The mark of an item, empty where there is nothing to say.

    ``shown`` is the name under which the file has the image; ``native`` are the ids of the fields that the format
    itself holds.
    """
    own: dict[str, Any] = {}
    if item.item.text != shown:
        own["name"] = item.item.text
    if item.item.key != item.item.text:
        own["key"] = item.item.key
    for said, status in (("answered", "agreed"), ("proposed", "machine")):
        empty = [one.spec.id for one in item.answers.values() if one.status == status and _is_empty(one)]
        if empty:
            own[said] = empty
    others = {
        name: answer_record(stripped(one, options))
        for name, one in item.answers.items()
        if not one.spec.is_image_region and name not in native and (one.value is not None or one.decisions)
    }
    return own | ({"fields": others} if others else {})


def _is_empty(one: Chosen) -> bool:
    """Whether the answer is that there is nothing of the kind in the image."""
    return one.spec.is_image_region and one.value is not None and not one.value[one.spec.kind]


def read_item_mark(record: Mapping[str, Any]) -> ItemMark:
    """The mark of an item; what cannot be read in it says nothing."""
    own, found = record.get(MARK), ItemMark()
    if not isinstance(own, Mapping):
        return found
    found.name, found.key, found.labels = (str(own.get(key) or "") for key in ("name", "key", "labels"))
    found.answers += [ExchangeAnswer(Claim(name, "objects", [])) for name in _names(own, "answered")]
    found.proposals += [ExchangeProposal(Claim(name, "objects", []), None, UNNAMED) for name in _names(own, "proposed")]
    fields = own.get("fields")
    for name, told in fields.items() if isinstance(fields, Mapping) else ():
        try:
            answers, proposals = read_answers(str(name), told)
        except ValueError:
            continue
        found.answers += answers
        found.proposals += proposals
    return found


def _names(own: Mapping[str, Any], key: str) -> list[str]:
    found = own.get(key)
    return [str(name) for name in found] if isinstance(found, list) else []


def region_mark(one: WrittenRegion, is_exact: bool = True) -> dict[str, Any]:
    """The mark of a shape; ``is_exact`` is whether the shape says all about the geometry."""
    own: dict[str, Any] = {"region": one.region["id"], "fields": [one.spec.id]}
    if not is_exact:
        keys = (*GEOMETRIES, "angle", "size")
        own["geometry"] = {key: one.region[key] for key in keys if key in one.region}
    return own | ({"machine": True} if one.is_machine else {})


def marked_region(region: Mapping[str, Any], record: Mapping[str, Any]) -> Region:
    """The region with what the mark of its shape says about it; see :func:`is_machine`."""
    own, found = record.get(MARK), dict(region)
    if not isinstance(own, Mapping):
        return found
    geometry = own.get("geometry")
    if isinstance(geometry, Mapping):
        found = {key: value for key, value in found.items() if key not in (*GEOMETRIES, "angle", "size")}
        found |= dict(geometry)
    if isinstance(own.get("attributes"), Mapping):
        found["attributes"] = {**(found.get("attributes") or {}), **own["attributes"]}
    if own.get("region"):
        found["id"] = str(own["region"])
    if isinstance(own.get("fields"), list):
        found["fields"] = [str(name) for name in own["fields"]]
    return found


def is_machine(record: Mapping[str, Any]) -> bool:
    """Whether the mark says that only a model proposed the shape."""
    own = record.get(MARK)
    return isinstance(own, Mapping) and own.get("machine") is True
