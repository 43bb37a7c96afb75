"""What all forms of segment-anything share: prompts to points in its square, its numbers to masks.

The networks stand behind :class:`SamNetwork`: transformers' classes, the original package, an ONNX pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tools.backends.contract import BackendIdentity
from tools.backends.masks.contract_images import Encoding, MaskGuess, Pixels, Point, Prompts, ProposalTerms
from tools.backends.masks.mask_proposals import propose_masks
from tools.backends.masks.sam_frame import Floats, Frame

OBJECT, BACKGROUND, TOP_LEFT, BOTTOM_RIGHT, NOTHING = 1.0, 0.0, 2.0, 3.0, -1.0
"""How the prompts of segment-anything are labelled."""

GRID = 256
POINTS_OF_STROKE = 4
_MOST_POINTS = 24


@dataclass(frozen=True)
class Asked:
    """One question to a decoder: points (k, n, 2) in the square with labels (k, n), k masks wanted side by side.

    Corners of a box are points too, labelled ``TOP_LEFT`` and ``BOTTOM_RIGHT``. ``earlier`` are the numbers of a mask
    (grid, grid). ``is_vague`` asks for several masks a question: one click fits a part as well as the whole.
    """

    points: Floats
    labels: Floats
    earlier: Floats | None = None
    is_vague: bool = False


class SamNetwork(Protocol):
    """Encoder and decoder of one network."""

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and settings."""

    @property
    def side(self) -> int:
        """Pixels of the square."""

    @property
    def is_stretched(self) -> bool:
        """Whether an image fills the square."""

    def encode(self, square: Floats) -> Encoding:
        """The encoding of a square (1, 3, side, side)."""

    def decode(self, encoding: Encoding, asked: Asked) -> tuple[Floats, Floats]:
        """Numbers (k, m, grid, grid) and expected overlaps (k, m); m is 1 unless the question is vague."""


class SamSegmenter:
    """A segmenter on one of the networks."""

    is_encoder = True

    def __init__(self, network: SamNetwork) -> None:
        """Keep the network."""
        self._network = network

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and settings."""
        return self._network.identity

    def encode(self, image: Pixels) -> Encoding:
        """The network's view of the image; takes seconds."""
        return self._network.encode(self._frame(image).pixels_in(image))

    def segment(self, image: Pixels, encoding: Encoding, prompts: Prompts) -> list[MaskGuess]:
        """Masks for the prompts, the likeliest first; several for a single click."""
        prompts.check(*image.shape[:2])
        frame = self._frame(image)
        numbers, scores = self._network.decode(encoding, asked_for(prompts, frame))
        order = np.argsort(-scores[0], kind="stable")
        return [frame.guess_of(numbers[0, at], float(np.clip(scores[0, at], 0, 1))) for at in order]

    def propose(self, image: Pixels, encoding: Encoding, terms: ProposalTerms) -> list[MaskGuess]:
        """Masks of whatever is in the image, from a grid of points."""
        frame = self._frame(image)

        def ask(points: Floats) -> tuple[Floats, Floats]:
            labels = np.full((len(points), 1), OBJECT, dtype=np.float32)
            asked = Asked(frame.points_in(points).reshape(-1, 1, 2), labels, is_vague=True)
            return self._network.decode(encoding, asked)

        return propose_masks(frame, ask, terms)

    def _frame(self, image: Pixels) -> Frame:
        return Frame(image.shape[0], image.shape[1], self._network.side, self._network.is_stretched)


def asked_for(prompts: Prompts, frame: Frame) -> Asked:
    """The question that prompts ask; a stroke is asked as a few points along it."""
    objects = [(click.x, click.y) for click in prompts.clicks if click.is_object]
    grounds = [(click.x, click.y) for click in prompts.clicks if not click.is_object]
    objects += _along(prompts.object_strokes, frame)
    grounds += _along(prompts.background_strokes, frame)
    box: list[Point] = [] if prompts.box is None else [prompts.box[:2], prompts.box[2:]]
    if not objects and not box and prompts.earlier is not None:
        box = _bounds(prompts)
    points = [*objects, *grounds, *box]
    labels = [OBJECT] * len(objects) + [BACKGROUND] * len(grounds) + [TOP_LEFT, BOTTOM_RIGHT][: len(box)]
    made = frame.points_in(points)
    if not box:
        # Trained with a point that means nothing wherever there is no box.
        made, labels = np.vstack([made, np.zeros((1, 2), dtype=np.float32)]), [*labels, NOTHING]
    corrects = prompts.earlier is not None and len(points) > 1
    earlier = frame.numbers_of(prompts.earlier, GRID) if corrects and prompts.earlier is not None else None
    is_vague = len(points) == 1
    return Asked(made[None], np.array([labels], dtype=np.float32), earlier, is_vague)


def _bounds(prompts: Prompts) -> list[Point]:
    """Corners of the earlier mask, where it is all there is to say which object is meant."""
    assert prompts.earlier is not None
    rows, columns = np.flatnonzero(prompts.earlier.any(axis=1)), np.flatnonzero(prompts.earlier.any(axis=0))
    return [(float(columns[0]), float(rows[0])), (float(columns[-1] + 1), float(rows[-1] + 1))]


def _along(strokes: tuple[tuple[Point, ...], ...], frame: Frame) -> list[Point]:
    """Points spread over the strokes: more of them say nothing new to the network."""
    every = [point for stroke in strokes for point in stroke]
    wanted = min(len(every), _MOST_POINTS // 2, max(POINTS_OF_STROKE, POINTS_OF_STROKE * len(strokes)))
    return [every[at] for at in np.linspace(0, len(every) - 1, wanted).round().astype(int)] if every else []
