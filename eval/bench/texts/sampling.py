"""How many labels each way of sampling needs: same learner, same names, same start for all; only the choice differs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.bench.measure import Line, Outcome
from eval.bench.texts.labelled_texts import (
    OUT_OF_SCOPE,
    DataMissing,
    TextSet,
    clinc150,
    disaster_tweets,
    rt_polarity,
    sample_folder,
    vectors_for,
)
from eval.bench.texts.sampling_runs import Job, Run, Task, play_all
from tools.backends.learning.vectors import unit_rows
from tools.backends.registry import choose_embedder
from tools.results import Figure

SHARE_OF_FULL = 0.95
RATIO = 1.67
"""Random sampling must need so many times the labels of the default: 40 % fewer."""

OTHERS = ("margin", "cluster_margin", "badge", "typical", "least_confident", "entropy", "k_centre")


@dataclass(frozen=True)
class Setting:
    """One set of texts and how long it is sampled; ``seeds`` for default and random, ``few`` for the other ways."""

    name: str
    task: Task
    batch: int
    most: int
    seeds: int
    few: int
    shown: tuple[int, ...]


def sampling(folder: Path, is_quick: bool) -> Outcome:
    """Labels to 95 % of the accuracy that all labels give, default against random, and every other strategy."""
    if is_quick:
        return _outcome(folder, [Setting("clusters", _made_up(), 10, 120, 1, 1, (60, 120))])
    try:
        texts = sample_folder()
        settings = [Setting("clinc150", clinc_task(), 50, 2500, 5, 3, (300, 600)), *_smaller(texts)]
    except DataMissing as missing:
        return Outcome("sampling", "random", (), (str(missing),))
    return _outcome(folder, settings)


def clinc_task() -> Task:
    """The 150 intents of CLINC150, train and test; :class:`DataMissing` where the file is absent."""
    return _task(clinc150(sample_folder()), leave_out=OUT_OF_SCOPE)


def _smaller(texts: Path) -> list[Setting]:
    return [
        Setting(found.name, _task(found), 20, 400, 3, 0, (100, 200))
        for found in (rt_polarity(texts), disaster_tweets(texts))
    ]


def _task(found: TextSet, leave_out: str = "") -> Task:
    """Vectors are made of all texts, so that benchmarks of the same file share them."""
    labels = tuple(label for label in found.label_names if label != leave_out)
    code = {label: at for at, label in enumerate(labels)}
    codes = np.array([code.get(label, -1) for label in found.labels], dtype=np.int64)
    embedder = choose_embedder("", found.texts).embedder
    vectors = vectors_for(found.texts, embedder)
    train, test = (np.array([at for at in found.rows(split) if codes[at] >= 0]) for split in ("train", "test"))
    spoken = tuple(found.label_names[label] for label in labels)
    named = embedder.embed_words(list(spoken))
    return Task(vectors[train], codes[train], vectors[test], codes[test], spoken, named)


def _made_up(classes: int = 6, size: int = 900, seed: int = 0) -> Task:
    """Overlapping groups of points, so that the run can be tried without any file."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, 24))
    codes = rng.integers(classes, size=size)
    spread = 1.6 * rng.normal(size=(size, 24))
    rows = unit_rows((centres[codes] + spread).astype(np.float32))
    names = unit_rows((centres + 2 * rng.normal(size=centres.shape)).astype(np.float32))
    cut = size * 2 // 3
    words = tuple(f"group {number}" for number in range(classes))
    return Task(rows[:cut], codes[:cut], rows[cut:], codes[cut:], words, names)


def _outcome(folder: Path, settings: Sequence[Setting]) -> Outcome:
    lines: list[Line] = []
    notes: list[str] = []
    figures: list[Figure] = []
    for at, setting in enumerate(settings):
        place = folder / f"{setting.name}.npz"
        setting.task.save(place)
        (full,) = play_all([Job(str(place), "full", 0, 0, 0, 0.0)])
        enough = SHARE_OF_FULL * full.accuracies[0]
        runs = play_all(_jobs(setting, str(place), enough))
        by_way = {way: [run for run in runs if run.strategy == way] for way in ("auto", "random", *OTHERS)}
        lines += _lines(setting, by_way, full.accuracies[0], has_bar=at == 0)
        notes += [f"{setting.name}: {note}" for note in _notes(by_way, enough)]
        figures += [_figure(setting.name, way, mine, by_way["random"]) for way, mine in by_way.items() if mine]
    notes.append(
        "same learner, label names and start (no labels) for all; [worst .. best seed]; each seed against itself"
    )
    return Outcome("sampling", "random", tuple(lines), tuple(notes), tuple(figures))


def _jobs(setting: Setting, place: str, enough: float) -> list[Job]:
    ways = [*(("random", seed) for seed in range(setting.seeds)), *(("auto", seed) for seed in range(setting.seeds))]
    ways += [(way, seed) for way in reversed(OTHERS) for seed in range(setting.few)]
    return [Job(place, way, seed, setting.batch, setting.most, enough) for way, seed in ways]


def _lines(setting: Setting, by_way: Mapping[str, Sequence[Run]], full: float, has_bar: bool) -> list[Line]:
    enough, name = SHARE_OF_FULL * full, setting.name
    lines = [Line(f"{name}: accuracy with all labels", full, "share", more=True)]
    lower = [mine is None or (other is not None and mine > other) for mine, other in _pairs(by_way, "auto", enough)]
    for way, runs in by_way.items():
        if way == "random" or not runs:
            continue
        pairs = _pairs(by_way, way, enough)
        if not has_bar and any(None in pair for pair in pairs):
            # The notes say who did not get there; a mean over those who did would flatter the others.
            continue
        needed = [setting.most if one is None else one for one, _ in pairs]
        random = [setting.most if other is None else other for _, other in pairs]
        bar = RATIO if way == "auto" and has_bar else None
        what = f"{name}: labels to {SHARE_OF_FULL:.0%} of that, {way}"
        lines.append(Line(what, statistics.mean(needed), "count", statistics.mean(random), bar))
        if way == "auto":
            what = f"{name}: seeds in which auto needs more"
            lines.append(Line(what, sum(lower), "count", bar=0 if has_bar and setting.seeds > 1 else None))
    return lines + [line for count in setting.shown for line in _at(name, count, by_way)]


def _at(name: str, count: int, by_way: Mapping[str, Sequence[Run]]) -> list[Line]:
    """Accuracy at one number of labels, over the seeds whose runs went so far."""
    pairs = [(one.at(count), other.at(count)) for one, other in zip(by_way["auto"], by_way["random"], strict=True)]
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    if len(both) < len(pairs):
        return []
    mine, theirs = (statistics.mean(column) for column in zip(*both, strict=True))
    return [Line(f"{name}: accuracy with {count} labels, auto", mine, "share", theirs, more=True)]


def _pairs(by_way: Mapping[str, Sequence[Run]], way: str, enough: float) -> list[tuple[float | None, float | None]]:
    """Labels needed by one way and by random sampling, seed by seed."""
    random = {run.seed: run for run in by_way["random"]}
    return [(run.labels_for(enough), random[run.seed].labels_for(enough)) for run in by_way[way]]


def _notes(by_way: Mapping[str, Sequence[Run]], enough: float) -> list[str]:
    notes = []
    for way, runs in by_way.items():
        if way == "random" or not runs:
            continue
        pairs = _pairs(by_way, way, enough)
        saved = [1 - one / other for one, other in pairs if one is not None and other is not None]
        missed = len(pairs) - len(saved)
        if saved:
            ends = f"[{min(saved):.0%} .. {max(saved):.0%}]"
            told = f"{way} saves {statistics.mean(saved):.0%} {ends} of the labels over {len(saved)} seeds"
        else:
            told = f"{way} did not reach {enough:.3f}"
        notes.append(told + (f"; {missed} seeds did not get there" if missed and saved else ""))
    return notes


def _figure(name: str, way: str, runs: Sequence[Run], random: Sequence[Run]) -> Figure:
    """Mean share of wrong answers with the range of the seeds, at the counts that every run of a way has."""
    ways = {way: runs, **({"random": random} if way != "random" else {})}
    # All runs begin alike and go on in equal steps, so that the counts of the shorter ones come first in the longer.
    shared = [sorted(set.intersection(*(set(run.counts) for run in mine))) for mine in ways.values()]
    series, bands = {}, {}
    for (one, mine), counts in zip(ways.items(), shared, strict=True):
        columns = [[1 - run.accuracies[run.counts.index(count)] for run in mine] for count in counts]
        series[one] = tuple(statistics.mean(column) for column in columns)
        bands[one] = tuple((min(column), max(column)) for column in columns)
    counts = max(shared, key=len)
    return Figure(f"{name}, {way}", "line", tuple(counts), series, "labels", "wrong answers, share", bands)
