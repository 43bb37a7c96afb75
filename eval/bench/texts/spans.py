"""Spans learned from confirmed ones, on messages with rare names, against the usual recipe; by number of sentences."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.measure import Line, Outcome
from eval.bench.texts import spans_peer
from eval.bench.texts.labelled_texts import DataMissing, sample_folder
from eval.bench.texts.spans_score import Sentence, SpanScore, read_conll, score_spans
from tools.backends.contract import Input
from tools.backends.texts.builtin_spans import CrfSpanTagger
from tools.backends.texts.span_tags import Region, read_regions
from tools.schema import FieldSpec
from tools.statistics import ece_equal_mass

SIZES = (100, 300, 1000)
DRAWS = 3
TOLERANCE = -0.01
LEARNED_S = 60
SECONDS_FOR_500 = 1.0
_QUICK = 150


@dataclass(frozen=True)
class Trial:
    """What one side found: its score, seconds of processor time to learn and to read, and the score of each item."""

    score: SpanScore
    learned_s: float
    read_s: float
    chances: Sequence[float] = ()
    right: Sequence[bool] = ()


def spans(folder: Path, is_quick: bool) -> Outcome:
    """WNUT-17 (Derczynski et al., W-NUT 2017): learn from the training part, judged on the development part."""
    try:
        place = sample_folder() / "ner"
        train, test = read_conll(place / "wnut17_train.conll"), read_conll(place / "wnut17_dev.conll")
    except DataMissing as missing:
        return Outcome("spans", spans_peer.NAME, (), (str(missing),))
    if is_quick:
        train, test = train[:_QUICK], test[:_QUICK]
    sizes = [size for size in SIZES if size < len(train)]
    lines = [line for size in sizes for line in _curve(train, test, size, DRAWS if not is_quick else 1)]
    lines += _whole(train, test)
    notes = [
        f"judged on {len(test):,} sentences with {sum(len(one.regions) for one in test):,} spans; up to "
        f"{SIZES[-1]:,} sentences the mean of {DRAWS} draws, the same sentences for both; F1 over all sentences",
        "strict: same ends and type; partial: an overlap with the right type counts one half (MUC-5)",
        "training and development sentences come from different sites, so scores promise too much there",
        "the peer is given the words as the file cuts them, ours cuts the text itself; seconds are processor time",
    ]
    if not spans_peer.is_installed():
        notes.append(spans_peer.MISSING)
    return Outcome("spans", spans_peer.NAME, tuple(lines), tuple(notes))


def _curve(train: Sequence[Sentence], test: Sequence[Sentence], size: int, draws: int) -> list[Line]:
    """Both F1 at a number of sentences, mean over draws."""
    ours, theirs = [], []
    for seed in range(draws):
        drawn = np.sort(np.random.default_rng(seed).permutation(len(train))[:size])
        part = [train[at] for at in drawn]
        if any(one.regions for one in part):
            ours.append(try_ours(part, test, seed).score)
            theirs += [trial.score for trial in _peer(part, test)]
    return _f1_lines(ours, theirs, f"{size:,} sentences")


def _whole(train: Sequence[Sentence], test: Sequence[Sentence]) -> list[Line]:
    """Both F1 with all sentences, and what they cost."""
    ours, theirs = try_ours(train, test, 0), _peer(train, test)
    lines = _f1_lines([ours.score], [one.score for one in theirs], f"all {len(train):,} sentences")
    lines += [
        Line("learn from them", ours.learned_s, bar=None, peer=theirs[0].learned_s if theirs else None),
        Line("  at most", ours.learned_s, bar=LEARNED_S),
        Line("read the others", ours.read_s, peer=theirs[0].read_s if theirs else None),
        Line("  500 sentences", ours.read_s * 500 / max(1, len(test)), bar=SECONDS_FOR_500),
        Line("calibration error of the items' scores", _gap(ours), "share"),
        Line("  the same where both sides are of one source", _gap(_same_source(train)), "share"),
    ]
    return lines


def _same_source(train: Sequence[Sentence]) -> Trial:
    """Learned from one half of the training sentences (1,000 at most), judged on as many of the others."""
    half = min(len(train) // 2, SIZES[-1])
    mixed = [train[at] for at in np.random.default_rng(0).permutation(len(train)).tolist()]
    return try_ours(mixed[:half], mixed[half : 2 * half], 0)


def _gap(trial: Trial) -> float:
    """Expected calibration error in ten bins of equal size."""
    return ece_equal_mass(np.array(trial.chances), np.array(trial.right, dtype=np.bool_), 10)


def _f1_lines(ours: Sequence[SpanScore], theirs: Sequence[SpanScore], what: str) -> list[Line]:
    lines = []
    by_name: dict[str, Callable[[SpanScore], float]] = {
        "strict": lambda one: one.strict,
        "partial": lambda one: one.partial,
    }
    for name, pick in by_name.items():
        if ours:
            peer = statistics.mean(map(pick, theirs)) if theirs else None
            bar = TOLERANCE if theirs else None
            lines.append(Line(f"{name} F1, {what}", statistics.mean(map(pick, ours)), "share", peer, bar, more=True))
    return lines


def try_ours(train: Sequence[Sentence], test: Sequence[Sentence], seed: int) -> Trial:
    """Learn and read with builtin:spans, through the door that the program uses."""
    labels = sorted({region.label for one in train for region in one.regions})
    field = FieldSpec.model_validate({"id": "names", "kind": "spans", "labels": labels})
    tagger = CrfSpanTagger(field)
    examples = [one.as_example(n) for n, one in enumerate(train, 1)]
    inputs = [Input.of_text(n, one.text) for n, one in enumerate(test, 1)]
    artefact, learned_s = _timed(lambda: tagger.fit(examples, [], seed))
    drafts, read_s = _timed(lambda: tagger.predict(artefact, inputs))
    found = [read_regions((draft.value or {})["spans"]) for draft in drafts]
    wanted = [one.regions for one in test]
    right = [set(some) == set(gold) for some, gold in zip(found, wanted, strict=True)]
    chances = [float(draft.score or 0.0) for draft in drafts]
    return Trial(score_spans(found, wanted), learned_s, read_s, chances, right)


def _peer(train: Sequence[Sentence], test: Sequence[Sentence]) -> list[Trial]:
    """One trial, or none where the peer is missing."""
    if not spans_peer.is_installed():
        return []
    tagger, learned_s = _timed(lambda: spans_peer.learn(train))
    found, read_s = _timed(lambda: spans_peer.find(tagger, test))
    return [Trial(score_spans(found, _wanted(test)), learned_s, read_s)]


def _wanted(test: Sequence[Sentence]) -> list[list[Region]]:
    return [one.regions for one in test]


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds of processor time that it took in this process."""
    began = time.process_time()
    made = work()
    return made, time.process_time() - began
