"""Thirty people at one served project: how long a decision takes until it is acknowledged, and whether all are kept.

The server, the people and the peer are processes of their own. After the last decision the server is killed, the
project opened again, and every acknowledgement compared with what is stored.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.store.checks.verify import verify
from assistant.store.project import ProjectStore
from eval.bench.batches import items_only
from eval.bench.corpus import SCHEMA, texts_of
from eval.bench.measure import Line, Outcome
from eval.bench.parts import run_part
from eval.bench.processes import run_module
from eval.bench.reviewers_child import PASSWORD, name_of
from tools.records import Actor

P95_MS = 150
PEOPLE, DECISIONS = 30, 40
# With no pause at all each asks as soon as the last answer is there; with one they are quick people.
PAUSES = (0.0, 0.5)
_SERVE = "from assistant.cli.main import main; main()"
_LEAD = Actor("lea", "lead", "cli", "s")
_PORT = 7990


def reviewers(folder: Path, is_quick: bool) -> Outcome:
    """30 people decide 40 cards each, without a pause and with one."""
    people, decisions = (4, 5) if is_quick else (PEOPLE, DECISIONS)
    peer = np.array(run_part("commit_together", folder, people * decisions)["decisions"])
    lines: list[Line] = []
    notes = ["sqlite3 commits the two rows alone from as many threads, WAL, synchronous FULL"]
    for pause in PAUSES:
        place = folder / f"pause {pause}"
        make_project(place, people, people * decisions * 2)
        found = run_people(place, people, decisions, pause)
        lines += _lines(found, peer, pause)
        notes += _notes(found, pause)
        lines += check(place, found["acknowledged"])
    return Outcome("reviewers", "sqlite3", tuple(lines), tuple(notes))


def make_project(place: Path, people: int, items: int) -> None:
    """A project with texts and people who may sign in."""
    store = ProjectStore.create(place, "reviewers", SCHEMA, "lea")
    store.take_in(items_only(texts_of(np.arange(1, items + 1)).to_pylist()), _LEAD, {})
    for number in range(people):
        store.users.add(name_of(number), "reviewer", PASSWORD, _LEAD)
    store.close()


def run_people(place: Path, people: int, decisions: int, pause: float) -> dict[str, Any]:
    """Serve the project and let everybody work; the server is killed when the last has its answer."""
    with served(place) as (address, server):
        before = processor_seconds(server)
        given = (address, str(people), str(decisions), str(pause))
        found = run_module("eval.bench.reviewers_child", *given)
        found["server"] = processor_seconds(server) - before
        found["peak"] = peak_megabytes(server)
    found["load"] = os.getloadavg()[0]
    return found


@contextlib.contextmanager
def served(place: Path) -> Iterator[tuple[str, int]]:
    """Address and process of a project that a process of its own serves until it is killed."""
    surroundings = {**os.environ, "ASSISTANT_WARM_UP": "0", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", _SERVE, "serve", str(place), "--port", str(_PORT)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings)
    try:
        assert child.stdout is not None
        address = next((line for line in child.stdout if "http://" in line), "")
        if not address:
            raise RuntimeError("The page did not start.")
        # The line comes a moment before the server listens.
        time.sleep(2.0)
        yield address[address.index("http://") :].strip(), child.pid
    finally:
        child.kill()
        child.wait()


def processor_seconds(process: int) -> float:
    """What a running process has used so far; 0 where the system does not tell (it is read from /proc)."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(process: int, what: str) -> float:
    """A line of /proc/PID/status in megabytes; 0 where there is none."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(what)), 0.0)


def peak_megabytes(process: int) -> float:
    """The most memory that a running process held at any time."""
    return megabytes(process, "VmHWM:")


def check(place: Path, acknowledged: Sequence[Sequence[Any]]) -> list[Line]:
    """Open what the kill left behind and compare it with what was promised."""
    store = ProjectStore(place)
    try:
        # sql: read past the store, which is on trial
        rows = store.database.rows("SELECT review_id, exposure_id, idempotency_key, label, item_id FROM reviews")
        broken = [one.name for one in verify(store.database) if not one.holds]
    finally:
        store.close()
    found = {(int(row[0]), int(row[1]), row[2], row[3]) for row in rows}
    lost = sum((int(a[0]), int(a[1]), a[2], a[3]) not in found for a in acknowledged)
    twice = sum(number - 1 for number in Counter(row[4] for row in rows).values())
    return [
        Line("  acknowledged and lost", lost, "count", bar=0),
        Line("  items decided twice", twice, "count", bar=0),
        Line("  checks of verify that do not hold", len(broken), "count", bar=0),
    ]


def _lines(found: dict[str, Any], peer: Any, pause: float) -> list[Line]:
    decide, how = found["seconds"]["decide"], "no pause" if not pause else f"{pause:g} s of reading"
    return [
        Line(f"decision, {how}: median", statistics.median(decide), "ms", peer=float(np.median(peer))),
        Line("  19 of 20 below", _p95(decide), "ms", bar=P95_MS),
        Line("  19 of 20 below, against", _p95(decide), "ms", peer=_p95(peer)),
        Line("  longest", max(decide), "ms", peer=float(peer.max())),
        Line("  cards ahead, 19 of 20 below", _p95(found["seconds"]["next"]), "ms"),
        Line("  requests refused", len(found["errors"]), "count", bar=0),
        Line("  peak memory of the server", found["peak"], "MB"),
    ]


def _notes(found: dict[str, Any], pause: float) -> list[str]:
    wall = found["wall"]
    count = len(found["acknowledged"])
    told = f"pause {pause:g} s: {count} decisions in {wall:.1f} s, processor: server {found['server'] / wall:.2f} "
    told += f"of a core, those who ask {found['processor'] / wall:.2f}; load average {found['load']:.1f}"
    return [told, *found["errors"][:3]]


def _p95(seconds: Any) -> float:
    return float(np.quantile(seconds, 0.95))
