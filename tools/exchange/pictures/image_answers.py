"""What an export writes about one image, whatever the format: regions, labels of the whole image, and what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.exchange.export import Chosen, ChosenItem
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_export import STAY
from tools.exchange.writer import Names, Plan
from tools.schema import FieldSpec
from tools.values import regions_of, value_labels

DISAGREE = "the reviewers disagree, and the format holds one answer"


@dataclass(frozen=True, slots=True)
class WrittenRegion:
    """One region to be written. ``is_machine`` is whether only a model proposed it."""

    spec: FieldSpec
    region: Mapping[str, Any]
    label: str
    is_machine: bool

    @property
    def attributes(self) -> dict[str, Any]:
        """What was noted about the region."""
        return dict(self.region.get("attributes") or {})


def regions_of_item(item: ChosenItem, plan: Plan, names: Names) -> Iterator[WrittenRegion]:
    """The regions of an item in drawing order, field by field; answers without agreement are kept account of."""
    for chosen in item.answers.values():
        if not chosen.spec.is_image_region:
            continue
        if chosen.status == "conflict":
            plan.lose(item, chosen.spec, DISAGREE)
        for region in regions_of(chosen.value):
            label = names.of(chosen.spec, region["label"])
            yield WrittenRegion(chosen.spec, region, label, chosen.status == "machine")


def labels_of_item(item: ChosenItem, plan: Plan, names: Names) -> Iterator[tuple[Chosen, list[str]]]:
    """The label names of the whole image, field by field."""
    for chosen in item.answers.values():
        if not chosen.spec.record.is_labels:
            continue
        if chosen.status == "conflict":
            plan.lose(item, chosen.spec, DISAGREE)
        if chosen.value is not None:
            yield chosen, [names.of(chosen.spec, one) for one in value_labels(chosen.value)]


def usual_losses(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What no format of image regions holds."""
    said = ["Who decided, when and after seeing what, and decisions without a value."]
    if any(spec.record.fineness for spec in fields):
        said.append("The clicks and boxes from which regions were segmented, and the scores of single regions.")
    if options.conflicts == "all_values":
        said.append("What each reviewer said where they disagree: there is one answer an image.")
    return said + ([STAY] if options.images == "reference" else [])


def same_kind_fields(fields: Sequence[FieldSpec]) -> list[str]:
    """Ids of the region fields of which there are several of one kind."""
    kinds = [spec.kind for spec in fields if spec.is_image_region]
    return [spec.id for spec in fields if spec.is_image_region and kinds.count(spec.kind) > 1]
