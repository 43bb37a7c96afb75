"""A process that suggests labels by a remote model, made to be killed: it goes on with what is there, or begins.

``python -m eval.bench.remote.remote_child PROJECT --model NAME``, with OPENAI_BASE_URL set; prints ``working`` once the
job runs and ``ended STATE SECONDS`` when it is over.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from assistant.executor import Executor
from assistant.jobs import RESUMABLE, Jobs
from assistant.queueing import Queues
from assistant.store.project import ProjectStore
from tools.prelabel.tool import prelabel
from tools.records import Actor

LEAD = Actor("lea", "lead", "cli", "s")


def say(*words: object) -> None:
    """One line to whoever watches, at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Open, work until the job is over or pauses, close."""
    import openai  # noqa: F401 - loading it is no part of what is measured

    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("--model", default="m")
    given = parser.parse_args()
    store = ProjectStore(given.project)
    queues = Queues(store)
    assert prelabel.work is not None
    jobs = Jobs(store, {prelabel.name: prelabel.work}, queues.stir)
    began = time.monotonic()
    for job in jobs.recent():
        if job.state in RESUMABLE:
            jobs.resume(job.job_id)
    if not jobs.recent():
        starter = Executor(store, [prelabel], {}, jobs.start, queues.stir)
        starter.call(prelabel.name, {"backend": f"remote:{given.model}"}, LEAD)
    say("working")
    for job in jobs.recent():
        say("ended", jobs.wait(job.job_id).state, round(time.monotonic() - began, 3))
    jobs.close()
    store.close()


if __name__ == "__main__":
    main()
