"""Learning again as labels come: in the background, on what people asked for once, and never in the way of a key.

Nothing is learned before a person asked for suggestions or for a sample of a field. From then on, whenever enough new
labels are there or people pause, the same is done again with what is known by now: the queue is chosen anew by the
same strategy, and undecided items near its head get suggestions in a run of their own, whether they had one or not:
who asked for suggestions once has them for what is served next. Both are ordinary runs by the author ``assistant``:
listed, explained and undone like everybody's, and what was undone is not made again from the same labels. What is on a
screen or prefetched keeps its suggestion and its place, because an exposure names the proposal it was issued with.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from assistant.executor import Executor, Outcome
from assistant.jobs import Jobs
from assistant.learning.learner import Learner, LearnerEnded
from assistant.queueing import Queues
from assistant.store.orders import Asked
from assistant.store.people.people import OWN_NAME
from assistant.store.project import LearningState, ProjectStore
from tools.backends.registry import USUAL
from tools.errors import AssistantError
from tools.records import Actor, JsonValue
from tools.sample.strategies import UNCERTAIN
from tools.sentences import count_of

HEAD = 64
"""Undecided items next in the queue that get suggestions anew; more would be stale again before they are seen."""

MOST_QUEUED = 200
"""Items put forward at a time, however many were asked for: the rest of an older queue stands behind them."""

REST = 2.0
"""The pause after learning, in times of how long it took: one core is at most a third of the time at work."""

MOST_REST = 30.0
"""No rest is longer: on a busy machine learning takes long without taking much of it."""

LEARNER = Actor(OWN_NAME, "reviewer", "job", "retraining")
_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5
_SAMPLED_AGAIN = ("auto", *UNCERTAIN)


@dataclass
class _Pending:
    """Labels of a field that nothing was learned from yet."""

    labels: int = 0
    last_at: float = 0.0


class Retraining:
    """One open project's learning in the background; starts nothing before :meth:`begin`."""

    def __init__(
        self,
        store: ProjectStore,
        executor: Executor,
        jobs: Jobs,
        queues: Queues,
        learner: Learner,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` gives seconds, for the pauses."""
        self._store = store
        self._executor = executor
        self._jobs = jobs
        self._queues = queues
        self._learner = learner
        self._clock = clock
        self._pending: dict[str, _Pending] = {}
        self._counting = threading.Lock()
        self._wake = threading.Event()
        self._not_before = 0.0
        self._is_closing = self._is_learning = False
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Watch for labels from now on, in a thread of its own."""
        self._store.learning_state = self.state
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="retraining", daemon=True)
            self._thread.start()

    def note(self, field_id: str) -> None:
        """A label of the field was given or taken back. Returns at once."""
        with self._counting:
            pending = self._pending.setdefault(field_id, _Pending())
            pending.labels += 1
            pending.last_at = self._clock()
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more; what runs is ended by the jobs and the learner."""
        self._is_closing = True
        self._wake.set()

    def join(self) -> None:
        """Wait until the thread is over; call after :meth:`stop`."""
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join()

    def state(self) -> LearningState:
        """What it does at the moment."""
        if self._thread is None or self._is_closing:
            return "off"
        if self._is_learning:
            return "learning"
        return "resting" if self._clock() < self._not_before else "watching"

    def due(self) -> list[str]:
        """Fields of which enough labels are new, or some and people pause; none while it is switched off or resting."""
        settings, now = self._store.settings, self._clock()
        if not settings.get("retrain") or now < self._not_before:
            return []
        enough, quiet = int(settings.get("retrain_after")), float(settings.get("retrain_quiet_seconds"))
        with self._counting:
            return [
                field_id
                for field_id, pending in self._pending.items()
                if pending.labels >= enough or (pending.labels and now - pending.last_at >= quiet)
            ]

    def learn(self, field_id: str) -> list[int]:
        """Choose the queue of a field anew and renew suggestions near its head, as far as somebody asked for either.

        Returns the runs that were made. A learning process that ends on the way is said once, and everything stays.
        """
        with self._counting:
            labels = self._pending.pop(field_id, _Pending()).labels
        began = self._clock()
        runs: list[int] = []
        self._is_learning = True
        try:
            asked = asked_for(self._store, field_id)
            for tool, base in asked.items():
                made = (self._sample if tool == "sample" else self._suggest)(field_id, base, labels)
                if made is not None:
                    self._go_along(made, base)
                    runs.append(made)
        except LearnerEnded as ended:
            self._say_ended(ended)
        except AssistantError as problem:
            _LOG.info("learning from new labels of %s: %s", field_id, problem)
        finally:
            self._is_learning = False
        now = self._clock()
        self._not_before = now + min(MOST_REST, REST * (now - began))
        return runs

    def _sample(self, field_id: str, base: Asked, labels: int) -> int | None:
        if taken_back(self._store, field_id, base)[0]:
            return None
        arguments = dict(base.arguments)
        if "n" in arguments:
            arguments["n"] = min(int(arguments["n"]), MOST_QUEUED)
        outcome = self._again("sample", arguments, base, labels)
        if outcome.result.queue is not None:
            self._queues.reorder(outcome.result.queue.field)
        return outcome.run_id

    def _again(self, tool: str, arguments: Mapping[str, JsonValue], base: Asked, labels: int) -> Outcome:
        """Call the tool; what its run follows is written at once, for whoever undoes that while this one is at work."""
        outcome = self._executor.call(tool, arguments, LEARNER, run=self._learner.run_tool)
        if outcome.run_id is not None:
            because = f"{count_of(labels, 'label')} came in; {base.person} asked for it with run {base.run_id}"
            self._store.runs.add_details(outcome.run_id, {"because": because, "follows": base.run_id})
        return outcome

    def _go_along(self, run_id: int, base: Asked) -> None:
        """What was asked for may have been undone before anybody could know of the run that follows it."""
        withdrawn = self._store.runs.withdrawn()
        if base.run_id in withdrawn and run_id not in withdrawn:
            self._store.reviews.undo([("run", run_id)], LEARNER, reason=f"follows run {base.run_id}")

    def _suggest(self, field_id: str, base: Asked, labels: int) -> int | None:
        unwanted = taken_back(self._store, field_id, base)[1]
        ids = [item_id for item_id in self._near_head(field_id) if item_id not in unwanted]
        if not ids:
            return None
        arguments = {"field": field_id, "items": ", ".join(f"#{one}" for one in ids)}
        outcome = self._again("prelabel", arguments, base, labels)
        if outcome.job_id is None:
            return None
        status = self._jobs.wait(outcome.job_id)
        if status.state == "failed":
            self._say(status.note)
        elif status.state == "done":
            # There are many of these runs, and nobody resumes one that is done.
            self._jobs.forget(status.run_id)
        self._queues.reorder(field_id)
        return outcome.run_id

    def _near_head(self, field_id: str) -> list[int]:
        """Undecided items next in the queue, those in hand left out."""
        overlap = int(self._store.settings.get("overlap"))
        in_hand = [item_id for item_id, field, _, _ in self._store.leases.live() if field == field_id]
        open_main, open_blind = (lane[~np.isin(lane, in_hand)] for lane in self._queues.ahead(field_id, overlap))
        share = float(self._store.settings.get("blind_share"))
        return [*open_main[:HEAD].tolist(), *open_blind[: round(HEAD * share)].tolist()]

    def _say_ended(self, ended: LearnerEnded) -> None:
        if not self._is_closing:
            self._say(str(ended))

    def _say(self, sentence: str) -> None:
        if not self._is_closing:
            _LOG.warning("%s", sentence)
            self._store.notices.add(sentence)

    def _watch(self) -> None:
        while not self._is_closing:
            # Without a new label nothing can become due; with one the pauses have to be watched.
            self._wake.wait(_LOOK_SECONDS if self._pending else None)
            self._wake.clear()
            for field_id in self.due():
                if not self._is_closing:
                    self._guarded(field_id)

    def _guarded(self, field_id: str) -> None:
        try:
            self.learn(field_id)
        except Exception:  # noqa: BLE001 - a defect here must not end the watch, and concerns nobody who labels
            if not self._is_closing:
                _LOG.exception("learning from new labels of %s failed", field_id)


def asked_for(store: ProjectStore, field_id: str) -> dict[str, Asked]:
    """What people asked for that is worth doing again with more labels: at most one ``sample`` and one ``prelabel``.

    The newest run of each tool that stands and is a person's counts: after a random draw or suggestions by a language
    model nothing is done again, because neither learns from labels.
    """
    found = store.orders.asked_for(field_id, but=OWN_NAME)
    active = str(store.settings.get(f"backend.{field_id}") or "")
    return {tool: asked for tool, asked in found.items() if _learns(tool, asked, active)}


def taken_back(store: ProjectStore, field_id: str, base: Asked) -> tuple[bool, frozenset[int]]:
    """(whether an order chosen here was, items whose suggestions were) undone with neither a label nor a wish since.

    The same would be made of the same labels: whoever took it back does not want it until something is known anew.
    """
    return store.orders.taken_back(field_id, base.run_id, OWN_NAME)


def _learns(tool: str, asked: Asked, active: str) -> bool:
    if tool == "sample":
        return asked.arguments.get("strategy", "auto") in _SAMPLED_AGAIN and not asked.arguments.get("like")
    return asked.backend in USUAL and active in ("", asked.backend)
