"""Linear-chain conditional random fields: crfsuite learns the weights, numpy reads them.

Method: Lafferty, McCallum and Pereira, ICML 2001; trained by L-BFGS in crfsuite (Okazaki, 2007). Reading is ours, so
that a model is plain arrays, the chance of an answer comes with it, and the tag "O" can be made less likely than
training left it: where most words are outside, the likeliest tags find too few spans.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.errors import BackendMissing
from tools.results import as_bytes, from_bytes

OUTSIDE = "O"
REMEDY = "pip install python-crfsuite"

_NEVER = np.float32(-1e4)
# Cells of a padded batch; a longer text stands alone.
_BATCH_CELLS = 8192
Described = Sequence[Sequence[str]]
"""The attributes of each token of one text."""


@dataclass(frozen=True)
class Settings:
    """How a chain is trained: penalties on the absolute and the squared weights, and the most rounds."""

    c1: float = 0.1
    c2: float = 0.1
    rounds: int = 50
    rarest: int = 1


@dataclass(frozen=True)
class Reading:
    """The tags chosen for a text and the logarithm of their chance."""

    tags: tuple[str, ...]
    log_chance: float


@dataclass(frozen=True)
class Chain:
    """``weights`` (A, L) of attributes by tag, ``moves`` (L, L) from tag to tag; ``rows`` maps attributes to rows."""

    tags: tuple[str, ...]
    rows: Mapping[str, int]
    weights: Matrix
    moves: Matrix

    def emissions(self, text: Described) -> Matrix:
        """Score of every tag at every token, shape (T, L)."""
        made = np.zeros((len(text), len(self.tags)), dtype=np.float32)
        rows: list[int] = []
        starts, filled = [], []
        find = self.rows.get
        for at, attributes in enumerate(text):
            found = [row for row in map(find, attributes) if row is not None]
            if found:
                filled.append(at)
                starts.append(len(rows))
                rows += found
        if rows:
            made[filled] = np.add.reduceat(self.weights[rows], starts, axis=0)
        return made

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays: attributes as the bytes of a JSON list."""
        names = as_bytes([list(self.tags), list(self.rows)])
        return {"names": names, "weights": self.weights, "moves": self.moves}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Chain:
        """The inverse of :meth:`to_arrays`."""
        tags, names = from_bytes(arrays["names"])
        rows = {name: row for row, name in enumerate(names)}
        return cls(tuple(tags), rows, np.asarray(arrays["weights"]), np.asarray(arrays["moves"]))


def fit_chain(texts: Sequence[Described], tags: Sequence[Sequence[str]], settings: Settings) -> Chain:
    """Learn from texts and their tags, one tag a token; texts without tokens are passed over."""
    trainer = _crfsuite().Trainer(verbose=False)
    numbers: dict[str, str] = {}
    for text, given in zip(texts, tags, strict=True):
        if text:
            # crfsuite takes UTF-8 only and a text may hold code points that have none: it gets numbers.
            coded = [[numbers.setdefault(one, str(len(numbers))) for one in attributes] for attributes in text]
            trainer.append(coded, list(given))
    trainer.set_params(
        {
            "c1": settings.c1,
            "c2": settings.c2,
            "max_iterations": settings.rounds,
            "feature.possible_transitions": True,
            "feature.minfreq": settings.rarest,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model.crfsuite"
        trainer.train(str(place))
        reader = _crfsuite().Tagger()
        reader.open(str(place))
        learned = reader.info()
        reader.close()
    return _as_chain(learned, list(numbers))


def _as_chain(learned: Any, attributes: Sequence[str]) -> Chain:
    tags = sorted(learned.labels)
    columns = {tag: at for at, tag in enumerate(tags)}
    used = sorted({int(number) for number, _ in learned.state_features})
    rows = {attributes[number]: row for row, number in enumerate(used)}
    at_row = {str(number): row for row, number in enumerate(used)}
    weights = np.zeros((len(used), len(tags)), dtype=np.float32)
    for (number, tag), weight in learned.state_features.items():
        weights[at_row[number], columns[tag]] = weight
    moves = np.zeros((len(tags), len(tags)), dtype=np.float32)
    for (before, after), weight in learned.transitions.items():
        moves[columns[before], columns[after]] = weight
    for before in tags:
        for after in tags:
            if after.startswith("I-") and before[1:] != after[1:]:
                moves[columns[before], columns[after]] = _NEVER
    return Chain(tuple(tags), rows, weights, moves)


def best_paths(chain: Chain, emissions: Sequence[Matrix], lean: float = 0.0) -> list[Reading]:
    """The likeliest tags of each text, given its (T, L) scores, with the tag "O" made less likely by ``lean``."""
    made: list[Reading] = [Reading((), 0.0)] * len(emissions)
    for members in _batches([len(one) for one in emissions]):
        longest = len(emissions[members[-1]])
        scores = np.zeros((longest, len(members), len(chain.tags)), dtype=np.float64)
        for column, at in enumerate(members):
            scores[: len(emissions[at]), column] = emissions[at]
        lengths = np.array([len(emissions[at]) for at in members])
        _constrain(chain, scores, lean)
        for at, (codes, log_chance) in zip(members, _read(scores, chain.moves, lengths), strict=True):
            made[at] = Reading(tuple(chain.tags[code] for code in codes), log_chance)
    return made


def _constrain(chain: Chain, scores: npt.NDArray[np.float64], lean: float) -> None:
    """Nothing begins inside a span; "O" is pushed down."""
    for code, tag in enumerate(chain.tags):
        if tag.startswith("I-"):
            scores[0, :, code] += _NEVER
        if tag == OUTSIDE:
            scores[:, :, code] -= lean


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts of like length, shortest first; empty texts are left out."""
    batch: list[int] = []
    for at in sorted((at for at, length in enumerate(lengths) if length), key=lambda at: lengths[at]):
        if batch and lengths[at] * (len(batch) + 1) > _BATCH_CELLS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _read(
    scores: npt.NDArray[np.float64], moves: Matrix, lengths: npt.NDArray[np.int64]
) -> Iterator[tuple[list[int], float]]:
    """(tag codes, log chance) of each column of scores (T, B, L): Viterbi and the forward sum side by side."""
    longest, batch, tags = scores.shape
    back = np.zeros((longest, batch, tags), dtype=np.int32)
    best = scores[0].copy()
    total = scores[0].copy()
    for at in range(1, longest):
        running = (lengths > at)[:, None]
        through = best[:, :, None] + moves
        back[at] = through.argmax(axis=1)
        best = np.where(running, through.max(axis=1) + scores[at], best)
        summed = total[:, :, None] + moves
        peak = summed.max(axis=1)
        summed = peak + np.log(np.exp(summed - peak[:, None, :]).sum(axis=1)) + scores[at]
        total = np.where(running, summed, total)
    peak = total.max(axis=1)
    logs = peak + np.log(np.exp(total - peak[:, None]).sum(axis=1))
    for column in range(batch):
        code = int(best[column].argmax())
        codes = [code]
        for at in range(int(lengths[column]) - 1, 0, -1):
            code = int(back[at, column, code])
            codes.append(code)
        yield codes[::-1], min(0.0, float(best[column].max() - logs[column]))


def _crfsuite() -> Any:
    try:
        return import_module("pycrfsuite")
    except ImportError:
        raise BackendMissing("builtin:spans needs crfsuite, which is not installed.", REMEDY) from None
