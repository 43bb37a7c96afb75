"""How good suggestions are on real texts: by number of labels, calibration, foreign texts, and what can be accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from eval.bench.measure import Line, Outcome
from eval.bench.texts.labelled_texts import (
    DataMissing,
    TextSet,
    clinc150,
    clinc_domain,
    disaster_tweets,
    entailment,
    offensive_tweets,
    rt_polarity,
    sample_folder,
)
from eval.bench.texts.prelabel_ratings import emotion_lines
from eval.bench.texts.prelabel_trials import TARGET, Collection, collect, cover, cover_split, learn, learn_drawn, mean
from eval.bench.texts.prelabel_trials import tell_foreign as foreign_of
from tools.backends.texts.builtin_minilm import MiniLMEmbedder
from tools.errors import BackendMissing

NAMES_BAR = 0.68
SHOTS_BARS = {1: 0.77, 8: 0.90, 16: 0.925}
ECE_BAR, FOREIGN_BAR = 0.03, 0.78
BROKEN_BAR, COVERAGE_BAR = 5, 0.70
PER_LABEL = 10
"""Of 150 intents: 1,500 labels."""

OTHERS: tuple[Callable[[Path], TextSet], ...] = (rt_polarity, disaster_tweets, offensive_tweets, entailment)
OTHERS_PER_LABEL = (8, 50, 250)
SEEDS, SPLITS = 5, 20


def prelabel(folder: Path, is_quick: bool) -> Outcome:
    """CLINC150 (Larson et al., EMNLP 2019) with bars, then the same code once on other collections."""
    try:
        embedder, place = MiniLMEmbedder(), sample_folder()
        texts = clinc_domain(place, "banking") if is_quick else clinc150(place)
        lines = [*_intent_lines(collect(texts, embedder), is_quick)]
        if not is_quick:
            for others in OTHERS:
                lines += _other_lines(collect(others(place), embedder))
            lines += emotion_lines(place, embedder)
    except (DataMissing, BackendMissing) as missing:
        return Outcome("prelabel", "scikit-learn", (), (str(missing),))
    notes = (
        f"{'one seed of' if is_quick else f'mean of {SEEDS} seeds,'} class-complete draws of the train split, judged "
        "on the test split; vectors of builtin:minilm; the unlabelled pool is drawn out of the train split",
        f"coverage: the share accepted so that, with 90 % certainty, at least {TARGET:.0%} of it agrees; the cut is "
        "set on held-out labels alone; splits are random ones of all in-scope texts, judged on those not labelled",
        "the peer is logistic regression on the same vectors, out-of-box but for C = 20, judged by the same folds",
    )
    return Outcome("prelabel", "scikit-learn", tuple(lines), notes)


def _intent_lines(collection: Collection, is_quick: bool) -> Iterator[Line]:
    seeds = range(1 if is_quick else SEEDS)
    test, around = collection.rows("test"), collection.texts.rows("train")
    nothing = test[:0]
    yield _more("names alone", [learn(collection, nothing, nothing, 0).accuracy(test)], NAMES_BAR)
    yield _more("names and unlabelled pool", [learn(collection, nothing, around, s).accuracy(test) for s in seeds])
    for shots, bar in SHOTS_BARS.items():
        what = f"names, pool and {shots} label{'s' * (shots > 1)} for each intent"
        yield _more(what, [learn_drawn(collection, shots, seed).accuracy(test) for seed in seeds], bar)
    drawn = [learn_drawn(collection, PER_LABEL, seed) for seed in seeds]
    labels = f"{PER_LABEL * len(collection.field.labels):,} labels"
    errors = [one.calibration_error(test) for one in drawn]
    yield Line(f"calibration error at {labels}", mean(errors), "share", bar=ECE_BAR)
    foreign = [foreign_of(one) for one in drawn]
    yield _more(f"foreign texts caught at {labels}, 95 % of the others kept", [f.caught for f in foreign], FOREIGN_BAR)
    yield _more("  with the cut set on the labels: others kept", [f.kept_by_cut for f in foreign])
    yield _more("  with the cut set on the labels: foreign texts caught", [f.caught_by_cut for f in foreign])
    splits = [cover_split(collection, PER_LABEL, seed) for seed in range(2 if is_quick else SPLITS)]
    broken = sum(one.is_broken for one in splits)
    yield Line(f"promises broken in {len(splits)} splits at {labels}", broken, "count", bar=BROKEN_BAR)
    yield _more("  coverage, mean", [one.coverage for one in splits], COVERAGE_BAR)
    yield _more("  agreement of what was accepted, mean", [one.agreement for one in splits])
    own = [cover(one, test) for one in drawn]
    yield _more("  the publisher's test split: coverage", [one.coverage for one in own])
    yield _more("  the publisher's test split: agreement", [one.agreement for one in own])


def _other_lines(collection: Collection) -> Iterator[Line]:
    name, test = collection.texts.name, collection.rows("test")
    around, nothing = collection.texts.rows("train"), test[:0]
    yield _more(f"{name}: names alone", [learn(collection, nothing, nothing, 0).accuracy(test)])
    with_pool = [learn(collection, nothing, around, seed).accuracy(test) for seed in range(SEEDS)]
    yield _more(f"{name}: names and unlabelled pool", with_pool)
    for per_label in OTHERS_PER_LABEL:
        drawn = [learn_drawn(collection, per_label, seed) for seed in range(SEEDS)]
        yield _more(f"{name}: {per_label} of each label", [one.accuracy(test) for one in drawn])
    errors, covered = [one.calibration_error(test) for one in drawn], [cover(one, test) for one in drawn]
    yield Line(f"{name}: calibration error at {per_label} of each", mean(errors), "share")
    yield _more(f"{name}: coverage at {TARGET:.0%}", [one.coverage for one in covered])
    yield Line(f"{name}: promises broken in {SEEDS} draws", sum(one.is_broken for one in covered), "count")


def _more(what: str, values: list[float], bar: float | None = None) -> Line:
    return Line(what, mean(values), "share", bar=bar, more=True)
