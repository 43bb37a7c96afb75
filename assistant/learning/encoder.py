"""The owner's side of encoding images ahead: what is on the screen first, then what comes next."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.backends.learning.threads import thread_count
from tools.errors import BackendFailed

PROGRAM = (sys.executable, "-m", "assistant.learning.encoder_process")
_CHECKOUT = Path(__file__).resolve().parents[2]
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ASSISTANT_THREADS")
_MOST_AHEAD = 8
_MOST_KNOWN = 5000
_PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class EncodingOrder:
    """An image to be encoded: by which segmenter, the digest and place of its file, the folder of the cache."""

    reference: str
    digest: str
    path: str
    arrays: str


@dataclass(frozen=True, slots=True)
class EncodingState:
    """``ready``, ``encoding`` or ``failed``, for how many seconds, and why."""

    state: str
    seconds: float
    problem: str = ""


class Encoder:
    """At most one process for one open project; nothing is started before the first order."""

    def __init__(self, program: Sequence[str] = PROGRAM) -> None:
        """``program`` answers as :mod:`assistant.learning.encoder_process` does."""
        self._program = tuple(program)
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._asked: dict[EncodingOrder, float] = {}
        self._waiting: list[EncodingOrder] = []
        self._ended: dict[EncodingOrder, EncodingState] = {}
        self._change = threading.Condition()
        self._is_closed = False

    def want(self, order: EncodingOrder, is_urgent: bool = True) -> EncodingState:
        """Have an image encoded; asking again tells how it stands. What is urgent goes before what is only ahead."""
        with self._change:
            known = self._ended.get(order)
            if known is not None and known.state == "ready":
                return known
            if order not in self._asked:
                self._ended.pop(order, None)
                self._enqueue(order, is_urgent)
            elif is_urgent and order in self._waiting:
                self._waiting.remove(order)
                self._waiting.insert(0, order)
            if known is not None:
                return known
            return EncodingState("encoding", time.monotonic() - self._asked[order])

    def wait(self, order: EncodingOrder, timeout: float | None = None) -> EncodingState:
        """Have it encoded and wait until it is, or failed, or the time is up."""
        state = self.want(order)
        with self._change:
            self._change.wait_for(lambda: order in self._ended or self._is_closed, timeout)
            return self._ended.get(order, state)

    def close(self) -> None:
        """End the process, whatever it is doing: what it has not finished is made again when it is wanted."""
        with self._change:
            self._is_closed = True
            self._waiting.clear()
            self._change.notify_all()
        self._end()
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join()

    def _enqueue(self, order: EncodingOrder, is_urgent: bool) -> None:
        self._asked[order] = time.monotonic()
        self._waiting.insert(0 if is_urgent else len(self._waiting), order)
        # A person who leafs through leaves orders behind that nobody needs any more.
        for dropped in self._waiting[_MOST_AHEAD:]:
            self._asked.pop(dropped, None)
        del self._waiting[_MOST_AHEAD:]
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="encoder", daemon=True)
            self._thread.start()
        self._change.notify_all()

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._is_closed)
                if self._is_closed:
                    return
                order = self._waiting.pop(0)
            state = self._encoded(order)
            with self._change:
                self._asked.pop(order, None)
                while len(self._ended) >= _MOST_KNOWN:
                    self._ended.pop(next(iter(self._ended)))
                self._ended[order] = state
                self._change.notify_all()

    def _encoded(self, order: EncodingOrder) -> EncodingState:
        began = time.monotonic()
        try:
            found = self._asked_of_process(order)
        except (OSError, ValueError, BackendFailed) as broken:
            self._end()
            why = "The encoding process ended unexpectedly; it is started again for the next image."
            return EncodingState("failed", time.monotonic() - began, str(broken) if str(broken) == why else why)
        if "problem" in found:
            return EncodingState("failed", time.monotonic() - began, str(found["problem"]))
        return EncodingState("ready", float(found["seconds"]))

    def _asked_of_process(self, order: EncodingOrder) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        line = {"reference": order.reference, "digest": order.digest, "path": order.path, "arrays": order.arrays}
        process.stdin.write(json.dumps(line) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise BackendFailed("The encoding process ended unexpectedly; it is started again for the next image.")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _started(self) -> subprocess.Popen[str]:
        with self._change:
            if self._is_closed:
                raise BackendFailed("The project is being closed.")
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            return self._process

    def _start(self) -> subprocess.Popen[str]:
        found = os.pathsep.join(one for one in (str(_CHECKOUT), os.environ.get("PYTHONPATH", "")) if one)
        settings = {**os.environ, **dict.fromkeys(_THREAD_SETTINGS, str(thread_count())), "PYTHONPATH": found}
        return subprocess.Popen(
            self._program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=settings, text=True, encoding="utf-8"
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
