"""Objects cut out by their confirmed masks and pasted into other photographs.

A hook: calculations only, for a tool that makes examples of what is rare. The method is that of Ghiasi et al. 2021
("Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation"): objects are scaled and mirrored
at random and pasted with a soft edge, and the masks of what they cover are corrected. Two things are stricter here,
because people are to look at the result: an object gets a size and a height in the picture that its label has elsewhere
in the project (:class:`Habits`), and no object is covered so far that nobody would find it.

Labels are right by construction: a pixel belongs to a pasted object where at least half of it is the object's, and to
no object beneath. Pictures are (height, width, 3) uint8 RGB, masks (height, width) bool, both full size; nothing here
changes what it is given, and chance comes from the ``rng`` that is passed in.

What it does not do: light, sharpness and what an object could stand on are not looked at, so that a yellow bus may
drive through a grey photograph. As Ghiasi et al. found, detectors learn from such pictures all the same; people should
see them marked as made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tools.errors import InputError
from tools.geometry.masks import box_of_runs, encode, runs_of_string
from tools.geometry.polygons import polygons_of
from tools.geometry.regions import mask_of_region
from tools.kinds.registry import KINDS

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Region = Mapping[str, Any]

LEAST_PIXELS = 64
"""Objects of fewer pixels are not cut out: enlarged they would be a blur."""
MOST_SCALE = 2.0
"""No object is enlarged further: it would be softer than what surrounds it."""
JITTER = 0.2
"""How far size and height may differ from what was seen, as a share of it."""


@dataclass(frozen=True)
class Cutting:
    """An object on its own: the picture inside its box and which of the pixels are the object's.

    ``share`` is the side of a square of its area over that of its picture, ``foot`` how far down the lowest pixel lies,
    0..1. ``source`` says where it was cut, for people.
    """

    pixels: Pixels
    mask: Mask
    label: str
    share: float
    foot: float
    source: str = ""


@dataclass(frozen=True)
class Placement:
    """Where a cutting goes: its scaled box begins at column ``x`` and row ``y``."""

    x: int
    y: int
    scale: float
    mirrored: bool = False


@dataclass(frozen=True)
class Scene:
    """A picture and its objects, each a region with a mask: ``id``, ``label``, ``size``, ``counts``."""

    pixels: Pixels
    regions: tuple[dict[str, Any], ...]
    pasted: tuple[str, ...] = ()
    """Ids of the regions that were pasted, in order."""


@dataclass
class Habits:
    """Sizes and heights at which objects of each label were seen, as (share, foot) pairs; see :class:`Cutting`."""

    seen: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, regions: Iterable[Region], size: tuple[int, int]) -> None:
        """The objects of one picture of ``size`` (height, width)."""
        for region in regions:
            mask = mask_of_region(region, size)
            if mask.any():
                self.seen.setdefault(str(region["label"]), []).append(_habit(mask))

    def draw(self, cutting: Cutting, rng: np.random.Generator) -> tuple[float, float]:
        """A size and a height at which the label was seen, a little changed; the cutting's own where it never was."""
        known = self.seen.get(cutting.label) or [(cutting.share, cutting.foot)]
        share, foot = known[int(rng.integers(len(known)))]
        change = 1 + rng.uniform(-JITTER, JITTER, 2)
        return share * float(change[0]), min(1.0, foot * float(change[1]))


def scene_of(pixels: Pixels, regions: Sequence[Region]) -> Scene:
    """A picture with its confirmed regions as masks; :class:`InputError` for regions that have no area, as points."""
    size = (int(pixels.shape[0]), int(pixels.shape[1]))
    found: list[dict[str, Any]] = []
    for region in regions:
        mask = mask_of_region(region, size)
        if not mask.any():
            raise InputError(f"Region {region.get('id')!r} has no outline: what it covers is not known.")
        found.append(_region(str(region.get("id") or f"r{len(found) + 1}"), str(region["label"]), mask, region))
    return Scene(pixels, tuple(found))


def cut_out(scene: Scene, source: str = "") -> list[Cutting]:
    """The objects of a scene that can be pasted elsewhere: whole ones, neither tiny nor cut by the picture's edge."""
    found: list[Cutting] = []
    for region in scene.regions:
        mask = mask_of_region(region, _size(scene))
        if np.count_nonzero(mask) < LEAST_PIXELS or _touches_edge(mask):
            continue
        x0, y0, x1, y1 = (int(one) for one in box_of_runs(runs_of_string(region["counts"]), _size(scene)))
        share, foot = _habit(mask)
        picture = scene.pixels[y0:y1, x0:x1].copy()
        found.append(Cutting(picture, mask[y0:y1, x0:x1].copy(), str(region["label"]), share, foot, source))
    return found


def place(
    scene: Scene,
    cutting: Cutting,
    habits: Habits,
    rng: np.random.Generator,
    least_visible: float = 0.5,
    tries: int = 20,
) -> Placement | None:
    """A plausible place for a cutting; ``None`` where none was found in so many ``tries``.

    The object lies wholly inside the picture, at a size and height that its label has elsewhere. Of every object that
    is there, at least ``least_visible`` of what is seen now stays in sight.
    """
    height, width = _size(scene)
    masks = [mask_of_region(region, _size(scene)) for region in scene.regions]
    for _ in range(tries):
        share, foot = habits.draw(cutting, rng)
        scale = share * np.sqrt(height * width) / np.sqrt(np.count_nonzero(cutting.mask))
        high, wide = (max(1, round(side * scale)) for side in cutting.mask.shape)
        if scale > MOST_SCALE or high > height or wide > width:
            continue
        x = int(rng.integers(0, width - wide + 1))
        y = int(np.clip(round(foot * height) - high, 0, height - high))
        chosen = Placement(x, y, float(scale), bool(rng.integers(2)))
        if _leaves_in_sight(masks, _shadow(scene, cutting, chosen), least_visible):
            return chosen
    return None


def paste(scene: Scene, cutting: Cutting, placement: Placement, feather: float = 1.5, name: str = "") -> Scene:
    """The scene with the cutting over what is there; regions that are covered wholly are gone.

    ``feather`` is the width in pixels over which the edge fades, inwards only, so that nothing of the cutting's old
    surroundings comes along. ``name`` is the id of the new region.
    """
    pixels, mask = _scaled(cutting, placement)
    window = _window(scene, placement, mask.shape)
    alpha = soft_edge(mask, feather)
    owned = np.zeros(_size(scene), dtype=np.bool_)
    owned[window] = alpha >= 0.5
    if not owned.any():
        raise InputError("At this size nothing is left of the object behind its soft edge.")
    mixed = scene.pixels.copy()
    weight = alpha[..., None]
    mixed[window] = np.rint(pixels * weight + mixed[window] * (1 - weight)).astype(np.uint8)
    taken = {region["id"] for region in scene.regions}
    new_id = name or next(f"p{n}" for n in range(1, len(taken) + 2) if f"p{n}" not in taken)
    if new_id in taken:
        raise InputError(f"The scene has a region {new_id!r} already.")
    kept = _uncovered(scene, owned)
    return Scene(mixed, (*kept, _region(new_id, cutting.label, owned)), (*scene.pasted, new_id))


def paste_some(
    scene: Scene,
    cuttings: Sequence[Cutting],
    habits: Habits,
    rng: np.random.Generator,
    most: int = 3,
    feather: float = 1.5,
) -> Scene:
    """The scene with up to ``most`` of the cuttings, drawn without repeats; what has no plausible place stays out."""
    order = rng.permutation(len(cuttings))
    for at in order[:most]:
        chosen = place(scene, cuttings[int(at)], habits, rng)
        if chosen is not None:
            scene = paste(scene, cuttings[int(at)], chosen, feather)
    return scene


def answer_of(scene: Scene, kind: str) -> dict[str, Any]:
    """The value of a field of ``kind`` (boxes, polygons or masks) that is right for the scene."""
    record = KINDS[kind]
    if not record.fineness:
        *others, last = sorted((one for one in KINDS.values() if one.fineness), key=lambda one: one.fineness)
        known = f"{', '.join(one.name for one in others)} or {last.name}"
        raise InputError(f"Pasted objects make {known}, not {kind!r}.")
    return {
        record.key: [
            {key: value for key, value in region.items() if key not in ("size", "counts")}
            | record.of_mask(_Traced(region, _size(scene)))
            for region in scene.regions
        ]
    }


@dataclass(frozen=True)
class _Traced:
    """The mask of a region, as regions of other kinds are made of it."""

    region: Region
    size: tuple[int, int]

    @property
    def box(self) -> tuple[float, float, float, float]:
        return box_of_runs(runs_of_string(self.region["counts"]), self.size)

    def counts(self) -> str:
        return str(self.region["counts"])

    def parts(self) -> list[Any]:
        return polygons_of(mask_of_region(self.region, self.size))


def soft_edge(mask: Mask, feather: float) -> npt.NDArray[np.float64]:
    """How much of each pixel is the object's, 0..1: 1 inside, fading to 0 over ``feather`` pixels up to the edge."""
    if feather <= 0:
        return mask.astype(np.float64)
    padded = np.pad(mask, 1).astype(np.uint8)
    # The centre of a pixel at the edge lies half a pixel inside.
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1].astype(np.float64) - 0.5
    return np.where(mask, np.clip((depth + 0.5) / (feather + 0.5), 0.0, 1.0), 0.0)


def _size(scene: Scene) -> tuple[int, int]:
    return int(scene.pixels.shape[0]), int(scene.pixels.shape[1])


def _habit(mask: Mask) -> tuple[float, float]:
    foot = int(np.flatnonzero(mask.any(axis=1))[-1]) + 1
    return float(np.sqrt(np.count_nonzero(mask) / mask.size)), foot / mask.shape[0]


def _touches_edge(mask: Mask) -> bool:
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def _region(name: str, label: str, mask: Mask, before: Region | None = None) -> dict[str, Any]:
    """A region with a mask; attributes stay with the object."""
    attributes = (before or {}).get("attributes")
    own: dict[str, Any] = {"id": name, "label": label, "size": list(mask.shape), "counts": encode(mask)}
    return own | ({"attributes": dict(attributes)} if attributes else {})


def _scaled(cutting: Cutting, placement: Placement) -> tuple[npt.NDArray[np.float64], Mask]:
    """Picture and mask at the size of the placement. A scaled pixel is the object's if half of it was.

    Colours are averaged over the object's own pixels only: those around it would show as a fringe.
    """
    high, wide = (max(1, round(side * placement.scale)) for side in cutting.mask.shape)
    # Averaging keeps a shrunken picture free of moiré; enlarging has nothing to average.
    way = cv2.INTER_AREA if placement.scale < 1 else cv2.INTER_LINEAR
    own = cutting.mask.astype(np.float32)
    share = cv2.resize(own, (wide, high), interpolation=way)
    weighted = cv2.resize(cutting.pixels * own[..., None], (wide, high), interpolation=way)
    pixels = weighted.astype(np.float64) / np.maximum(share, 1e-6)[..., None]
    mask = np.asarray(share >= 0.5, dtype=np.bool_)
    return (pixels[:, ::-1], mask[:, ::-1]) if placement.mirrored else (pixels, mask)


def _window(scene: Scene, placement: Placement, size: tuple[int, ...]) -> tuple[slice, slice]:
    height, width = _size(scene)
    bottom, right = placement.y + size[0], placement.x + size[1]
    if placement.x < 0 or placement.y < 0 or bottom > height or right > width:
        raise InputError("A cutting is pasted wholly inside the picture; this place reaches over its edge.")
    return slice(placement.y, bottom), slice(placement.x, right)


def _shadow(scene: Scene, cutting: Cutting, placement: Placement) -> Mask:
    """All that the cutting can cover."""
    _, mask = _scaled(cutting, placement)
    shadow = np.zeros(_size(scene), dtype=np.bool_)
    shadow[_window(scene, placement, mask.shape)] = mask
    return shadow


def _leaves_in_sight(masks: Sequence[Mask], shadow: Mask, least_visible: float) -> bool:
    for mask in masks:
        whole = np.count_nonzero(mask)
        if np.count_nonzero(mask & ~shadow) < least_visible * whole:
            return False
    return bool(shadow.any())


def _uncovered(scene: Scene, owned: Mask) -> list[dict[str, Any]]:
    """The regions beneath, without what is covered now."""
    kept = []
    for region in scene.regions:
        mask = mask_of_region(region, _size(scene))
        if not (mask & owned).any():
            kept.append(dict(region))
        elif (mask & ~owned).any():
            kept.append(_region(region["id"], region["label"], mask & ~owned, region))
    return kept
