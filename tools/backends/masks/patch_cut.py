"""Which patches belong to the object: colours and paths from what was pointed at, joined by a minimum cut.

GrabCut (Rother et al., SIGGRAPH 2004) alternates between learning the colours of both sides and cutting. Here the
colours are kernel densities over patches, the cut runs on patches, and the length of paths from the clicks (Bai and
Sapiro, ICCV 2007; Gulshan et al., CVPR 2010) says what is near without crossing an edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from tools.backends.masks.patches import Floats, Ids, Patches

Sides = npt.NDArray[np.bool_]
_STEEP = 4.0
_LARGEST = 2**30


@dataclass(frozen=True)
class CutTerms:
    """Weights of the cut.

    ``colour`` and ``path`` weigh the two kinds of evidence, ``most`` bounds the first; ``wall`` is the price of a
    border; ``rim`` is the head start of the object over the edge of the picture; ``sure`` is how many usual patches a
    seed counts; ``memory`` is the pull of the mask that is being corrected and ``reach`` how far from a new click it
    gives way; ``loose`` is how much of the answer of a round stays open in the next. A box
    alone takes more rounds than clicks do, because it begins with everything in it.
    """

    colour: float = 1.0
    path: float = 2.0
    most: float = 3.0
    wall: float = 10.0
    rim: float = 12.0
    sure: float = 10.0
    memory: float = 1.0
    reach: float = 0.5
    loose: float = 0.3
    rounds: int = 4
    rounds_in_box: int = 8


@dataclass(frozen=True)
class Seeds:
    """What is known of patches: ``inside`` and ``outside`` were pointed at, ``beyond`` lies outside the box.

    ``earlier`` (n,) is the share of each patch in the mask that is being corrected; ``news`` are the patches of clicks
    that it contradicts.
    """

    inside: Ids
    outside: Ids
    beyond: Ids
    earlier: Floats | None = None
    news: Ids | None = None


def cut_out(patches: Patches, seeds: Seeds, terms: CutTerms, push: float = 0.0) -> Sides:
    """Which patches belong to the object, shape (n,); ``push`` is added to the evidence for it everywhere."""
    nearness = _nearness(patches, seeds, terms)
    memory = _memory(patches, seeds, terms)
    fixed = np.zeros(patches.count, dtype=np.int8)
    fixed[seeds.beyond] = -1
    fixed[seeds.outside] = -1
    fixed[seeds.inside] = 1
    is_boxed = not len(seeds.inside) and memory is None
    first = np.ones(patches.count) if is_boxed else _chance(nearness)
    if memory is not None:
        first = (first + memory) / 2
    loose = 0.0 if is_boxed else terms.loose
    shares = _held(first, fixed)
    sides = shares > 0.5
    for _ in range(terms.rounds_in_box if is_boxed else terms.rounds):
        pull = terms.colour * _colour_pull(patches, shares, seeds, terms) + terms.path * nearness + push
        if memory is not None:
            pull = pull + terms.memory * (2 * memory - 1)
        sides = _minimum_cut(patches, pull * patches.areas, fixed, terms.wall)
        shares = _held((1 - loose) * sides + loose * first, fixed)
    return sides


def _nearness(patches: Patches, seeds: Seeds, terms: CutTerms) -> Floats:
    """From -1 (as near to the background as can be) to 1, by the lengths of paths; shape (n,)."""
    grounds = patches.distances(np.concatenate([seeds.outside, seeds.beyond]))
    if not len(seeds.beyond):
        grounds = np.minimum(grounds, patches.distances(patches.rim) + terms.rim)
    if not len(seeds.inside):
        # Only a box: colours decide, beginning with everything in it being the object.
        return np.zeros(patches.count)
    objects = patches.distances(seeds.inside)
    return np.asarray((grounds - objects) / (grounds + objects + 1e-6), dtype=np.float64)


def _memory(patches: Patches, seeds: Seeds, terms: CutTerms) -> Floats | None:
    """The earlier mask, forgotten near the clicks that contradict it."""
    if seeds.earlier is None:
        return None
    if seeds.news is None or not len(seeds.news):
        return seeds.earlier
    away = patches.distances(seeds.news)
    usual = float(np.median(patches.distances(seeds.news[:1])))
    kept = 1 - np.exp(-np.square(away / max(terms.reach * usual, 1e-6)))
    return np.asarray(0.5 + (seeds.earlier - 0.5) * kept, dtype=np.float64)


def _chance(nearness: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-_STEEP * nearness)), dtype=np.float64)


def _held(shares: Floats, fixed: npt.NDArray[np.int8]) -> Floats:
    """Shares with what is known put in."""
    return np.asarray(np.where(fixed == 0, shares, fixed > 0), dtype=np.float64)


def _colour_pull(patches: Patches, shares: Floats, seeds: Seeds, terms: CutTerms) -> Floats:
    """Log ratio of the colour's density in both sides, bounded; shape (n,)."""
    objects, grounds = patches.areas * shares, patches.areas * (1 - shares)
    weight = float(np.median(patches.areas)) * terms.sure
    objects[seeds.inside] += weight / max(1, len(seeds.inside)) ** 0.5
    grounds[seeds.outside] += weight / max(1, len(seeds.outside)) ** 0.5
    dense = [patches.alike @ side.astype(np.float32) / max(side.sum(), 1e-6) for side in (objects, grounds)]
    ratio = np.log((dense[0] + 1e-4) / (dense[1] + 1e-4))
    return np.asarray(np.clip(ratio, -terms.most, terms.most), dtype=np.float64)


def _minimum_cut(patches: Patches, pull: Floats, fixed: npt.NDArray[np.int8], wall: float) -> Sides:
    """The cheapest cut between both sides; ``pull`` (n,) is what each patch loses on the background's side."""
    n = patches.count
    source, sink = n, n + 1
    walls = wall * patches.walls
    certain = float(walls.sum() + np.abs(pull).sum())
    to_object = np.maximum(pull, 0) + certain * (fixed > 0)
    to_ground = np.maximum(-pull, 0) + certain * (fixed < 0)
    one, other = patches.ends.T
    every = np.arange(n)
    rows = np.concatenate([one, other, np.full(n, source), every])
    columns = np.concatenate([other, one, every, np.full(n, sink)])
    # The flow is counted in whole numbers of 32 bits.
    scale = min(100.0, _LARGEST / (4 * max(certain, 1.0)))
    room = np.round(np.concatenate([walls, walls, to_object, to_ground]) * scale).astype(np.int32)
    graph = csr_matrix((room[room > 0], (rows[room > 0], columns[room > 0])), shape=(n + 2, n + 2))
    left = graph - maximum_flow(graph, source, sink).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    sides = np.zeros(n + 2, dtype=np.bool_)
    sides[breadth_first_order(left, source, return_predecessors=False)] = True
    return sides[:n]
