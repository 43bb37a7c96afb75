"""Overlapping spans as several flat layers, each of which a sequence model can read.

A span inside another one of its own label goes one layer down (layering, Alex, Haddow and Grover, BioNLP 2007); labels
that were ever confirmed over each other are kept in different groups, all others share one model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tools.backends.texts.span_tags import Region, are_apart

DEEPEST = 1
_MARK = "|"


def label_of(layer: str) -> str:
    """The label of a layer name."""
    return layer.partition(_MARK)[0]


def to_layers(regions: Sequence[Region]) -> list[Region]:
    """The same regions with the layer's name as label; what lies deeper than :data:`DEEPEST` is left out."""
    made: list[Region] = []
    for region in sorted(set(regions), key=lambda r: (r.start, -r.end, r.label)):
        for depth in range(DEEPEST + 1):
            name = f"{region.label}{_MARK}{depth}" if depth else region.label
            if all(other.label != name or are_apart(region, other) for other in made):
                made.append(replace(region, label=name))
                break
    return made


def group_layers(texts: Sequence[Sequence[Region]]) -> list[list[str]]:
    """Groups of layers of which no two ever overlap, found greedily, the commonest layers first."""
    counts = Counter(region.label for regions in texts for region in regions)
    clashes = {frozenset(pair) for regions in texts for pair in _overlapping(regions)}
    groups: list[list[str]] = []
    for layer in sorted(counts, key=lambda name: (-counts[name], name)):
        fitting = (group for group in groups if all(frozenset((layer, other)) not in clashes for other in group))
        group = next(fitting, None)
        if group is None:
            groups.append([layer])
        else:
            group.append(layer)
    return [sorted(group) for group in groups]


def _overlapping(regions: Sequence[Region]) -> list[tuple[str, str]]:
    ordered = sorted(regions, key=lambda region: region.start)
    found = []
    for at, region in enumerate(ordered):
        for other in ordered[at + 1 :]:
            if other.start >= region.end:
                break
            found.append((region.label, other.label))
    return found
