"""Background jobs: one batch after the other, with progress, pause, cancel and resume after a restart.

What a job has done is what its run has stored, so resuming needs no second book-keeping: items that have a proposal
row of the run are not done again, and calls whose reply arrived are answered from the log.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.batches import computed, left_of
from assistant.job_words import account_of, account_words, job_words
from assistant.learning.learner import Learner, WorkElsewhere
from assistant.store.calls import StoredCalls, budget_from
from assistant.store.people.people import OWN_NAME
from assistant.store.project import ProjectStore
from assistant.view import ProjectView
from tools.errors import AssistantError, Conflict, DiskFull, JobStopped, NotFound, ProjectDamaged, StoppedShort
from tools.records import Actor, Draft, JsonValue, Stopping, to_json
from tools.results import Artefact, WorkPlan
from tools.spec import LearningWork, PatientWork, SteadyWork, ToolSpec, Work
from tools.values import regions_of

LIVE = ("queued", "running")
RESUMABLE = ("queued", "running", "paused", "failed")


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Where a job stands. ``rate_per_s`` and ``seconds_left`` are ``None`` while unknown."""

    job_id: int
    run_id: int
    tool: str
    field: str
    state: str
    done: int
    total: int
    note: str
    rate_per_s: float | None = None
    seconds_left: float | None = None
    account: str = ""
    suggested: int | None = None
    waits_for: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state not in LIVE

    @property
    def words(self) -> str:
        """The same in one sentence, for everybody who is told."""
        # What was learned is news at the beginning only; what is waited for, always.
        note = self.waits_for or ("" if self.state in LIVE and self.done else self.note)
        return job_words(self.state, self.done, self.total, note, self.account, self.rate_per_s, self.seconds_left)


@dataclass
class _Running:
    thread: threading.Thread
    wish: str = ""  # "" go on, "paused" or "cancelled"
    done: int = 0
    began: float = 0.0
    done_at_start: int = 0
    waits_for: str = ""


class Jobs:
    """The jobs of one project, each in a thread of its own; one runs at a time."""

    def __init__(
        self,
        store: ProjectStore,
        works: Mapping[str, Work],
        on_batch: Callable[[], None],
        learner: Learner | None = None,
    ) -> None:
        """``works`` maps a tool's name to how its units become drafts; ``on_batch`` runs after every stored batch.

        With a ``learner`` the jobs that the program started by itself are computed there.
        """
        self._store = store
        self._works = works
        self._on_batch = on_batch
        self._learner = learner
        self._running: dict[int, _Running] = {}
        self._turn = threading.Lock()
        self._steering = threading.Lock()  # held where a wish meets the end of the work it is about
        self._closing = False

    def start(
        self, spec: ToolSpec, plan: WorkPlan, arguments: Mapping[str, JsonValue], actor: Actor
    ) -> tuple[int, int]:
        """Record run and job, then work in the background; returns (run id, job id)."""
        run_id = self._store.runs.start(plan.identity, arguments, plan.field, self._store.schema_version, actor)
        if plan.token_limit is not None:
            self._store.runs.add_details(run_id, {"most_tokens": plan.token_limit})
        save_artefact(self._artefact_place(run_id), plan.artefact)
        job_id = self._store.jobs.add(run_id, spec.name, plan.field, plan.units, plan.size, actor)
        self._launch(job_id)
        return run_id, job_id

    def status(self, job_id: int) -> JobStatus:
        """Where the job stands; :class:`NotFound` if there is none."""
        row = self._store.jobs.row(job_id)
        running = self._running.get(job_id)
        done = running.done if running is not None else len(self._store.runs.drafted(row["run_id"]))
        rate = left = None
        if running is not None and running.done > running.done_at_start:
            rate = (running.done - running.done_at_start) / max(time.monotonic() - running.began, 1e-3)
            left = (row["total"] - done) / rate
        status = JobStatus(
            job_id, row["run_id"], row["tool"], row["field"], row["state"], done, row["total"], row["note"], rate, left
        )
        if status.is_over:
            return self._accounted(status)
        return replace(status, waits_for=running.waits_for) if running is not None else status

    def _accounted(self, status: JobStatus) -> JobStatus:
        account = account_of(self._store.runs.account(status.run_id))
        return replace(status, account=account_words(account), suggested=account.suggested)

    def recent(self, limit: int = 20) -> list[JobStatus]:
        """The newest jobs first."""
        return [self.status(job_id) for job_id in self._store.jobs.newest(limit)]

    def wait(self, job_id: int, timeout: float | None = None) -> JobStatus:
        """Wait until the job is over or the time is up."""
        running = self._running.get(job_id)
        if running is not None:
            running.thread.join(timeout)
        return self.status(job_id)

    def pause(self, job_id: int) -> None:
        """Stop after the batch in hand; it can be resumed."""
        self._wish(job_id, "paused")

    def cancel(self, job_id: int) -> None:
        """Stop after the batch in hand for good; what is stored stays and can be undone with its run."""
        self._wish(job_id, "cancelled")

    def resume(self, job_id: int) -> None:
        """Go on with what is left."""
        with self._steering:
            row = self._store.jobs.row(job_id)
            if row["state"] not in RESUMABLE:
                raise Conflict(f"Job {job_id} is {row['state']}; there is nothing to resume.")
            running = self._running.get(job_id)
            if running is None:
                self._store.jobs.set(job_id, "queued", "")
                self._launch(job_id)
            elif running.wish == "paused":
                running.wish = ""

    def steering(self) -> dict[str, Callable[[int], None]]:
        """What can be done to a job, by name; whether somebody may is asked where they ask for it."""
        return {"pause": self.pause, "resume": self.resume, "cancel": self.cancel}

    def resume_interrupted(self) -> list[int]:
        """Go on with the jobs that were at work when the last process ended; returns their ids."""
        found = [job_id for job_id in self._store.jobs.live() if job_id not in self._running]
        for job_id in found:
            self.resume(job_id)
        return found

    def forget(self, run_id: int) -> None:
        """Remove what a finished run learned: only resuming it would need that."""
        place = self._artefact_place(run_id)
        for one in (place, place.with_suffix(".learned.npz")):
            one.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the batches in hand finish and stop; the jobs stay to be resumed."""
        self._closing = True
        if self._learner is not None:
            self._learner.close()
        for running in list(self._running.values()):
            if running.thread.ident is not None:  # else the signal to end came before it began
                running.thread.join()

    def _wish(self, job_id: int, state: str) -> None:
        with self._steering:
            row = self._store.jobs.row(job_id)
            running = self._running.get(job_id)
            if running is not None:
                running.wish = state
            elif row["state"] in RESUMABLE:
                self._store.jobs.set(job_id, state, "")
            else:
                raise Conflict(f"Job {job_id} is {row['state']} already.")

    def _launch(self, job_id: int) -> None:
        thread = threading.Thread(target=self._work, args=(job_id,), name=f"job-{job_id}", daemon=True)
        self._running[job_id] = _Running(thread)
        thread.start()

    def _work(self, job_id: int) -> None:
        running = self._running[job_id]
        while not self._ends(job_id, running, *self._attempt(job_id, running)):
            pass
        self._on_batch()

    def _attempt(self, job_id: int, running: _Running) -> tuple[str, str]:
        """Work until there is a reason to stop; the state and the note to stop with."""
        is_aside = False
        try:
            row = self._store.jobs.row(job_id)
            is_aside = self._learner is not None and row["person"] == OWN_NAME
            # What is computed elsewhere keeps nobody waiting who asked for something.
            with nullcontext() if is_aside else self._turn:
                return self._run_units(row, running, is_aside)
        except JobStopped:
            # Without a wish it was resumed before it paused, and goes on; or the process ends, and it waits as it is.
            return running.wish or ("" if self._closing else "paused"), ""
        except StoppedShort as stop:
            return "paused", str(stop)
        except AssistantError as error:
            return ("", "") if is_aside and self._closing else ("failed", str(error))
        except Exception as error:  # noqa: BLE001 - a defect must be seen as a failed job, never as one that hangs
            return "failed", f"{type(error).__name__}: {error}"

    def _ends(self, job_id: int, running: _Running, state: str, note: str) -> bool:
        """Write how the work ended; false if a person resumed it in the moment in which it paused."""
        with self._steering:
            if state == "paused" and not note and not running.wish:
                return False
            if state:
                # Without room on the disk the table keeps what it said, and the job can be resumed all the same.
                with suppress(DiskFull, ProjectDamaged, Conflict):
                    self._store.jobs.set(job_id, state, note)
            self._running.pop(job_id, None)
            return True

    def _run_units(self, row: Mapping[str, Any], running: _Running, is_aside: bool) -> tuple[str, str]:
        """Work through what is left; the state the job ends in, ``""`` if the process is closing."""
        job_id, actor = int(row["job_id"]), Actor(row["person"], row["role"], "job", row["session"])
        work = self._works[row["tool"]]
        if is_aside and self._learner is not None and isinstance(work, LearningWork):
            work = WorkElsewhere(self._learner, row["tool"])
        finished = self._store.runs.drafted(row["run_id"])
        calls = self._calls(row, running, len(finished))
        running.done = running.done_at_start = len(finished)
        running.began = time.monotonic()
        self._store.jobs.set(job_id, "running", "")
        artefact = self._prepared(work, job_id, row["run_id"], ProjectView(self._store, actor))
        running.began = time.monotonic()
        units = left_of(json.loads(row["units"]), finished)
        stopped: list[str] = []

        def goes_on() -> bool:
            wish = running.wish
            if wish or self._closing:
                stopped.append(wish)
            return not stopped

        problem: Exception | None = None
        for batch in computed(
            units,
            lambda unit: work.load(ProjectView(self._store, actor), unit, artefact),
            lambda unit, payload: complete(unit, work.compute(payload, artefact, calls), row["field"]),
            work.units_at_once(artefact) if isinstance(work, PatientWork) else 1,
            goes_on,
        ):
            self._keep(row, batch.drafts)
            problem = problem or batch.problem
            finished.update(draft.item_id for draft in batch.drafts)
            running.done = len(finished)
            self._on_batch()
        if problem is not None:
            raise problem
        return (stopped[0], "") if stopped else ("done", self._store.jobs.row(job_id)["note"])

    def _calls(self, row: Mapping[str, Any], running: _Running, finished: int) -> StoredCalls:
        """The log of paid calls for this go at the job; what was announced for it holds for the share that is left."""

        def steer() -> Stopping:
            if self._closing or running.wish == "cancelled":
                return "now"
            return "soon" if running.wish else ""

        def tell(words: str) -> None:
            running.waits_for = words

        most = self._store.runs.settings_of(row["run_id"]).get("most_tokens")
        left = None if most is None else math.ceil(int(most) * (row["total"] - finished) / max(1, row["total"]))
        budget = budget_from(self._store.settings.all())
        return StoredCalls(self._store.database, row["run_id"], budget, left, steer, tell)

    def _prepared(self, work: Work, job_id: int, run_id: int, view: ProjectView) -> Artefact:
        """What the units share: what the plan carried, or what the work learned from it, once for the whole job."""
        planned = self._artefact_place(run_id)
        if not isinstance(work, LearningWork):
            return load_artefact(planned)
        learned = planned.with_suffix(".learned.npz")
        if learned.is_file():
            found = load_artefact(learned)
            if isinstance(work, SteadyWork) and (kept := work.kept(view, found)):
                self._store.jobs.set(job_id, "running", kept)
            return found
        self._store.jobs.set(job_id, "running", "learning from the confirmed answers")
        prepared = work.prepare(view, load_artefact(planned))
        self._store.runs.add_details(run_id, prepared.settings)
        save_artefact(learned, prepared.artefact)
        self._store.jobs.set(job_id, "running", prepared.sentence)
        return prepared.artefact

    def _keep(self, row: Mapping[str, Any], drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        ids = [draft.item_id for draft in drafts]
        texts = dict(zip(ids, self._store.items.texts(ids), strict=True))
        self._store.runs.add_drafts(
            row["run_id"],
            drafts,
            self._store.schema,
            self._store.schema_version,
            texts,
            self._regions(drafts),
            self._store.items.sizes(ids),
            self._store.items.lengths(ids),
        )

    def _regions(self, drafts: Sequence[Draft]) -> dict[int, list[Mapping[str, Any]]] | None:
        """Regions that relations in these drafts may join: what stands on each item, else what was proposed."""
        over = {self._store.schema.field(draft.field).over for draft in drafts} - {""}
        if not over:
            return None
        span_field = over.pop()
        proposed = self._store.runs.latest(span_field, [draft.item_id for draft in drafts])
        regions: dict[int, list[Mapping[str, Any]]] = {}
        for draft in drafts:
            stands = self._store.reviews.annotation(draft.item_id, span_field)
            suggestion = proposed.get(draft.item_id)
            value = stands or (suggestion.draft.value if suggestion else None)
            regions[draft.item_id] = list(regions_of(value))
        return regions

    def _artefact_place(self, run_id: int) -> Path:
        return self._store.path / "artefacts" / f"run_{run_id}.npz"


def complete(unit: Sequence[int], drafts: Sequence[Draft], field: str) -> list[Draft]:
    """Exactly one draft for each item of the unit: what a back-end left out becomes a visible ``unread`` row."""
    by_item: dict[int, Draft] = {}
    for draft in drafts:
        if draft.item_id not in unit or draft.item_id in by_item:
            raise TypeError(f"a back-end returned an unasked or second draft for item {draft.item_id}")
        by_item[draft.item_id] = draft
    missing = "the back-end gave no answer for this item"
    return [by_item.get(one) or Draft(one, field, None, state="unread", problem=missing) for one in unit]


def save_artefact(place: Path, artefact: Artefact) -> None:
    """Write whole or not at all; JSON travels as bytes beside the arrays, nothing is pickled."""
    place.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
    unfinished = place.with_suffix(".tmp")
    text = np.frombuffer(to_json(artefact.json).encode(), dtype=np.uint8)
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, __json__=text, **artefact.arrays)
    unfinished.replace(place)


def load_artefact(place: Path) -> Artefact:
    """What :func:`save_artefact` wrote."""
    try:
        with np.load(place, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files if name != "__json__"}
            return Artefact(json.loads(stored["__json__"].tobytes().decode()), arrays)
    except (OSError, ValueError) as error:
        raise NotFound(f"What the run learned is gone ({place.name}); start the tool again.") from error
