"""Kills at every named point and at random moments, with the account of what was promised and what was there."""

from __future__ import annotations

import random
from pathlib import Path

from eval.bench.crashes.crash_busy import KINDS, BusyAccount, BusyTrial
from eval.bench.crashes.crash_child import POINTS
from eval.bench.crashes.crash_trial import Account, Trial
from eval.bench.measure import Line, Outcome
from eval.bench.remote.counting_server import CountingServer

ITEMS = 600
LATEST = 1.5
# How often a point is passed before the process is ended there; some are passed rarely.
NTH = {"mid_migration": 1, "reply_received": 17, "before_checkpoint": 2, "after_checkpoint": 2}


def crash(folder: Path, is_quick: bool) -> Outcome:
    """200 kills at random moments of reviewing and of a job, and one at each named point."""
    rounds, chance, total = 10 if is_quick else 200, random.Random(2026), Account()
    with CountingServer() as server:
        for point in POINTS:
            trial = Trial(folder / point, 60, server)
            if not trial.work("--kill", point, "--nth", str(NTH.get(point, 4))):
                trial.account.broken.append(f"the process was not killed at {point}")
            trial.check()
            total.add(_finished(trial))
        left, number = rounds, 0
        while left:
            number += 1
            trial = Trial(folder / f"random {number}", ITEMS, server)
            while left and not trial.is_used_up:
                left -= trial.work(kill_after=chance.uniform(0.0, LATEST))
                trial.check()
            total.add(_finished(trial))
    return _outcome(total, rounds, _busy(folder, rounds // 2, chance))


def _busy(folder: Path, rounds: int, chance: random.Random) -> BusyAccount:
    """Kills while everything is done at once, a new project after every twenty."""
    total, trial = BusyAccount(), BusyTrial(folder / "busy 0")
    for number in range(rounds):
        if number and number % 20 == 0:
            total.add(trial.account)
            trial = BusyTrial(folder / f"busy {number}")
        trial.work(chance.uniform(0.1, 3.0), number)
        trial.check()
    total.add(trial.account)
    return total


def _finished(trial: Trial) -> Account:
    """Let the job end undisturbed: every item must be answered, and nothing be asked twice for it."""
    trial.work("--decisions", "3", "--finish")
    trial.check()
    return trial.account


def _outcome(account: Account, rounds: int, busy: BusyAccount) -> Outcome:
    lines = [
        Line("processes killed", account.kills, "count"),
        Line("decisions acknowledged", account.acknowledged, "count"),
        Line("acknowledged and lost", account.lost, "count", bar=0),
        Line("stored twice", account.twice, "count", bar=0),
        Line("stored, the acknowledgement cut off", account.unacknowledged, "count"),
        Line("calls that reached the server", account.calls, "count"),
        Line("replies kept", account.replies, "count"),
        Line("calls repeated after their reply was kept", account.repeated, "count", bar=0),
        Line("calls in flight at a kill, listed as possibly paid", account.possibly_paid, "count"),
        Line("calls in flight at a kill and not listed", account.unlisted, "count", bar=0),
        Line("checks of verify that do not hold", len(account.broken), "count", bar=0),
        Line("killed while everything was done at once", busy.kills, "count"),
        *(Line(f"  {kind}", busy.promised[kind], "count") for kind in KINDS),
        Line("  acknowledged and lost", len(busy.lost), "count", bar=0),
        Line("  stored twice", busy.twice, "count", bar=0),
        Line("  checks that do not hold, backups that are not whole", len(busy.broken), "count", bar=0),
    ]
    notes = (f"{len(POINTS)} kills at named points, {rounds} at random moments", *account.broken[:5])
    notes += (*busy.lost[:5], *busy.broken[:5])
    return Outcome("crash", "", tuple(lines), notes)
