"""Ratings and sets of labels on a small real collection: headlines whose emotions ten people rated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.measure import Line
from eval.bench.texts.labelled_texts import Codes, read_rows, vectors_for
from tools.backends.contract import Embedder, Example, Input, Matrix
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.content import UNREAD
from tools.schema import FieldSpec
from tools.statistics import Bools, stratified_folds

EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
FOLDS, DRAWS = 5, 5
_STEPS = (-60.0, -20.0, 20.0, 60.0)
_PRESENT = 20.0
_PEER_C = 20.0


def emotion_lines(folder: Path, embedder: Embedder) -> list[Line]:
    """Means of ten ratings by headline (Snow et al., EMNLP 2008): five steps of valence, and which emotions there are.

    By cross-validation, mean of several ways to cut the folds.
    """
    texts, valence, present = _read(folder)
    vectors = vectors_for(texts, embedder)
    rating = FieldSpec.model_validate({"id": "valence", "kind": "rating", "min": 1, "max": 5})
    several = FieldSpec.model_validate({"id": "emotions", "kind": "multi_choice", "labels": list(EMOTIONS)})
    gaps: dict[str, list[float]] = defaultdict(list)
    for seed in range(DRAWS):
        folds = stratified_folds(valence, FOLDS, np.random.default_rng(seed))
        ours = _out_of_fold(folds, lambda learn, rest: _rate(rating, embedder, vectors, valence, learn, rest))
        theirs = _out_of_fold(folds, lambda learn, rest: _peer_rate(vectors, valence, learn, rest))
        for side, found in (("ours", ours), ("peer", theirs)):
            gaps[f"off {side}"].append(float(np.abs(found - valence).mean()))
            gaps[f"same {side}"].append(float((found == valence).mean()))
        chosen = _out_of_fold(folds, lambda learn, rest: _choose(several, embedder, vectors, present, learn, rest))
        peers = _out_of_fold(folds, lambda learn, rest: _peer_choose(vectors, present, learn, rest))
        gaps["f1 ours"].append(_f1(chosen.astype(np.bool_), present))
        gaps["f1 peer"].append(_f1(peers.astype(np.bool_), present))
    found = {name: float(np.mean(values)) for name, values in gaps.items()}
    return [
        Line("headlines: valence in five steps, same", found["same ours"], "share", found["same peer"], more=True),
        Line("headlines: valence, mean distance", found["off ours"], "share", found["off peer"]),
        Line("headlines: emotions, F1 over all answers", found["f1 ours"], "share", found["f1 peer"], more=True),
    ]


def _read(folder: Path) -> tuple[list[str], Codes, Bools]:
    """(texts, steps of valence (n,), emotions that are there (n, 6))."""
    headlines = {row["item"]: row["headline"] for row in read_rows(folder / "crowd" / "affect_headlines.csv")}
    given: Mapping[tuple[str, str], list[float]] = defaultdict(list)
    for row in read_rows(folder / "crowd" / "affect_ratings.csv"):
        given[row["item"], row["dimension"]].append(float(row["rating"]))
    items = [item for item in headlines if (item, "valence") in given]
    valence = np.array([np.mean(given[item, "valence"]) for item in items])
    present = np.array([[np.mean(given[item, emotion]) >= _PRESENT for emotion in EMOTIONS] for item in items])
    return [headlines[item] for item in items], np.searchsorted(_STEPS, valence).astype(np.int64), present


def _out_of_fold(folds: Codes, answer: Callable[[Codes, Codes], Any]) -> Any:
    """Answers of all rows, each by a model that did not learn from it."""
    parts = [(np.flatnonzero(folds == fold), answer(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)))
             for fold in range(FOLDS)]  # fmt: skip
    joined = np.concatenate([found for _, found in parts])
    return joined[np.argsort(np.concatenate([rows for rows, _ in parts]))]


def _drafts(
    field: FieldSpec, embedder: Embedder, vectors: Matrix, values: Sequence[Any], learn: Codes, rest: Codes
) -> list[Mapping[str, Any]]:
    """Values suggested for the rest by the few-shot classifier."""
    inputs = [Input(int(row), UNREAD, vector=vector) for row, vector in enumerate(vectors)]
    classifier = FewShotClassifier(field, embedder)
    artefact = classifier.fit([Example(inputs[row], values[row], True) for row in learn], [], 1)
    return [draft.value or {} for draft in classifier.predict(artefact, [inputs[row] for row in rest])]


def _rate(field: FieldSpec, embedder: Embedder, vectors: Matrix, steps: Codes, learn: Codes, rest: Codes) -> Codes:
    values = [{"rating": int(step) + 1} for step in steps]
    return np.array([one["rating"] - 1 for one in _drafts(field, embedder, vectors, values, learn, rest)])


def _choose(field: FieldSpec, embedder: Embedder, vectors: Matrix, present: Bools, learn: Codes, rest: Codes) -> Bools:
    values = [{"labels": [EMOTIONS[at] for at in np.flatnonzero(row)]} for row in present]
    drafts = _drafts(field, embedder, vectors, values, learn, rest)
    return np.array([[emotion in one["labels"] for emotion in EMOTIONS] for one in drafts])


def _peer_rate(vectors: Matrix, steps: Codes, learn: Codes, rest: Codes) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=_PEER_C, max_iter=1000).fit(vectors[learn], steps[learn]).predict(vectors[rest])


def _peer_choose(vectors: Matrix, present: Bools, learn: Codes, rest: Codes) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    several = OneVsRestClassifier(LogisticRegression(C=_PEER_C, max_iter=1000))
    return several.fit(vectors[learn], present[learn].astype(int)).predict(vectors[rest])


def _f1(found: Bools, wanted: Bools) -> float:
    """Over all answers together; 1 where there is nothing to find and nothing was found."""
    both, either = int((found & wanted).sum()), int(found.sum() + wanted.sum())
    return 2 * both / either if either else 1.0
