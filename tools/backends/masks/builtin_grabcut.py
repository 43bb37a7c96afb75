"""``builtin:grabcut``: masks from clicks, a box or strokes, with nothing but OpenCV; no image is too big.

A window round the prompts is scaled down and cut on a graph of patches (:mod:`tools.backends.masks.patch_cut`), the
edge is then drawn pixel by pixel in a narrow band, at that scale and again at full size.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from tools.backends.contract import BackendIdentity
from tools.backends.masks.contract_images import Box, Encoding, Mask, MaskGuess, Pixels, Point, Prompts, ProposalTerms
from tools.backends.masks.mask_edges import held, plain_cut, refined, sharpened
from tools.backends.masks.patch_cut import CutTerms, Seeds, cut_out
from tools.backends.masks.patches import Ids, Patches, PatchTerms, patches_of
from tools.backends.masks.sam_frame import trimmed
from tools.errors import BackendFailed

REFERENCE = "builtin:grabcut"
REVISION = "1"
_SMALL_HOLE = 0.004
"""Holes below this share of the object are filled, unless somebody clicked into them."""


@dataclass(frozen=True)
class GrabCutTerms:
    """How an image is looked at; lengths are pixels.

    ``side``: of the longer side at which patches are cut, ``box_side`` where a box is all there is. ``margin``: share
    of its size by which a window goes beyond a box, ``closeness`` beyond an object that was clicked, and at least
    ``least``. ``steps``: how often a window is widened or narrowed, the latter where the scale becomes ``gain`` times
    as large. ``tight``: the share of a box that its object reaches over, ``pushes``: what is tried where it does not.
    """

    patches: PatchTerms = field(default_factory=PatchTerms)
    cut: CutTerms = field(default_factory=CutTerms)
    side: int = 400
    box_side: int = 640
    margin: float = 1.0
    closeness: float = 0.5
    least: int = 64
    steps: int = 3
    gain: float = 1.5
    pushes: tuple[float, ...] = (0.25, 0.5, 1.0, 1.5)
    tight: float = 0.5


@dataclass(frozen=True)
class Window:
    """A part of the image, (x0, y0, x1, y1) in whole pixels, and the factor by which it is scaled down."""

    x0: int
    y0: int
    x1: int
    y1: int
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) at the small scale."""
        return max(1, round((self.y1 - self.y0) * self.scale)), max(1, round((self.x1 - self.x0) * self.scale))

    def points_in(self, points: list[Point]) -> npt.NDArray[np.float64]:
        """Points of the image in pixels of the small window."""
        height, width = self.shape
        scale = (width / (self.x1 - self.x0), height / (self.y1 - self.y0))
        return (np.array(points, dtype=np.float64).reshape(-1, 2) - (self.x0, self.y0)) * scale

    def cut(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """The window's part of something over the whole image."""
        return values[self.y0 : self.y1, self.x0 : self.x1]


class GrabCutSegmenter:
    """Answers prompts from the pixels alone. The patches of the last windows are kept: a further click is quick."""

    is_encoder = False

    def __init__(self, terms: GrabCutTerms | None = None) -> None:
        """``terms`` are for experiments; the default was chosen on half of the GrabCut set."""
        self._terms = terms or GrabCutTerms()
        self._known: list[tuple[npt.NDArray[np.uint8], Window, Pixels, Patches]] = []
        self._lock = threading.Lock()

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and settings."""
        return BackendIdentity(REFERENCE, REVISION, {"side": self._terms.side, "opencv": cv2.__version__})

    def encode(self, image: Pixels) -> Encoding:
        """Nothing is needed ahead."""
        return {}

    def segment(self, image: Pixels, encoding: Encoding, prompts: Prompts) -> list[MaskGuess]:
        """One mask."""
        prompts.check(*image.shape[:2])
        points = _points_of(prompts)
        window = first_window(points, prompts, image.shape[0], image.shape[1], self._terms)
        mask = self._in_window(image, window, prompts)
        if prompts.box is None:
            window, mask = self._fitting(image, window, mask, prompts)
        whole = sharpened(np.asarray(window.cut(image), dtype=np.uint8), mask)
        shift = np.array((window.x0, window.y0), dtype=np.float64)
        objects, grounds = (
            np.array([*_clicks(prompts, side), *_strokes(prompts, side)], dtype=np.float64).reshape(-1, 2) - shift
            for side in (True, False)
        )
        part = trimmed(held(whole, objects, grounds, max(1, round(1 / window.scale))))
        x, y = part.origin
        return [replace(part, origin=(x + window.x0, y + window.y0), size=(image.shape[0], image.shape[1]))]

    def _fitting(self, image: Pixels, window: Window, mask: Mask, prompts: Prompts) -> tuple[Window, Mask]:
        """Widen the window while the object reaches its border, then look closer while the object is small in it."""
        height, width = image.shape[:2]
        for _ in range(self._terms.steps):
            if not reaches_border(window, mask, height, width):
                break
            window = widened(window, height, width, self._terms)
            mask = self._in_window(image, window, prompts)
        for _ in range(self._terms.steps):
            closer = narrowed(window, mask, _points_of(prompts), (height, width), self._terms)
            if closer is None:
                break
            found = self._in_window(image, closer, prompts)
            if reaches_border(closer, found, height, width):
                break
            window, mask = closer, found
        return window, mask

    def propose(self, image: Pixels, encoding: Encoding, terms: ProposalTerms) -> list[MaskGuess]:
        """Cannot: without a learned notion of objects nothing tells one from the ground."""
        raise BackendFailed(
            f"{REFERENCE} draws what is pointed at and proposes nothing by itself; for a whole image name a "
            "segment-anything model: hub:FOLDER."
        )

    def _in_window(self, image: Pixels, window: Window, prompts: Prompts) -> Mask:
        """The mask at the small scale, shape ``window.shape``."""
        box = _inside_box(window, prompts.box)
        objects = window.points_in([*_clicks(prompts, True), *_strokes(prompts, True)])
        grounds = window.points_in([*_clicks(prompts, False), *_strokes(prompts, False)])
        has_more = len(objects) or len(grounds) or prompts.earlier is not None
        if box is not None and not has_more:
            small = _scaled(image, window)
            mask = self._in_box(small, image, window, prompts, box)
        else:
            small, patches = self._patches(image, window)
            mask = cut_out(patches, seeds_of(patches, window, prompts), self._terms.cut)[patches.labels]
        return refined(small, tidy(mask, objects, grounds), objects, grounds, box)

    def _in_box(self, small: Pixels, image: Pixels, window: Window, prompts: Prompts, box: Mask) -> Mask:
        """GrabCut as OpenCV has it; where that hardly fills the box, patches are pushed towards its sides.

        People draw boxes tight: Lempitsky et al., "Image segmentation with a bounding box prior", ICCV 2009.
        """
        mask = plain_cut(small, box)
        if spans(mask, box, self._terms.tight):
            return mask
        _, patches = self._patches(image, window)
        seeds = seeds_of(patches, window, prompts)
        for push in (0.0, *self._terms.pushes):
            mask = cut_out(patches, seeds, self._terms.cut, push)[patches.labels]
            if spans(mask, box, self._terms.tight):
                break
        return mask

    def _patches(self, image: Pixels, window: Window) -> tuple[Pixels, Patches]:
        with self._lock:
            for known, place, small, patches in self._known:
                if known is image and place == window:
                    return small, patches
        small = _scaled(image, window)
        made = patches_of(small, self._terms.patches)
        with self._lock:
            self._known = [*self._known[-1:], (image, window, small, made)]
        return small, made


def _scaled(image: Pixels, window: Window) -> Pixels:
    """The window's part of the image at its small scale."""
    height, width = window.shape
    part = np.ascontiguousarray(window.cut(image))
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def first_window(points: list[Point], prompts: Prompts, height: int, width: int, terms: GrabCutTerms) -> Window:
    """The part of the image that is looked at first: round a box or an earlier mask, else all of it."""
    corners = list(points)
    has_earlier = prompts.earlier is not None and bool(prompts.earlier.any())
    if prompts.box is None and not has_earlier:
        return _window((0, 0, width, height), height, width, terms.side)
    if prompts.earlier is not None and has_earlier:
        rows, columns = np.flatnonzero(prompts.earlier.any(axis=1)), np.flatnonzero(prompts.earlier.any(axis=0))
        corners += [(float(columns[0]), float(rows[0])), (float(columns[-1] + 1), float(rows[-1] + 1))]
    spots = np.array(corners, dtype=np.float64)
    low, high = spots.min(axis=0), spots.max(axis=0)
    grow = np.maximum((high - low) * terms.margin, 16.0)
    if prompts.box is None:
        grow = np.maximum(grow, terms.least)
    side = terms.side if prompts.box is None or prompts.clicks or prompts.object_strokes else terms.box_side
    (x0, y0), (x1, y1) = low - grow, high + grow
    return _window((x0, y0, x1, y1), height, width, side)


def reaches_border(window: Window, mask: Mask, height: int, width: int) -> bool:
    """Whether the object reaches a border of the window that is not the image's."""
    return bool(
        (mask[:, 0].any() and window.x0 > 0)
        or (mask[0].any() and window.y0 > 0)
        or (mask[:, -1].any() and window.x1 < width)
        or (mask[-1].any() and window.y1 < height)
    )


def narrowed(
    window: Window, mask: Mask, points: list[Point], size: tuple[int, int], terms: GrabCutTerms
) -> Window | None:
    """A window closely round the object and what was pointed at; ``None`` where it would show hardly more."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows) or window.scale >= 1:
        return None
    scale = np.array([(window.x1 - window.x0) / mask.shape[1], (window.y1 - window.y0) / mask.shape[0]])
    corners = np.array([(columns[0], rows[0]), (columns[-1] + 1, rows[-1] + 1)]) * scale + (window.x0, window.y0)
    spots = np.vstack([corners, np.array(points)])
    low, high = spots.min(axis=0), spots.max(axis=0)
    grow = np.maximum((high - low) * terms.closeness, terms.least / 2)
    (x0, y0), (x1, y1) = low - grow, high + grow
    closer = _window((x0, y0, x1, y1), *size, terms.side)
    return closer if closer.scale >= terms.gain * window.scale else None


def widened(window: Window, height: int, width: int, terms: GrabCutTerms) -> Window:
    """A window twice as wide and as high."""
    grow_x, grow_y = (window.x1 - window.x0) / 2, (window.y1 - window.y0) / 2
    corners = (window.x0 - grow_x, window.y0 - grow_y, window.x1 + grow_x, window.y1 + grow_y)
    return _window(corners, height, width, terms.side)


def _window(corners: Box, height: int, width: int, side: int) -> Window:
    x0, y0, x1, y1 = corners
    left, top = max(0, int(np.floor(x0))), max(0, int(np.floor(y0)))
    right, bottom = min(width, int(np.ceil(x1))), min(height, int(np.ceil(y1)))
    return Window(left, top, right, bottom, min(1.0, side / max(right - left, bottom - top)))


def seeds_of(patches: Patches, window: Window, prompts: Prompts) -> Seeds:
    """Prompts as patches. Where object and background were pointed at in one patch, the object has it."""
    inside = np.unique(patches.at(window.points_in([*_clicks(prompts, True), *_strokes(prompts, True)])))
    grounds = np.unique(patches.at(window.points_in([*_clicks(prompts, False), *_strokes(prompts, False)])))
    outside = np.setdiff1d(grounds, inside)
    beyond: Ids = np.zeros(0, dtype=np.int64)
    box = _inside_box(window, prompts.box)
    if box is not None:
        beyond = np.setdiff1d(np.flatnonzero(patches.means(box) < 0.5), inside)
    if prompts.earlier is None or (len(prompts.clicks) == 1 and prompts.box is None):
        return Seeds(inside, outside, beyond)
    height, width = window.shape
    earlier = np.asarray(window.cut(prompts.earlier), dtype=np.float32)
    shares = patches.means(cv2.resize(earlier, (width, height), interpolation=cv2.INTER_AREA))
    news = np.concatenate([inside[shares[inside] < 0.5], outside[shares[outside] >= 0.5]])
    return Seeds(inside, outside, beyond, shares, news)


def spans(mask: Mask, box: Mask, share: float) -> bool:
    """Whether the mask is as wide and as high as ``share`` of the box."""
    return all(int(mask.any(axis=axis).sum()) >= share * int(box.any(axis=axis).sum()) for axis in (0, 1))


def tidy(mask: Mask, objects: npt.NDArray[np.float64], grounds: npt.NDArray[np.float64]) -> Mask:
    """Only the parts that were pointed at (all of them where none was), with small holes filled."""
    if len(objects):
        _, parts = cv2.connectedComponents(mask.astype(np.uint8))
        wanted = set(_values_at(parts, objects)) - {0}
        mask = np.isin(parts, list(wanted))
    count, holes, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    most = _SMALL_HOLE * float(mask.sum())
    rim = set(np.concatenate([holes[0], holes[-1], holes[:, 0], holes[:, -1]]).tolist())
    kept = rim | set(_values_at(holes, grounds)) | {0}
    filled = [one for one in range(1, count) if one not in kept and stats[one, cv2.CC_STAT_AREA] < most]
    return mask | np.isin(holes, filled)


def _values_at(values: npt.NDArray[np.generic], points: npt.NDArray[np.float64]) -> list[int]:
    spots = np.floor(points).astype(np.int64).reshape(-1, 2)
    height, width = values.shape[:2]
    return [int(values[y, x]) for x, y in np.clip(spots, 0, (width - 1, height - 1))]


def _inside_box(window: Window, box: Box | None) -> Mask | None:
    """The box in the small window."""
    if box is None:
        return None
    (x0, y0), (x1, y1) = window.points_in([box[:2], box[2:]]).round().astype(int)
    inside = np.zeros(window.shape, dtype=np.bool_)
    inside[max(0, y0) : max(y1, y0 + 1), max(0, x0) : max(x1, x0 + 1)] = True
    return inside


def _clicks(prompts: Prompts, is_object: bool) -> list[Point]:
    return [(click.x, click.y) for click in prompts.clicks if click.is_object == is_object]


def _strokes(prompts: Prompts, is_object: bool) -> list[Point]:
    """Strokes as points no further apart than two pixels."""
    points: list[Point] = []
    for stroke in prompts.object_strokes if is_object else prompts.background_strokes:
        points.append(stroke[0])
        for (x0, y0), (x1, y1) in itertools.pairwise(stroke):
            steps = max(1, int(np.hypot(x1 - x0, y1 - y0) / 2))
            points += [(x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps) for n in range(1, steps + 1)]
    return points


def _points_of(prompts: Prompts) -> list[Point]:
    every = [point for side in (True, False) for point in (*_clicks(prompts, side), *_strokes(prompts, side))]
    return every if prompts.box is None else [prompts.box[:2], prompts.box[2:], *every]
