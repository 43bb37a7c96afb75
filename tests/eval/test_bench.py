"""The benchmarks measure what they say: both sides hold the same rows, and a broken promise is noticed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from assistant.store.project import ProjectStore
from eval import __main__ as command
from eval.bench import parts, suite
from eval.bench.corpus import ANNOTATORS
from eval.bench.crashes.crash_trial import Trial
from eval.bench.measure import Line, Outcome
from eval.bench.questions import QUESTIONS
from eval.bench.remote.counting_server import CountingServer

SIZE = 300


@pytest.mark.parametrize(
    ("line", "met"),
    [
        (Line("a", 1.0, peer=4.0, bar=4), True),
        (Line("a", 1.0, peer=3.9, bar=4), False),
        (Line("a", 0.299, "ms", bar=300), True),
        (Line("a", 0.301, "ms", bar=300), False),
        (Line("a", 3, "count", bar=0), False),
        (Line("a", 1.0, peer=0.1), None),
        (Line("a", 0.8, "share", bar=0.8, more=True), True),
        (Line("a", 0.79, "share", bar=0.8, more=True), False),
        (Line("a", 0.74, "share", peer=0.75, bar=-0.01, more=True), True),
        (Line("a", 0.79, "share", peer=0.75, bar=0.05, more=True), False),
    ],
)
def test_a_bar_is_a_ratio_with_a_peer_and_a_limit_without(line: Line, met: bool | None) -> None:
    assert line.is_met is met


def test_a_small_run_keeps_only_the_bars_that_no_size_can_excuse() -> None:
    outcome = Outcome("x", "peer", (Line("slow", 9.0, peer=1.0, bar=4), Line("lost", 1, "count", bar=0)))
    assert [line.is_met for line in outcome.without_bars().lines] == [None, False]


def test_the_table_names_the_peer_and_says_what_was_missed() -> None:
    text = Outcome("x", "sqlite3", (Line("import", 2.0, peer=4.0, bar=4),), ("a note",)).text()
    assert "sqlite3" in text and "2.0×" in text and "NO" in text and "a note" in text


@pytest.mark.parametrize("later", ["run", "compare", "report"])
def test_what_does_not_exist_yet_says_so(later: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([later]) == 2
    assert "does not exist yet" in capsys.readouterr().err


def test_an_unknown_benchmark_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["bench", "speed"]) == 2
    assert "import, aggregates, decide, crash" in capsys.readouterr().err


def test_what_was_found_is_written_as_json_and_a_missed_bar_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(folder: Path, is_quick: bool) -> Outcome:
        return Outcome("slow", "peer", (Line("a", 2.0, peer=1.0, bar=4),))

    monkeypatch.setattr(suite, "BENCHES", {"slow": slow})
    assert command.main(["bench", "--json", str(tmp_path / "out.json")]) == 1
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["benches"][0]["lines"][0] == {
        "what": "a", "ours": 2.0, "unit": "s", "peer": 1.0, "ratio": 0.5, "bar": 4,
        "more": False, "met": False
    }  # fmt: skip


def rows_of(path: Path, sql: str) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def test_both_sides_of_the_import_hold_the_same_rows(tmp_path: Path) -> None:
    for name, size in (("items.csv", SIZE), ("few.csv", 10)):
        suite._write_csv(tmp_path / name, size)
    parts.import_ours(tmp_path, SIZE)
    parts.import_peer(tmp_path, SIZE)
    items = "SELECT item_id, key, text, meta, source_row FROM items ORDER BY 1"
    reviews = "SELECT review_id, exposure_id, item_id, reviewer, verdict, value, label, answer FROM reviews ORDER BY 1"
    exposures = "SELECT exposure_id, item_id, field, reviewer, kind FROM exposures ORDER BY 1"
    store = ProjectStore(tmp_path / "ours")
    try:
        for sql in (items, reviews, exposures):
            assert store.database.rows(sql) == rows_of(tmp_path / "peer.sqlite", sql)
    finally:
        store.close()


def test_both_sides_of_the_aggregates_give_the_same_answers(tmp_path: Path) -> None:
    parts.fill_ours(tmp_path, SIZE)
    parts.fill_peer(tmp_path, SIZE)
    ours, theirs = parts.ask_ours(tmp_path, SIZE), parts.ask_peer(tmp_path, SIZE)
    for question in QUESTIONS:
        assert ours[question.name][1] == theirs[question.name][1]
    assert sum(row[-1] for row in ours["label histogram"][1]) == SIZE * ANNOTATORS


@pytest.fixture
def finished_trial(tmp_path: Path) -> Any:
    with CountingServer() as server:
        trial = Trial(tmp_path / "project", 16, server)
        trial.work("--decisions", "4", "--finish")
        trial.check()
        assert trial.account.holds, trial.account
        yield trial, server


def spoil(trial: Trial, sql: str) -> None:
    store = ProjectStore(trial.path)
    with store.database.write() as transaction:
        transaction.execute(sql)
    store.close()


def test_the_account_notices_a_decision_that_is_gone(finished_trial: tuple[Trial, CountingServer]) -> None:
    trial, _ = finished_trial
    spoil(trial, "DELETE FROM reviews WHERE review_id = 2")
    trial.check()
    assert trial.account.lost == 1 and not trial.account.holds


def test_the_account_notices_a_decision_that_is_there_twice(finished_trial: tuple[Trial, CountingServer]) -> None:
    trial, _ = finished_trial
    spoil(trial, "INSERT INTO reviews BY NAME SELECT * REPLACE (90 AS review_id) FROM reviews WHERE review_id = 2")
    trial.check()
    assert trial.account.twice == 1 and not trial.account.holds


def test_the_account_notices_a_call_that_is_made_again(finished_trial: tuple[Trial, CountingServer]) -> None:
    trial, server = finished_trial
    server.asked[trial._texts[0]] += 1
    trial.check()
    assert trial.account.repeated == 1 and trial.account.unlisted == 1


def test_without_a_command_the_usage_is_said_and_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main([])
    assert end.value.code == 2
    assert "the following arguments are required: command" in capsys.readouterr().err
