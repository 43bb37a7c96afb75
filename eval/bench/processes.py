"""Work in processes of its own: measured apart from everything else, or killed in the middle."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
_NOTHING: Mapping[str, str] = {}


def run_module(module: str, *arguments: str) -> dict[str, Any]:
    """Run a module in a fresh process; the JSON object it prints. ``RuntimeError`` with its last words if it fails."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1] if done.stderr else "no reason"
        raise RuntimeError(f"{arguments[0]} failed: {last}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def watch(
    module: str, *arguments: str, seconds: float, surroundings: Mapping[str, str] = _NOTHING
) -> tuple[int, list[str]]:
    """(exit code, lines) of a module in a fresh process, killed so many seconds after its first line; -9 if it was."""
    with _started([sys.executable, "-m", module, *arguments], {**os.environ, **surroundings}) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        ending = threading.Timer(seconds, process.kill)
        ending.start()
        lines = [first, *process.stdout]
        process.wait()
        ending.cancel()
    return process.returncode, lines


@contextlib.contextmanager
def _started(command: Sequence[str], surroundings: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT, env=surroundings)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def least(ask: Callable[[], Any], times: int) -> tuple[float, Any]:
    """The least seconds of several calls, and what the last of them gave."""
    best, answer = float("inf"), None
    for _ in range(times):
        gc.collect()
        began = time.perf_counter()
        answer = ask()
        best = min(best, time.perf_counter() - began)
    return best, answer
