"""``kill -9`` at any moment: every acknowledged decision is there, none twice, and no answered call is made again.

ASSISTANT_CRASH_ROUNDS sets the number of kills at random moments; ``python -m eval bench crash`` makes 200.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.bench.crashes.crash_busy import BusyTrial
from eval.bench.crashes.crash_child import POINTS
from eval.bench.crashes.crash_trial import Trial
from eval.bench.remote.counting_server import CountingServer

ROUNDS = int(os.environ.get("ASSISTANT_CRASH_ROUNDS", "12"))
NTH = {"mid_migration": 1, "reply_received": 11, "before_checkpoint": 2, "after_checkpoint": 2}


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with CountingServer() as serving:
        yield serving


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_or_paid_twice_when_the_process_is_killed_at(
    point: str, server: CountingServer, tmp_path: Path
) -> None:
    trial = Trial(tmp_path / "project", 40, server)
    assert trial.work("--kill", point, "--nth", str(NTH.get(point, 3)))
    trial.check()
    assert not trial.work("--decisions", "5", "--finish")
    trial.check()
    assert trial.account.holds, trial.account
    assert trial.account.replies == 40


def test_the_click_in_hand_is_all_that_a_kill_before_the_commit_loses(server: CountingServer, tmp_path: Path) -> None:
    trial = Trial(tmp_path / "project", 40, server)
    trial.work("--kill", "before_commit", "--nth", "4")
    trial.check()
    assert (trial.account.acknowledged, trial.account.unacknowledged) == (3, 0)


def test_a_decision_that_was_committed_before_the_kill_is_there_though_nobody_was_told(
    server: CountingServer, tmp_path: Path
) -> None:
    trial = Trial(tmp_path / "project", 40, server)
    trial.work("--kill", "after_commit", "--nth", "4")
    trial.check()
    assert (trial.account.acknowledged, trial.account.unacknowledged) == (3, 1)


@pytest.mark.slow
def test_nothing_is_lost_or_paid_twice_when_the_process_is_killed_at_random_moments(
    server: CountingServer, tmp_path: Path
) -> None:
    chance, trial = random.Random(20), Trial(tmp_path / "project", 30 * ROUNDS, server)
    for _ in range(ROUNDS):
        trial.work(kill_after=chance.uniform(0.0, 1.2))
        trial.check()
    assert not trial.work("--decisions", "0", "--finish")
    trial.check()
    assert trial.account.holds, trial.account
    assert trial.account.kills == ROUNDS
    assert trial.account.replies == 30 * ROUNDS


def test_nothing_is_lost_when_everything_is_done_at_once_and_backups_are_made_in_between(tmp_path: Path) -> None:
    trial = BusyTrial(tmp_path / "busy")
    for seed, point in enumerate(("after_commit", "before_commit", "after_checkpoint")):
        trial.work(120.0, seed, "--kill", point, "--nth", "3" if point == "after_checkpoint" else "40")
        trial.check()
    account = trial.account
    assert (account.lost, account.twice, account.broken) == ([], 0, [])
    assert account.promised["decided"] > 0 and account.kills == 3
