"""What is measured, each in a process of its own: ``python -m eval.bench.parts NAME FOLDER SIZE`` prints JSON."""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.queueing import Queues
from assistant.review import Decision, ReviewDesk
from assistant.store.project import ProjectStore
from eval.bench import peer
from eval.bench.batches import items_only
from eval.bench.corpus import FIELD, NAMES, SCHEMA, labelled_batch, texts_of
from eval.bench.processes import least, run_module
from eval.bench.questions import QUESTIONS
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.filters import ItemFilter
from tools.records import Actor

LEAD = Actor("lea", "lead", "cli", "s")
ANN = Actor("ann", "reviewer", "key", "s-ann")
BATCH = 100_000
OPTIONS = ImportOptions(
    text_column="text", key_column="id", label_columns=(("label", FIELD),), annotator_column="annotator"
)
Found = dict[str, Any]


def import_ours(folder: Path, size: int) -> Found:
    """Read and take in the CSV file; seconds from opening the file to the commit."""
    store = ProjectStore.create(folder / "ours", "ours", SCHEMA, "lea")
    # A served project has read a file before; loading libraries is not what a row costs.
    read_file(folder / "few.csv", SCHEMA, OPTIONS)
    began = time.perf_counter()
    batch = read_file(folder / "items.csv", SCHEMA, OPTIONS)
    parsed = time.perf_counter()
    report = store.take_in(batch, LEAD, {})
    done = time.perf_counter()
    store.close()
    assert report.new == report.labels_taken == size, report
    return {"seconds": done - began, "parse": parsed - began}


def import_peer(folder: Path, size: int) -> Found:
    """The same by sqlite3."""
    return {"seconds": peer.import_csv(folder / "items.csv", folder / "peer.sqlite")}


def fill_ours(folder: Path, size: int) -> Found:
    """A project with ``size`` items and ten answers to each, imported in batches."""
    store = ProjectStore.create(folder / "many", "many", SCHEMA, "lea")
    began = time.perf_counter()
    for first in range(1, size + 1, BATCH):
        store.take_in(labelled_batch(first, min(BATCH, size + 1 - first)), LEAD, {})
    seconds = time.perf_counter() - began
    store.close()
    return {"seconds": seconds}


def fill_peer(folder: Path, size: int) -> Found:
    """The same rows in sqlite3."""
    peer.fill(folder / "many.sqlite", size)
    return {}


def ask_ours(folder: Path, size: int) -> Found:
    """Every question, three times; the least seconds and the answers of each."""
    store = ProjectStore(folder / "many")
    # sql: the database itself is measured
    found = {one.name: _least(partial(store.database.rows, one.ours), 3) for one in QUESTIONS}
    store.close()
    return found


def ask_peer(folder: Path, size: int) -> Found:
    """The same questions to sqlite3, twice."""
    found = {}
    with contextlib.closing(peer.connect(folder / "many.sqlite")) as database:
        for one in QUESTIONS:
            found[one.name] = _least(partial(peer.ask, database, one.peer), 2)
    return found


def serve(folder: Path, size: int) -> Found:
    """Seconds until the next card is there and for finding items, in the project with ten answers an item."""
    store = ProjectStore(folder / "many")
    store.settings.put("overlap", 11, LEAD)
    desk = ReviewDesk(store, Queues(store))
    found: Found = {"first card": _least(lambda: desk.next_cards(ANN, FIELD), 1)[0]}
    found["next card"] = _least(lambda: desk.next_cards(ANN, FIELD), 20)[0]
    filters = {
        "words": ItemFilter(words="refund card"),
        "key": ItemFilter(keys=(f"k{size // 2}",)),
        "column": ItemFilter(meta="split=test"),
        "undecided": ItemFilter(state="undecided"),
        "conflict": ItemFilter(state="conflict"),
        "label": ItemFilter(label=NAMES[3]),
    }
    for name, where in filters.items():
        found[f"filter {name}"] = _least(partial(store.items.find, where), 3)[0]
    store.close()
    return found


def decide_ours(folder: Path, size: int) -> Found:
    """Seconds of each of 200 decisions, from the call to the acknowledgement, and of getting each card."""
    store = ProjectStore.create(folder / "desk", "desk", SCHEMA, "lea")
    store.take_in(items_only(texts_of(np.arange(1, size + 1)).to_pylist()), LEAD, {})
    desk = ReviewDesk(store, Queues(store))
    cards, decisions = [], []
    for number in range(220):
        began = time.perf_counter()
        card = desk.next_cards(ANN, FIELD).cards[0]
        shown = time.perf_counter()
        click = Decision(card.exposure.exposure_id, f"k{number}", "choose", {"label": NAMES[number % 20]})
        desk.decide(ANN, click)
        cards.append(shown - began)
        decisions.append(time.perf_counter() - shown)
    store.close()
    return {"cards": cards[20:], "decisions": decisions[20:]}


def decide_peer(folder: Path, size: int) -> Found:
    """Seconds of each of 200 commits of one review and one audit row in sqlite3: what the disk alone asks for."""
    return {"decisions": peer.commit_rows(folder / "desk.sqlite", 220)[20:]}


def commit_together(folder: Path, size: int) -> Found:
    """Seconds of each of ``size`` commits that thirty threads make at the same time in sqlite3."""
    people = min(30, size)
    return {"decisions": peer.commit_together(folder / "together.sqlite", people, size // people)}


def _least(ask: Callable[[], Any], times: int) -> tuple[float, Any]:
    """The least seconds, and the rows of the answer in an order of their own, where it has rows."""
    best, answer = least(ask, times)
    return best, sorted(map(list, answer), key=str) if isinstance(answer, list) else None


PARTS: dict[str, Callable[[Path, int], Found]] = {
    part.__name__: part
    for part in (
        import_ours,
        import_peer,
        fill_ours,
        fill_peer,
        ask_ours,
        ask_peer,
        serve,
        decide_ours,
        decide_peer,
        commit_together,
    )
}


def run_part(name: str, folder: Path, size: int) -> Found:
    """Run one part in a fresh process; what it found, with its peak memory in megabytes as ``peak``."""
    return run_module("eval.bench.parts", name, str(folder), str(size))


def main() -> None:
    """Run one part in this process."""
    name, folder, size = sys.argv[1:4]
    found = PARTS[name](Path(folder), int(size))
    # Linux counts the peak in KiB, macOS in bytes.
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
