"""A process that is made to be killed: it reviews and runs a job, and says so line by line after each acknowledgement.

``python -m eval.bench.crashes.crash_child PROJECT --address URL [--kill POINT --nth N] [--decisions N] [--finish]``
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import get_args

from assistant.executor import Executor
from assistant.jobs import Jobs
from assistant.queueing import Queues
from assistant.review import Decision, ReviewDesk
from assistant.store.file import faults, migrating
from assistant.store.file.migrations import MIGRATIONS, Migration
from assistant.store.project import ProjectStore
from eval.bench.crashes.crash_work import FIELD, LABELS, calling_tool
from tools.records import Actor

REVIEWER = Actor("ann", "reviewer", "key", "s")
LEAD = Actor("lea", "lead", "cli", "s")
POINTS: tuple[str, ...] = get_args(faults.Point)
COMMITS = ("before_commit", "after_commit")
UNDO_EVERY, CHECKPOINT_EVERY = 5, 7
# A step that the program does not know outside of this process; it must leave nothing behind when it is cut off.
# sql: the step that is cut off is one of the shape
EXTRA = Migration(MIGRATIONS[-1].number + 1, "cut off", "CREATE TABLE cut_off (n INTEGER)")


class Killer:
    """Ends the process at the nth time that it reaches a point; for commits, those of decisions only."""

    def __init__(self, point: str, nth: int) -> None:
        """``nth`` counts from 1."""
        self._point = point
        self._left = nth
        self._lock = threading.Lock()
        self.is_deciding = False

    def __call__(self, point: faults.Point) -> None:
        """Count, and end it."""
        main = threading.current_thread() is threading.main_thread()
        if point != self._point or (point in COMMITS and not (main and self.is_deciding)):
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)


def say(*words: object) -> None:
    """One line to whoever watches, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def review(store: ProjectStore, desk: ReviewDesk, killer: Killer, most: int) -> None:
    """Decide card after card; every so often take one back, and fold the log into the file."""
    for number in range(1, most + 1):
        cards = desk.next_cards(REVIEWER, FIELD).cards
        if not cards:
            return
        exposure = cards[0].exposure.exposure_id
        desk.painted(REVIEWER, exposure)
        label, key = random.choice(LABELS), f"{os.getpid()}-{number}"
        killer.is_deciding = True
        receipt = desk.decide(REVIEWER, Decision(exposure, key, "choose", {"label": label}))
        killer.is_deciding = False
        say("ack", receipt.review.review_id, exposure, key, label)
        if number % UNDO_EVERY == 0:
            undone = desk.undo(REVIEWER)
            say("undone", undone.review.review_id)
        if number % CHECKPOINT_EVERY == 0:
            # sql: folding the log is one of the moments of the trial
            store.database.checkpoint()


def work(store: ProjectStore, address: str) -> Jobs:
    """Go on with the job that was cut off, or start it."""
    queues, spec = Queues(store), calling_tool()
    assert spec.work is not None
    jobs = Jobs(store, {spec.name: spec.work}, queues.stir)
    if not jobs.resume_interrupted() and not jobs.recent():
        Executor(store, [spec], {}, jobs.start, queues.stir).call(spec.name, {"address": address}, LEAD)
    return jobs


def main() -> None:
    """Open, review and work until the end, or until somebody ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("--address", required=True)
    parser.add_argument("--kill", default="", choices=["", *POINTS])
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--decisions", type=int, default=10_000)
    parser.add_argument("--finish", action="store_true")
    given = parser.parse_args()
    killer = Killer(given.kill, given.nth)
    faults.install(killer)
    if given.kill == "mid_migration":
        vars(migrating)["MIGRATIONS"] = (*MIGRATIONS, EXTRA)
    say("ready")
    store = ProjectStore(given.project)
    jobs = work(store, given.address)
    review(store, ReviewDesk(store, Queues(store)), killer, given.decisions)
    if given.finish:
        for job in jobs.recent():
            say("job", jobs.wait(job.job_id).state)
    jobs.close()
    store.close()
    say("finished")


if __name__ == "__main__":
    main()
