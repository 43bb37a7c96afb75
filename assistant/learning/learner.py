"""The owner's side of the learning process: started when first needed, asked a step at a time, ended at any moment."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.learning.learner_process import PORTS, Order, Surface, Wire, portable
from assistant.view import ProjectView
from tools.backends.learning.threads import thread_count
from tools.context import CallLog, ToolContext
from tools.errors import BackendFailed
from tools.records import Draft
from tools.results import Artefact, Prepared, ToolResult
from tools.spec import ToolArgs, ToolSpec

PROGRAM = (sys.executable, "-m", "assistant.learning.learner_process")
_CHECKOUT = Path(__file__).resolve().parents[2]
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ASSISTANT_THREADS")
_PATIENCE = 0.5


class LearnerEnded(BackendFailed):
    """The learning process ended in the middle of a step; the next step starts it again."""


class Learner:
    """At most one process for one open project; nothing is started before the first step."""

    def __init__(self, program: Sequence[str] = PROGRAM) -> None:
        """``program`` is the command that answers as :mod:`assistant.learning.learner_process` does."""
        self._program = tuple(program)
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: Wire | None = None
        self._step = threading.Lock()
        self._life = threading.Lock()  # held for moments only, so that closing never waits for a step
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """Number of the process while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def run_tool(self, spec: ToolSpec, arguments: ToolArgs, view: ProjectView) -> ToolResult:
        """Run a tool over there; it reads through ``view``."""
        result: ToolResult = self.step("tool", spec.name, view, arguments)
        return result

    def step(self, name: str, tool: str, view: ProjectView, *given: Any) -> Any:
        """Do one step and wait for it; :class:`LearnerEnded` where the process ends before it is done."""
        with self._step:
            wire = self._started()
            try:
                wire.send("order", Order(name, tool, given, surface_of(view)))
                return self._answering(wire, view)
            except (OSError, EOFError, pickle.PickleError) as broken:
                raise LearnerEnded(self._end_words()) from broken

    def close(self) -> None:
        """End the process, whatever it is doing; a step that waits for it fails."""
        with self._life:
            self._is_closed = True
            process = self._process
        if process is not None:
            _end(process)

    def _started(self) -> Wire:
        with self._life:
            if self._is_closed:
                raise LearnerEnded("The project is being closed.")
            if self._process is None or self._wire is None or self._process.poll() is not None:
                if self._process is not None:
                    _end(self._process)
                self._process = self._start()
                assert self._process.stdin is not None and self._process.stdout is not None
                self._wire = Wire(self._process.stdout, self._process.stdin)  # type: ignore[arg-type]
            return self._wire

    def _start(self) -> subprocess.Popen[bytes]:
        threads = str(max(1, thread_count() // 2))
        found = os.pathsep.join(one for one in (str(_CHECKOUT), os.environ.get("PYTHONPATH", "")) if one)
        settings = {**os.environ, **dict.fromkeys(_THREAD_SETTINGS, threads), "PYTHONPATH": found}
        return subprocess.Popen(self._program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=settings)

    def _answering(self, wire: Wire, view: ProjectView) -> Any:
        while True:
            word, value = wire.receive()
            if word == "done":
                return value
            if word == "failed":
                raise value
            try:
                answer = ("value", _read(view, *value))
            except Exception as refused:  # noqa: BLE001 - the other side waits for an answer, whatever happened here
                answer = ("refused", portable(refused))
            wire.send(*answer)

    def _end_words(self) -> str:
        process = self._process
        with contextlib.suppress(subprocess.TimeoutExpired):
            if process is not None:
                process.wait(_PATIENCE)
        code = process.poll() if process is not None else None
        if process is not None:
            _end(process)
        how = "" if code is None else f" (signal {-code})" if code < 0 else f" (exit status {code})"
        return f"The learning process ended unexpectedly{how}; it is started again when there is more to learn."


class WorkElsewhere:
    """The work of a tool, done by the learning process; the owner only reads for it and stores what comes back."""

    def __init__(self, learner: Learner, tool: str) -> None:
        """``tool`` is the name of a tool of the catalogue that learns."""
        self._learner = learner
        self._tool = tool

    def prepare(self, ctx: ToolContext, artefact: Artefact) -> Prepared:
        """Learn over there."""
        prepared: Prepared = self._learner.step("prepare", self._tool, _view(ctx), artefact)
        return prepared

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> tuple[ProjectView, list[int]]:
        """Nothing is read here: the process asks for what it needs."""
        return _view(ctx), list(unit)

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """One draft for each item of the unit."""
        view, unit = payload
        drafts: list[Draft] = self._learner.step("draft", self._tool, view, unit, artefact)
        return drafts


def surface_of(view: ProjectView) -> Surface:
    """What the process need not ask for."""
    return Surface(
        view.schema, view.schema_version, view.actor, view.now, view.seed, dict(view.settings), view.cache.folder
    )


def _view(ctx: ToolContext) -> ProjectView:
    assert isinstance(ctx, ProjectView)
    return ctx


def _read(view: ProjectView, port: str, method: str, arguments: Sequence[Any], named: dict[str, Any]) -> Any:
    if port not in PORTS or method.startswith("_"):
        raise BackendFailed(f"The learning process asked for {port}.{method}, which is not its business.")
    return getattr(view if port == "context" else getattr(view, port), method)(*arguments, **named)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill and collect; there is nothing that it could lose."""
    process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    for stream in (process.stdin, process.stdout):
        # A buffer that could not be written any more complains when it is closed.
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.close()
