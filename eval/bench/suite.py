"""The benchmarks by name. Each gets an empty folder and says what it found."""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from eval.bench.corpus import ANNOTATORS, NAMES, labels_of, texts_of
from eval.bench.crashes.crash import crash
from eval.bench.measure import Line, Outcome
from eval.bench.memory import memory
from eval.bench.page import page
from eval.bench.parts import run_part
from eval.bench.pictures.detect import detect
from eval.bench.pictures.images import images
from eval.bench.questions import QUESTIONS
from eval.bench.remote.remote import remote
from eval.bench.remote.remote_served import remote_served
from eval.bench.remote.replies import replies
from eval.bench.reviewers import reviewers
from eval.bench.segmenting.segment import segment
from eval.bench.texts.prelabel import prelabel
from eval.bench.texts.relations import relations
from eval.bench.texts.retraining import retraining
from eval.bench.texts.sampling import sampling
from eval.bench.texts.selection import selection
from eval.bench.texts.spans import spans

SQLITE = "sqlite3"
MEMORY_MB = 2048
SHOWN_MS = 300


def importing(folder: Path, is_quick: bool) -> Outcome:
    """A CSV file of items with one label each: parsing, checking, ids and storing, against csv and sqlite3."""
    size, rounds = (50_000, 1) if is_quick else (1_000_000, 3)
    ours, theirs = [], []
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        _write_csv(place / "items.csv", size)
        _write_csv(place / "few.csv", 10)
        ours.append(run_part("import_ours", place, size))
        theirs.append(run_part("import_peer", place, size))
    best = min(ours, key=lambda one: one["seconds"])
    peak = max(one["peak"] for one in ours)
    lines = (
        Line(f"import {size:,} rows of CSV", best["seconds"], peer=min(t["seconds"] for t in theirs), bar=4),
        Line("  of it parsing and checking", best["parse"]),
        Line("  of it storing", best["seconds"] - best["parse"]),
        Line("peak memory", peak, "MB", bar=MEMORY_MB),
    )
    said = "from opening the file to the commit: parsing, the same checks of each row, ids, and the same columns of"
    return Outcome("import", SQLITE, lines, (said, "items, exposures and reviews, no index, synced on both sides"))


def _write_csv(target: Path, size: int) -> None:
    """Cells are quoted where they must be: one text in ten has a comma."""
    ids = np.arange(1, size + 1, dtype=np.int64)
    people = ids % 3
    texts = (text.replace(" ", ", ", 1) if n % 10 == 0 else text for n, text in enumerate(texts_of(ids).to_pylist()))
    names = np.array(["ann", "bob", "cleo"])[people].tolist()
    labels = np.array(NAMES)[labels_of(ids, people)].tolist()
    with target.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("id", "text", "label", "split", "annotator"))
        splits = ("test" if n % 5 == 0 else "train" for n in range(size))
        writer.writerows(zip((f"k{n}" for n in range(1, size + 1)), texts, labels, splits, names, strict=True))


def aggregates(folder: Path, is_quick: bool) -> Outcome:
    """Counting over ten answers an item, and what a page asks for in the same project."""
    size = 50_000 if is_quick else 1_000_000
    filled = run_part("fill_ours", folder, size)
    run_part("fill_peer", folder, size)
    asked, theirs, served = (run_part(name, folder, size) for name in ("ask_ours", "ask_peer", "serve"))
    lines = [Line(q.name, asked[q.name][0], "ms", peer=theirs[q.name][0], bar=20) for q in QUESTIONS]
    peak = max(one["peak"] for one in (filled, asked, served))
    barred = {"next card": SHOWN_MS, "filter words": SHOWN_MS, "filter key": SHOWN_MS, "filter column": SHOWN_MS}
    lines += [Line(name, float(served[name]), "ms", bar=barred.get(name)) for name in served if name != "peak"]
    lines += [Line("peak memory", peak, "MB", bar=MEMORY_MB)]
    differing = [q.name for q in QUESTIONS if asked[q.name][1] != theirs[q.name][1]]
    lines += [Line("questions with different answers", len(differing), "count", bar=0)]
    told = f"{size * ANNOTATORS:,} reviews of {size:,} items, imported in {filled['seconds']:.0f} s"
    return Outcome("aggregates", SQLITE, tuple(lines), (told, *differing))


def deciding(folder: Path, is_quick: bool) -> Outcome:
    """How long a decision takes until it is acknowledged, in a project with many items."""
    size = 50_000 if is_quick else 1_000_000
    ours, theirs = run_part("decide_ours", folder, size), run_part("decide_peer", folder, size)
    lines = []
    for name, seconds in (("card", ours["cards"]), ("decision", ours["decisions"])):
        peer = theirs["decisions"] if name == "decision" else None
        lines.append(Line(f"{name}, median", statistics.median(seconds), "ms", peer and statistics.median(peer)))
        lines.append(Line(f"{name}, 95 of 100 below", _p95(seconds), "ms", peer and _p95(peer)))
    said = f"{size:,} items; sqlite3 commits the two rows alone, without checks, queue and audit chain"
    return Outcome("decide", SQLITE, tuple(lines), (said,))


def _p95(seconds: Any) -> float:
    return float(np.quantile(seconds, 0.95))


BENCHES: dict[str, Callable[[Path, bool], Outcome]] = {  # kinds: names of benches
    "import": importing,
    "aggregates": aggregates,
    "decide": deciding,
    "crash": crash,
    "reviewers": reviewers,
    "memory": memory,
    "page": page,
    "retraining": retraining,
    "prelabel": prelabel,
    "images": images,
    "detect": detect,
    "sampling": sampling,
    "selection": selection,
    "segment": segment,
    "spans": spans,
    "relations": relations,
    "remote": remote,
    "remote-served": remote_served,
    "replies": replies,
}
