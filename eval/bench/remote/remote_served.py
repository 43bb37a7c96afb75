"""Once against a real server that nobody here wrote: ``transformers serve`` with a tiny model of random weights.

Nothing it says makes sense, which is the point: every item must come out as a row all the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from assistant.store.calls import possibly_paid
from assistant.store.project import ProjectStore
from eval.bench.measure import Line, Outcome
from eval.bench.processes import CHECKOUT
from eval.bench.remote.remote_trial import RemoteTrial
from eval.bench.remote.tiny_llama import save_tiny_llama

ITEMS, QUICK_ITEMS = 2000, 24
ANSWER_TOKENS = 8
READY_SECONDS = 120.0
_NEEDS = ("transformers", "torch", "accelerate", "uvicorn", "fastapi")
_SERVE = "from transformers.cli.transformers import main; main()"


def remote_served(folder: Path, is_quick: bool) -> Outcome:
    """All items through the real server, every one accounted for."""
    missing = missing_packages()
    if missing:
        told = f"{', '.join(missing)} is not installed: pip install 'annotation-assistant[ml,bench]'."
        return Outcome("remote-served", "", (), (told,))
    items = QUICK_ITEMS if is_quick else ITEMS
    model = save_tiny_llama(folder / "tiny-llama")
    with serving(model, folder / "hub") as address:
        trial = RemoteTrial(folder / "project", items, address, timeout=60.0)
        trial.put("remote_answer_tokens", ANSWER_TOKENS)
        trial.allow(10**9)
        state, seconds = trial.work(model=str(model))
    store = ProjectStore(trial.path)
    try:
        # sql: read past the store, which is on trial
        rows = store.database.rows("SELECT item_id, state, problem FROM proposals")
        # sql: read past the store, which is on trial
        replies = store.database.rows("SELECT count(*), count(DISTINCT call_key) FROM replies")[0]
        lost = len(possibly_paid(store.database))
    finally:
        store.close()
    states = Counter(str(row[1]) for row in rows)
    unexplained = sum(row[1] != "ok" and not row[2] for row in rows)
    twice = len(rows) - len({row[0] for row in rows})
    lines = (
        Line("items", items, "count"),
        Line("labelled", states["ok"], "count"),
        Line("unread, with a reason", states["unread"] + states["invalid"] - unexplained, "count"),
        Line("items without exactly one row", items - len(rows) + 2 * twice, "count", bar=0),
        Line("rows that say no reason", unexplained, "count", bar=0),
        Line("jobs that did not end", int(state != "done"), "count", bar=0),
        Line("replies kept", int(replies[0]), "count"),
        Line("replies kept twice", int(replies[0]) - int(replies[1]), "count", bar=0),
        Line("calls possibly paid without a reply", lost, "count"),
        Line("all items", seconds),
    )
    told = (
        f"transformers serve with one layer, 8 wide, random weights; at most {ANSWER_TOKENS} tokens an answer; "
        f"{items / max(seconds, 1e-9):,.1f} items/s"
    )
    return Outcome("remote-served", "", lines, (told, *trial.account.broken[:5]))


def missing_packages() -> list[str]:
    """What the real server needs and is not installed."""
    return [name for name in _NEEDS if importlib.util.find_spec(name) is None]


@contextlib.contextmanager
def serving(model: Path, hub: Path) -> Iterator[str]:
    """The address of ``transformers serve`` with this model, offline, once it says that it is well."""
    hub.mkdir()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    surroundings = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(hub), "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", _SERVE, "serve", str(model), "--host", "127.0.0.1", "--port", str(port)]
    log = (hub.parent / "server.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [*command, "--device", "cpu"], cwd=CHECKOUT, env=surroundings, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        _wait_until_well(process, port, Path(log.name))
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()
        log.close()


def _wait_until_well(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    last = "".join(log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-5:])
    raise RuntimeError(f"transformers serve did not start: {last}")
