"""Objects that were marked on one image, compared: which are the same, which are missing, which too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.context import ToolContext
from tools.geometry.regions import Region, match_regions, measured_matches
from tools.intervals import RatioSums
from tools.naming import label_name
from tools.schema import FieldSpec
from tools.values import regions_of

DEFAULT_IOU = 0.7


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two answers to one item, or sums of several.

    ``matched``, ``given`` and ``wanted`` count objects by label: those of one answer that are the same object as one of
    the other, all of the first, all of the second. ``overlap`` is the sum of the IoU of the matched ones. ``renamed``
    counts pairs (label given, label wanted) of objects in the same place under another label.
    """

    matched: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, int] = field(default_factory=dict)
    wanted: Mapping[str, int] = field(default_factory=dict)
    overlap: Mapping[str, float] = field(default_factory=dict)
    renamed: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def hits(self) -> int:
        """Objects found."""
        return sum(self.matched.values())

    @property
    def found(self) -> int:
        """Objects of the first answer."""
        return sum(self.given.values())

    @property
    def asked(self) -> int:
        """Objects of the second answer."""
        return sum(self.wanted.values())

    @property
    def moved(self) -> int:
        """Objects in the same place under another label."""
        return sum(self.renamed.values())

    @property
    def missed(self) -> int:
        """Objects of the second answer that are in the first under no label."""
        return self.asked - self.hits - self.moved

    @property
    def extra(self) -> int:
        """Objects of the first answer that are in the second under no label."""
        return self.found - self.hits - self.moved


def compare_objects(given: Sequence[Region], wanted: Sequence[Region], iou: float) -> Comparison:
    """Match objects of one label whose IoU is at least ``iou``, then what is left whatever its label.

    Each object is in one pair at most, and the pairs of a label have the largest possible sum of IoU (as in
    :func:`tools.geometry.regions.match_regions`).
    """
    matched: Counter[str] = Counter()
    overlap: dict[str, float] = {}
    left_given, left_wanted = [], []
    for label in sorted({str(one["label"]) for one in (*given, *wanted)}):
        mine = [one for one in given if one["label"] == label]
        theirs = [one for one in wanted if one["label"] == label]
        pairs = measured_matches(mine, theirs, iou)
        if pairs:
            matched[label] = len(pairs)
            overlap[label] = sum(share for _, _, share in pairs)
        taken = {a for a, _, _ in pairs}, {b for _, b, _ in pairs}
        left_given += [one for at, one in enumerate(mine) if at not in taken[0]]
        left_wanted += [one for at, one in enumerate(theirs) if at not in taken[1]]
    renamed = Counter(
        (str(left_given[a]["label"]), str(left_wanted[b]["label"]))
        for a, b in match_regions(left_given, left_wanted, iou)
    )
    return Comparison(matched, _count(given), _count(wanted), overlap, renamed)


def compare_values(given: Mapping[str, Any], wanted: Mapping[str, Any], iou: float) -> Comparison:
    """The same of two values as they are stored."""
    return compare_objects(regions_of(given), regions_of(wanted), iou)


def _count(regions: Iterable[Region]) -> Counter[str]:
    return Counter(str(one["label"]) for one in regions)


def total(parts: Iterable[Comparison]) -> Comparison:
    """The sum of comparisons."""
    counts: list[Counter[Any]] = [Counter() for _ in range(5)]
    for one in parts:
        added: tuple[Mapping[Any, Any], ...] = (one.matched, one.given, one.wanted, one.overlap, one.renamed)
        for into, more in zip(counts, added, strict=True):
            for key, number in more.items():
                into[key] += number
    return Comparison(*counts)


def f1_sums(parts: Sequence[Comparison]) -> RatioSums:
    """Sums over items for F1: twice the objects found against all objects of both answers (Dice 1945)."""
    return ratio_sums([(2.0 * one.hits, float(one.found + one.asked)) for one in parts])


def precision_sums(parts: Sequence[Comparison]) -> RatioSums:
    """Sums over items for the share of the given objects that are right."""
    return ratio_sums([(float(one.hits), float(one.found)) for one in parts])


def recall_sums(parts: Sequence[Comparison]) -> RatioSums:
    """Sums over items for the share of the wanted objects that were found."""
    return ratio_sums([(float(one.hits), float(one.asked)) for one in parts])


def overlap_sums(parts: Sequence[Comparison]) -> RatioSums:
    """Sums over items for the mean IoU of the objects found."""
    return ratio_sums([(sum(one.overlap.values()), float(one.hits)) for one in parts])


def ratio_sums(pairs: Sequence[tuple[float, float]]) -> RatioSums:
    """Sums over items for the ratio of a part to its whole, both as they are on each item."""
    return RatioSums(
        len(pairs),
        sum(hits for hits, _ in pairs),
        sum(size for _, size in pairs),
        sum(hits * hits for hits, _ in pairs),
        sum(hits * size for hits, size in pairs),
        sum(size * size for _, size in pairs),
    )


def same_object_iou(ctx: ToolContext) -> float:
    """The IoU from which two regions are the same object in this project."""
    return float(ctx.settings.get("same_region_iou") or DEFAULT_IOU)


def rule_of_match(spec: FieldSpec, iou: float) -> str:
    """When two objects count as the same, in one sentence."""
    how = spec.record.rule_of_match(iou)
    aside = "; attributes are not compared" if spec.attributes else ""
    return f"Two objects are the same where they have one label and {how}{aside}."


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Objects of one label in two answers: ``came_as`` other labels and ``went_as`` others are in the same place."""

    name: str
    given: int
    wanted: int
    hits: int
    came_as: int
    went_as: int
    overlap: float

    @property
    def missed(self) -> int:
        """Wanted and not given under any label."""
        return self.wanted - self.hits - self.came_as

    @property
    def extra(self) -> int:
        """Given and not wanted under any label."""
        return self.given - self.hits - self.went_as

    @property
    def f1(self) -> str:
        """F1 as a cell."""
        return cell(2 * self.hits, self.given + self.wanted)

    @property
    def mean_iou(self) -> str:
        """Mean IoU of the matched ones as a cell."""
        return cell(self.overlap, self.hits)


def label_counts(spec: FieldSpec, whole: Comparison) -> list[LabelCounts]:
    """One row a label that occurs, in the order of the schema."""
    seen = set(whole.given) | set(whole.wanted)
    ordered = [one for one in spec.label_ids if one in seen] + sorted(seen - set(spec.label_ids))
    return [
        LabelCounts(
            label_name(spec, one),
            whole.given.get(one, 0),
            whole.wanted.get(one, 0),
            whole.matched.get(one, 0),
            sum(number for (_, meant), number in whole.renamed.items() if meant == one),
            sum(number for (said, _), number in whole.renamed.items() if said == one),
            whole.overlap.get(one, 0.0),
        )
        for one in ordered
    ]


def cell(part: float, size: float) -> str:
    """A ratio as a table cell; empty where it is undefined."""
    return f"{part / size:.2f}" if size else ""
