"""What a key costs while the program learns in the background, beside what it costs while it does not.

One project, one process that owns it; decisions come at the pace of a quick person. Stretches with and without learning
take turns, so that whatever else the machine does falls on both. Where a browser is there, the same is measured from
the key press to the painted card, in a page served by a process of its own.
"""

from __future__ import annotations

import shutil
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from assistant.arrays import DiskArrays
from assistant.review import Decision
from assistant.session import Session
from assistant.store.people.people import OWN_NAME
from assistant.store.project import ProjectStore
from eval.bench.batches import batch_of, items_only
from eval.bench.measure import Line, Outcome
from eval.bench.page import browsing, missing_browser, press_keys, serving
from eval.bench.texts.labelled_texts import OUT_OF_SCOPE, DataMissing, clinc150, sample_folder, vectors_for
from tools.backends.contract import Embedder, Matrix
from tools.backends.learning.embedding import OfTexts
from tools.backends.learning.vectors import vectors_of
from tools.backends.texts.builtin_minilm import MiniLMEmbedder, is_installed
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.content import texts as as_contents
from tools.exchange.batch import LABELS
from tools.records import Actor
from tools.schema import LabelSchema, schema_from_labels

LEAD = Actor("lea", "lead", "cli", "s")
ANN = Actor("ann", "reviewer", "key", "s-ann")
MOST_SLOWER = 2.0
"""With learning a key may take twice as long in the middle of many."""

FIELD = "label"
# A quick person decides a few times in a second at most.
_GAP_SECONDS = 0.1
# In the page learning goes on without its usual rest, so that every key meets it.
_SERVE = (
    "import assistant.retraining as r; r.REST = 0.0; r._LOOK_SECONDS = 0.05; "
    "from assistant.cli.main import main; main()"
)


def retraining(folder: Path, is_quick: bool) -> Outcome:
    """Decisions with and without learning going on at the same time."""
    texts, labels, told = _material(is_quick)
    project = folder / "project"
    _make(project, texts, labels, 5 if is_quick else 10, _embedder(is_quick))
    shutil.copytree(project, folder / "paged")
    rounds, keys = (2, 8) if is_quick else (6, 40)
    with Session.open(project) as session:
        without, during, took = _at_the_desk(session, rounds, keys)
    lines = [
        *_pair("decision until it is on disk", without["decided"], during["decided"]),
        *_pair("next card", without["card"], during["card"]),
    ]
    each = f"{statistics.median(took):.1f} s each in the median"
    notes = [told, f"{len(during['decided'])} decisions each; {len(took)} times learned meanwhile, {each}"]
    missing = missing_browser()
    if missing:
        notes.append(missing)
    else:
        painted, idle, learned = _in_the_page(folder / "paged", 8 if is_quick else 50)
        lines += _pair("key to next card painted, in the page", idle, painted)
        notes.append(f"in the page {len(painted)} keys each; {learned} times learned meanwhile, without a rest")
    return Outcome("retraining", "not learning", tuple(lines), tuple(notes))


def _pair(what: str, without: Sequence[float], during: Sequence[float]) -> list[Line]:
    """Median and 95th of a hundred; the bar is that the ratio without / with is at least 1 / MOST_SLOWER."""
    return [
        Line(f"{what}, median", statistics.median(during), "ms", peer=statistics.median(without), bar=1 / MOST_SLOWER),
        Line("  95 of 100 below", float(np.quantile(during, 0.95)), "ms", peer=float(np.quantile(without, 0.95))),
    ]


def _material(is_quick: bool) -> tuple[list[str], list[str], str]:
    """(texts, labels, what they are): CLINC150 where it is there, else made up."""
    try:
        given = clinc150(sample_folder())
    except DataMissing:
        made = [(f"please {n % 150} the {n % 150} number {n}", f"label {n % 150}") for n in range(12_000)]
        texts, labels, told = [text for text, _ in made], [label for _, label in made], "made-up texts"
    else:
        texts, labels, told = list(given.texts), list(given.labels), "texts of CLINC150"
    if is_quick:
        wanted = sorted(set(labels) - {OUT_OF_SCOPE})[:10]
        kept = [at for at, label in enumerate(labels) if label in wanted]
        texts, labels = [texts[at] for at in kept], [labels[at] for at in kept]
    return texts, labels, f"{len(texts):,} {told}, {len(set(labels) - {OUT_OF_SCOPE})} labels"


def _embedder(is_quick: bool) -> Embedder:
    return NgramEmbedder() if is_quick or not is_installed() else MiniLMEmbedder()


class _Known(OfTexts):
    """An embedder whose vectors were made before; it fills a project's cache as the real one would."""

    def __init__(self, embedder: Embedder, texts: Sequence[str], rows: Matrix) -> None:
        self.reference, self.revision = embedder.reference, embedder.revision
        self.dimension, self.pace = embedder.dimension, embedder.pace
        self._rows = dict(zip(texts, rows, strict=True))

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Shape (n, dimension)."""
        return np.stack([self._rows[text] for text in texts])


def _make(place: Path, texts: Sequence[str], labels: Sequence[str], shots: int, embedder: Embedder) -> None:
    """A project with ``shots`` labels of each class, vectors of all items, suggestions and a sample asked for."""
    schema = schema_from_labels(sorted(set(labels) - {OUT_OF_SCOPE}))
    store = ProjectStore.create(place, "learning", schema, LEAD.person)
    for key, value in {"backend.embedder": embedder.reference, "retrain": False}.items():
        store.settings.put(key, value, LEAD)
    report = store.take_in(batch_of(items_only(texts).items, _given(schema, labels, shots), "bench"), LEAD, {})
    assert report.labels_taken == shots * len(schema.fields[0].labels)
    ids = store.items.all_ids()
    known = _Known(embedder, texts, vectors_for(list(texts), embedder))
    vectors_of(DiskArrays(place / "cache" / "arrays"), known, ids, as_contents(texts))
    store.close()
    with Session.open(place) as session:
        session.executor.call("sample", {"n": 500}, LEAD)
        outcome = session.executor.call("prelabel", {"limit": 2000}, LEAD)
        assert outcome.job_id is not None
        assert session.jobs.wait(outcome.job_id).state == "done"


def _given(schema: LabelSchema, labels: Sequence[str], shots: int) -> pa.Table:
    """The first ``shots`` of every class as labels that were given independently."""
    ids = {label.name: label.id for label in schema.fields[0].labels}
    left = dict.fromkeys(ids, shots)
    rows = []
    for row, label in enumerate(labels, start=1):
        if left.get(label):
            left[label] -= 1
            rows.append((row, f'{{"label":"{ids[label]}"}}'))
    usual = {
        "field": FIELD,
        "annotator": "ann",
        "verdict": "choose",
        "decided_at": None,
        "exposure": "imported_independent",
        "reason": "",
    }
    return pa.Table.from_pylist([{**usual, "row": row, "value": value} for row, value in rows], schema=LABELS)


def _at_the_desk(
    session: Session, rounds: int, keys: int
) -> tuple[dict[str, list[float]], dict[str, list[float]], list[float]]:
    """(seconds without, seconds with learning, seconds of each learning), in stretches that take turns."""
    without: dict[str, list[float]] = {"card": [], "decided": []}
    during: dict[str, list[float]] = {"card": [], "decided": []}
    took: list[float] = []
    _decide(session, 10, {"card": [], "decided": []})
    for _ in range(rounds):
        _decide(session, keys, without)
        with _learning(session, took):
            _decide(session, keys, during)
    return without, during, took


@contextmanager
def _learning(session: Session, took: list[float]) -> Iterator[None]:
    """Learning goes on, one time after the other, for as long as the block runs; ``took`` gets the seconds of each."""
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            session.retraining.learn(FIELD)
            took.append(time.perf_counter() - began)

    thread = threading.Thread(target=go_on)
    thread.start()
    # The first step starts the process; what is measured is learning, not starting.
    while session.learner.pid is None:
        time.sleep(0.05)
    yield
    stop.set()
    thread.join()


def _decide(session: Session, count: int, seconds: dict[str, list[float]]) -> None:
    for _ in range(count):
        began = time.perf_counter()
        card = session.desk.next_cards(ANN, FIELD).cards[0]
        shown = time.perf_counter()
        value: dict[str, Any] = dict(card.suggestion.draft.value or {}) if card.suggestion else _any_value(session)
        exposure = card.exposure.exposure_id
        session.desk.decide(ANN, Decision(exposure, f"k{exposure}", "choose", value))
        seconds["card"].append(shown - began)
        seconds["decided"].append(time.perf_counter() - shown)
        time.sleep(_GAP_SECONDS)


def _any_value(session: Session) -> dict[str, Any]:
    return {"label": session.schema.fields[0].labels[0].id}


def _in_the_page(project: Path, keys: int) -> tuple[list[float], list[float], int]:
    """(seconds with, seconds without, how often it learned), key press to painted card, in two browser windows."""
    idle = _pressed(project, keys, {"retrain": False})
    before = _learned(project)
    painted = _pressed(project, keys, {"retrain": True, "retrain_after": 1, "retrain_quiet_seconds": 1})
    return painted, idle, _learned(project) - before


def _pressed(project: Path, keys: int, settings: dict[str, Any]) -> list[float]:
    store = ProjectStore(project)
    for key, value in settings.items():
        store.settings.put(key, value, LEAD)
    store.close()
    with serving(project, _SERVE) as address, browsing(address) as tab:
        # The first keys wake everything up, the learning process too.
        press_keys(tab, 12)
        tab.wait_for_timeout(3000)
        found = press_keys(tab, keys)
    return [one / 1000 for one in found["painted"][-keys:]]


def _learned(project: Path) -> int:
    store = ProjectStore(project)
    # sql: counted past the store
    rows = store.database.rows("SELECT count(*) FROM runs WHERE actor = ? AND tool = 'prelabel'", [OWN_NAME])
    store.close()
    return int(rows[0][0])
