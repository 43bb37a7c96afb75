"""Which field takes which region of a file. One thing in a picture may be told in several ways at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tools.exchange.fields import FieldFinder
from tools.exchange.rows import REGION_SHAPES, Claim, ExchangeAnswer, ExchangeProposal
from tools.kinds.drawn import OBJECTS
from tools.kinds.registry import DRAWN
from tools.schema import FieldSpec, LabelSchema

NO_GEOMETRY = "the region has neither box nor outline nor points"
Problem = tuple[str, Any]


Said = TypeVar("Said", bound=ExchangeAnswer | ExchangeProposal)


def is_regions(claim: Claim) -> bool:
    """Whether a claim is about regions of an image and says some, or that there are none."""
    return claim.shape in REGION_SHAPES and claim.content is not None


class RegionRouter:
    """Puts every region to the fields that can hold it."""

    def __init__(self, schema: LabelSchema, finder: FieldFinder) -> None:
        self._fields = [spec for spec in schema.fields if spec.is_image_region]
        self._finder = finder

    def route(self, claim: Claim) -> tuple[list[tuple[FieldSpec, Claim]], list[Problem]]:
        """The claim as claims of single fields, and what no field takes, each with its reason."""
        regions = claim.content if isinstance(claim.content, (list, tuple)) else ()
        if not regions:
            return self._empty(claim)
        found: dict[str, list[Mapping[str, Any]]] = {}
        problems: list[Problem] = []
        for region in regions:
            targets = self._targets(claim, region)
            if isinstance(targets, str):
                problems.append((targets, region))
            for spec in () if isinstance(targets, str) else targets:
                found.setdefault(spec.id, []).append(region)
        by_id = {spec.id: spec for spec in self._fields}
        return [(by_id[name], replace(claim, content=those)) for name, those in found.items()], problems

    def _empty(self, claim: Claim) -> tuple[list[tuple[FieldSpec, Claim]], list[Problem]]:
        if claim.shape == OBJECTS and self._finder.named(claim.source) is None:
            return [(spec, claim) for spec in self._fields], []
        found = self._finder.find(claim.source, claim.shape)
        return ([], [(found, claim.content)]) if isinstance(found, str) else ([(found, claim)], [])

    def _targets(self, claim: Claim, region: Mapping[str, Any]) -> Sequence[FieldSpec] | str:
        if region.get("fields"):
            # Our own exports say for which fields a region stands.
            return [spec for spec in self._fields if spec.id in region["fields"]] or "its field left the schema"
        if claim.shape != OBJECTS:
            found = self._finder.find(claim.source, claim.shape)
            return found if isinstance(found, str) else [found]
        told = [kind.told_as for kind in DRAWN if any(region.get(key) for key in kind.geometry)]
        if not told:
            return NO_GEOMETRY
        found_all = [self._finder.find(one, one) for one in told]
        targets = list({one.id: one for one in found_all if not isinstance(one, str)}.values())
        return targets or str(found_all[0])

    def losses(self, routed: Iterable[tuple[FieldSpec, Claim]]) -> list[str]:
        """Notes, one for each region, on geometry that came along with a region and that no field takes."""
        present = [one for one in DRAWN if one.name in {spec.kind for spec in self._fields}]
        absent = [one for one in DRAWN if one not in present]
        notes: list[str] = []
        for spec, claim in routed:
            (own,) = (one for one in present if one.name == spec.kind)
            for region in claim.content if claim.shape == OBJECTS else ():
                said = (one.lost_with(own, present) for one in reversed(absent) if region.get(one.shape_key))
                notes += dict.fromkeys(note for note in said if note)
        return notes


def merged(pairs: Sequence[tuple[FieldSpec, Said]]) -> list[tuple[FieldSpec, Said]]:
    """What one author says about one field in several claims, as one claim: files list boxes and masks apart."""
    kept: list[tuple[FieldSpec, Said]] = []
    places: dict[tuple[Any, ...], int] = {}
    for pair in pairs:
        if not pair[0].is_image_region or pair[1].claim.content is None:
            kept.append(pair)
            continue
        at = places.setdefault((pair[0].id, *_author(pair[1])), len(kept))
        if at == len(kept):
            kept.append(pair)
        else:
            kept[at] = (pair[0], _joined(kept[at][1], pair[1]))
    return kept


def _joined(one: Said, other: Said) -> Said:
    content = [*one.claim.content, *other.claim.content]
    return replace(one, claim=replace(one.claim, content=content))


def _author(one: ExchangeAnswer | ExchangeProposal) -> tuple[Any, ...]:
    if isinstance(one, ExchangeAnswer):
        return one.annotator, one.verdict, one.exposure
    return one.backend, one.state
