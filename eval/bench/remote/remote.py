"""Labelling by a remote model that is busy, slow, cut off and wrong: every item and every call accounted for."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from eval.bench.measure import Line, Outcome
from eval.bench.processes import CHECKOUT
from eval.bench.remote.faulty_server import FaultyServer, Manners
from eval.bench.remote.remote_trial import RemoteAccount, RemoteTrial

ITEMS, QUICK_ITEMS = 2000, 120
CONNECTIONS = 16
TIMEOUT = 1.0
# What a question and its answer take, roughly; only to set budgets that are too small at first.
_TOKENS_OF_ONE = 370
_AMPLE = 10**9


def remote(folder: Path, is_quick: bool) -> Outcome:
    """Killed, out of budget, resumed, finished; and undisturbed against a plain pool of threads."""
    items = QUICK_ITEMS if is_quick else ITEMS
    account = _disturbed(folder / "disturbed", items, is_quick)
    rounds = [_undisturbed(folder / f"plain {n}", items) for n in range(1 if is_quick else 2)]
    ours, theirs = min(one[0] for one in rounds), min(one[1] for one in rounds)
    lines = (
        Line("items", items, "count"),
        Line("labelled with what the server said", account.labelled - account.wrong, "count"),
        Line("unread, with a reason", account.unread - account.without_reason, "count"),
        Line("items without exactly one row", account.missing, "count", bar=0),
        Line("rows with a wrong label, state or no reason", account.wrong + account.without_reason, "count", bar=0),
        Line("processes killed", account.kills, "count"),
        Line("pauses for want of budget", account.pauses, "count"),
        Line("calls that the server accepted", account.calls, "count"),
        Line("repeats of a call whose reply was kept", account.repeated, "count", bar=0),
        Line("calls in flight or lost, listed as possibly paid", account.possibly_paid, "count"),
        Line("calls made and not listed", account.unlisted, "count", bar=0),
        Line("moments at which the budget was checked", account.checked_spends, "count"),
        Line("moments with spent + reserved above it", account.overspent, "count", bar=0),
        Line("checks of verify that do not hold", len(account.broken), "count", bar=0),
        Line(f"{items:,} items through {CONNECTIONS} connections", ours, peer=theirs, bar=0.7),
    )
    told = (
        f"undisturbed: {items / ours:,.0f} items/s; the peer {items / theirs:,.0f} items/s with the same requests "
        f"and the same server, its own retries, no log, no budget and no second question",
        *account.broken[:5],
    )
    return Outcome("remote", "openai + 16 threads", lines, told)


def _disturbed(folder: Path, items: int, is_quick: bool) -> RemoteAccount:
    """Two budgets that are too small and one that is enough; processes are killed at random moments in between."""
    chance = random.Random(2026)
    manners = Manners(answer=0.05, busy_every=max(30, items // 8))
    kills = 1 if is_quick else 3
    with FaultyServer(manners) as server:
        trial = RemoteTrial(folder, items, server, TIMEOUT)
        for share in (0.35, 0.7):
            trial.allow(round(items * _TOKENS_OF_ONE * share))
            for _ in range(kills):
                trial.work(kill_after=chance.uniform(0.1, 0.4 if is_quick else 2.5))
                trial.check()
            trial.work()
            trial.check()
        trial.allow(_AMPLE)
        state, _ = trial.work()
        trial.check()
        if state != "done":
            trial.account.broken.append(f"the job ended as {state}")
        trial.close()
    return trial.account


def _undisturbed(folder: Path, items: int) -> tuple[float, float]:
    """(our seconds, the peer's seconds) for the same requests to the same kind of server."""
    manners = Manners()
    with FaultyServer(manners) as server:
        trial = RemoteTrial(folder, items, server, TIMEOUT)
        trial.allow(_AMPLE)
        state, ours = trial.work()
        if state != "done":
            raise RuntimeError(f"the job ended as {state}")
        bodies = [server.seen.bodies[number] for number in sorted(server.seen.bodies)]
    (folder / "bodies.jsonl").write_text("".join(json.dumps(body) + "\n" for body in bodies), encoding="utf-8")
    with FaultyServer(replace(manners)) as server:
        command = [sys.executable, "-m", "eval.bench.remote.remote_peer", str(folder / "bodies.jsonl"), server.address]
        made = subprocess.run(
            [*command, str(CONNECTIONS), str(TIMEOUT)], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )
    return ours, float(made.stdout.split()[0])
