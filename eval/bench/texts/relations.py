"""Relations between two given spans, learned from confirmed ones, against a bag of words with logistic regression."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from eval.bench.measure import Line, Outcome
from eval.bench.texts.labelled_texts import DataMissing, sample_folder
from tools.backends.contract import Example, Input
from tools.backends.texts.builtin_relations import PairRelationTagger
from tools.labels import slug
from tools.schema import FieldSpec
from tools.statistics import ece_equal_mass, stratified_folds

PEER = "bag of words"
OTHER = "Other"
FOLDS = 5
MARGIN = 0.05
_QUICK = 300
_AROUND = 3
Answers = list[str]


@dataclass(frozen=True)
class Row:
    """A sentence with two spans; ``relation`` is directed, as in ``Cause-Effect(e2,e1)``, or ``Other``."""

    text: str
    first: tuple[int, int]
    second: tuple[int, int]
    relation: str


@dataclass(frozen=True)
class Fold:
    """What one side answered about the rows of a fold, and the seconds of processor time it took."""

    answers: Answers
    seconds: float
    chances: Sequence[float] = ()


def relations(folder: Path, is_quick: bool) -> Outcome:
    """SemEval-2010 task 8 (Hendrickx et al.): nine directed relations and none, the spans given, five folds."""
    try:
        rows = read_rows(sample_folder() / "relations" / "semeval2010_task8_train.jsonl")
    except DataMissing as missing:
        return Outcome("relations", PEER, (), (str(missing),))
    rows = rows[:_QUICK] if is_quick else rows
    classes = sorted({row.relation for row in rows})
    codes = np.array([classes.index(row.relation) for row in rows], dtype=np.int64)
    numbers = stratified_folds(codes, FOLDS, np.random.default_rng(0))
    ours, theirs = (_all_folds(rows, numbers, side) for side in (answer_ours, answer_by_words))
    gold = [row.relation for row in rows]
    lines = [
        Line("macro-F1 of the directed classes", *_both(directed_f1, gold, ours, theirs), bar=MARGIN, more=True),
        Line("macro-F1 as the task scored it", *_both(official_f1, gold, ours, theirs), bar=MARGIN, more=True),
        Line("share of right answers", *_both(accuracy, gold, ours, theirs), more=True),
        Line("learn and answer one fold", ours.seconds, peer=theirs.seconds),
        Line("calibration error of the items' scores", _gap(gold, ours), "share"),
    ]
    counted = len({row.relation for row in rows} - {OTHER})
    notes = (
        f"{len(rows):,} sentences, {FOLDS} folds, all answers scored together; {counted} directed classes occur",
        "first line: mean F1 over the directed classes without Other; a class without a right answer counts 0",
        "second line: mean F1 over the nine relations, right only with the right direction, Other left out",
        f"peer: TF-IDF of words and word pairs between the spans and {_AROUND} words around them, the spans included, "
        "and logistic regression, C = 10",
    )
    return Outcome("relations", PEER, tuple(lines), notes)


def _both(
    score: Callable[[Answers, Answers], float], gold: Answers, ours: Fold, theirs: Fold
) -> tuple[float, str, float]:
    return score(gold, ours.answers), "share", score(gold, theirs.answers)


def read_rows(place: Path) -> list[Row]:
    """The sentences; :class:`DataMissing` where the file is absent."""
    if not place.is_file():
        raise DataMissing(f"There is no file {place}.")
    found = []
    for line in place.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        ends = [(int(row[end]["start"]), int(row[end]["end"])) for end in ("e1", "e2")]
        found.append(Row(row["text"], ends[0], ends[1], row["relation"]))
    return found


def directed_f1(gold: Answers, given: Answers) -> float:
    """Mean F1 over the directed classes that occur, without Other."""
    return _mean_f1(gold, given, {name: {name} for name in gold if name != OTHER})


def official_f1(gold: Answers, given: Answers) -> float:
    """Mean F1 over the relations, both directions counted together, right only with the right direction."""
    kinds: dict[str, set[str]] = {}
    for name in (*gold, *given):
        if name != OTHER:
            kinds.setdefault(name.partition("(")[0], set()).add(name)
    return _mean_f1(gold, given, kinds)


def _mean_f1(gold: Answers, given: Answers, groups: Mapping[str, set[str]]) -> float:
    found = []
    for names in groups.values():
        right = sum(one == other and one in names for one, other in zip(gold, given, strict=True))
        total = sum(one in names for one in gold) + sum(one in names for one in given)
        found.append(2 * right / max(1, total))
    return statistics.mean(found)


def accuracy(gold: Answers, given: Answers) -> float:
    """Share of equal answers."""
    return statistics.mean(one == other for one, other in zip(gold, given, strict=True))


def _gap(gold: Answers, ours: Fold) -> float:
    right = np.array([one == other for one, other in zip(gold, ours.answers, strict=True)], dtype=np.bool_)
    return ece_equal_mass(np.array(ours.chances), right, 10)


def _all_folds(
    rows: Sequence[Row], numbers: np.ndarray, side: Callable[[Sequence[Row], Sequence[Row], int], Fold]
) -> Fold:
    """The answers to all rows, each by a model that did not see its fold; mean seconds of a fold."""
    answers, chances, seconds = [OTHER] * len(rows), [0.0] * len(rows), []
    for fold in range(FOLDS):
        held = np.flatnonzero(numbers == fold).tolist()
        rest = np.flatnonzero(numbers != fold).tolist()
        done = side([rows[at] for at in rest], [rows[at] for at in held], fold)
        seconds.append(done.seconds)
        for place, at in enumerate(held):
            answers[at] = done.answers[place]
            chances[at] = done.chances[place] if done.chances else 0.0
    return Fold(answers, statistics.mean(seconds), chances)


def answer_ours(train: Sequence[Row], test: Sequence[Row], seed: int) -> Fold:
    """Learn and answer with builtin:relations, through the door that the program uses."""
    names = sorted({row.relation.partition("(")[0] for row in train} - {OTHER})
    by_id = {slug(name): name for name in names}
    field = FieldSpec.model_validate(
        {
            "id": "joined",
            "kind": "relations",
            "over": "ends",
            "labels": [{"id": i, "name": n} for i, n in by_id.items()],
        }
    )
    began = time.process_time()
    tagger = PairRelationTagger(field)
    artefact = tagger.fit([_example(n, row) for n, row in enumerate(train, 1)], [], seed)
    drafts = tagger.predict(artefact, [_example(n, row).input for n, row in enumerate(test, 1)])
    seconds = time.process_time() - began
    answers = [_directed((draft.value or {})["relations"], by_id) for draft in drafts]
    return Fold(answers, seconds, [float(draft.score or 0.0) for draft in drafts])


def _example(number: int, row: Row) -> Example:
    spans = tuple(
        {"id": name, "start": start, "end": end, "label": "end"}
        for name, (start, end) in (("e1", row.first), ("e2", row.second))
    )
    joined = []
    if row.relation != OTHER:
        name, _, ends = row.relation.partition("(")
        source, target = ends.rstrip(")").split(",")
        joined = [{"id": "r", "label": slug(name), "from": source, "to": target}]
    return Example(Input.of_text(number, row.text, spans), {"relations": joined}, calibrates=True)


def _directed(found: Sequence[Mapping[str, str]], by_id: Mapping[str, str]) -> str:
    if not found:
        return OTHER
    return f"{by_id[found[0]['label']]}({found[0]['from']},{found[0]['to']})"


def answer_by_words(train: Sequence[Row], test: Sequence[Row], seed: int) -> Fold:
    """The peer: words and word pairs between and around the spans, and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.preprocessing import FunctionTransformer

    began = time.process_time()
    parts = [
        make_pipeline(FunctionTransformer(partial(_each, part)), TfidfVectorizer(ngram_range=(1, 2)))
        for part in (between, around)
    ]
    model = make_pipeline(make_union(*parts), LogisticRegression(C=10, max_iter=1000))
    model.fit(train, [row.relation for row in train])
    answers = [str(one) for one in model.predict(test)]
    return Fold(answers, time.process_time() - began)


def _each(part: Callable[[Row], str], rows: Sequence[Row]) -> list[str]:
    return [part(row) for row in rows]


def between(row: Row) -> str:
    """The text from the beginning of the earlier span to the end of the later one."""
    return row.text[min(row.first[0], row.second[0]) : max(row.first[1], row.second[1])]


def around(row: Row) -> str:
    """A few words before and behind."""
    before = row.text[: min(row.first[0], row.second[0])].split()[-_AROUND:]
    return " ".join(before + row.text[max(row.first[1], row.second[1]) :].split()[:_AROUND])
