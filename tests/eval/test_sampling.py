"""The benchmarks of sampling: what they count, on made-up texts, and that they find what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import __main__ as command
from eval.bench import suite
from eval.bench.measure import Outcome
from eval.bench.texts import sampling as bench
from eval.bench.texts import selection, selection_parts
from eval.bench.texts.sampling_runs import Job, Run, StoredNames, play
from tools.results import Figure


def run(strategy: str, seed: int, *accuracies: float, batch: int = 50) -> Run:
    return Run(strategy, seed, tuple(batch * at for at in range(len(accuracies))), accuracies)


@pytest.mark.parametrize(
    ("accuracy", "labels"), [(0.5, 0), (0.55, 25), (0.6, 50), (0.75, 150), (0.8, 200), (0.81, None)]
)
def test_labels_to_an_accuracy_are_read_off_between_two_points(accuracy: float, labels: float | None) -> None:
    found = run("auto", 0, 0.5, 0.6, 0.58, 0.75, 0.8).labels_for(accuracy)
    assert found == (None if labels is None else pytest.approx(labels))


def by_way(auto: list[Run], random: list[Run]) -> dict[str, list[Run]]:
    return {"auto": auto, "random": random}


def setting(seeds: int = 2) -> bench.Setting:
    return bench.Setting("texts", bench._made_up(size=60), 50, 500, seeds, 0, (50,))


def test_the_bar_is_forty_per_cent_fewer_labels_and_no_seed_worse() -> None:
    # To 0.76, which is 95 % of 0.8: random takes 200 and 200 labels, the default 100 and 130.
    random = [run("random", seed, 0.5, 0.6, 0.7, 0.74, 0.76) for seed in (0, 1)]
    good = [run("auto", 0, 0.5, 0.6, 0.76), run("auto", 1, 0.5, 0.6, 0.7, 0.8)]
    lines = bench._lines(setting(), by_way(good, random), 0.8, has_bar=True)
    needed = next(line for line in lines if "labels to 95%" in line.what)
    assert needed.ours == pytest.approx(115) and needed.peer == pytest.approx(200) and needed.is_met
    assert next(line for line in lines if "seeds in which" in line.what).is_met
    worse = [good[0], run("auto", 1, 0.5, 0.6, 0.7, 0.72, 0.73, 0.76)]
    lines = bench._lines(setting(), by_way(worse, random), 0.8, has_bar=True)
    assert [line.is_met for line in lines if line.bar is not None] == [False, False]


def test_a_run_that_never_gets_there_counts_as_a_lost_seed() -> None:
    random, auto = [run("random", 0, 0.5, 0.76)], [run("auto", 0, 0.5, 0.6, 0.7)]
    lines = bench._lines(setting(), by_way(auto, random), 0.8, has_bar=True)
    assert next(line for line in lines if "seeds in which" in line.what).ours == 1
    assert bench._notes(by_way(auto, random), 0.76) == ["auto did not reach 0.760"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    found = tmp_path_factory.mktemp("runs") / "made.npz"
    bench._made_up(size=300).save(found)
    return str(found)


@pytest.mark.parametrize("strategy", ["random", "auto", *bench.OTHERS])
def test_every_strategy_is_played_from_no_label_on_in_equal_steps(place: str, strategy: str) -> None:
    made = play(Job(place, strategy, 0, 20, 60, 2.0))
    assert made.counts == (0, 20, 40, 60)
    assert made.accuracies[-1] > made.accuracies[0] - 0.05
    assert play(Job(place, strategy, 0, 20, 60, 2.0)) == made


def test_all_strategies_start_from_the_same_model(place: str) -> None:
    starts = {play(Job(place, way, 3, 20, 0, 2.0)).accuracies for way in ("random", "auto", "margin")}
    assert len(starts) == 1


def test_a_run_ends_when_it_stays_above_what_is_enough(place: str) -> None:
    assert play(Job(place, "random", 0, 20, 200, 0.0)).counts == (0, 20)


def test_stored_names_know_their_texts_only() -> None:
    names = StoredNames(["a", "b"], np.eye(2, dtype=np.float32))
    assert names.embed(["b", "a"]).tolist() == [[0, 1], [1, 0]]
    with pytest.raises(KeyError):
        names.embed(["c"])


def test_without_the_files_the_benchmark_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SHARED_DATA", str(tmp_path / "absent"))
    outcome = bench.sampling(tmp_path, False)
    assert not outcome.lines and "ASSISTANT_SHARED_DATA" in outcome.notes[0]


def test_the_quick_run_compares_every_strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "play_all", lambda jobs: [play(job) for job in jobs])
    outcome = bench.sampling(tmp_path, True).without_bars()
    assert outcome.is_met
    assert {figure.title for figure in outcome.figures} == {f"clusters, {w}" for w in ("auto", "random", *bench.OTHERS)}
    for figure in outcome.figures:
        assert all(len(values) == len(figure.bands[name]) for name, values in figure.series.items())
        assert max(map(len, figure.series.values())) == len(figure.x)


def test_figures_are_drawn_beside_the_json_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = Figure("Set, auto", "line", (0, 50), {"auto": (0.5, 0.6)})
    monkeypatch.setattr(suite, "BENCHES", {"small": lambda folder, quick: Outcome("small", "", (), (), (figure,))})
    assert command.main(["bench", "--json", str(tmp_path / "out.json")]) == 0
    assert (tmp_path / "out-small-set-auto.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("part", ["a_round", "k_centre", "badge", "typical"])
def test_every_part_measures_ours_also_without_the_peer(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection_parts, "_peers", lambda: None)
    monkeypatch.setattr(selection_parts, "GROUPS", 20)
    monkeypatch.setattr(selection_parts, "LABELLED", 160)
    monkeypatch.setattr(selection_parts, "TIMES", 1)
    found = selection_parts.PARTS[part](400)
    assert "peer" not in found
    if part == "badge":
        assert found["off"] < 1e-5


def test_a_missing_peer_costs_the_ratio_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_round = {key: {"round": 0.1, "fit": 0.3, "margin": 0.01, "predict": 0.05} for key in ("77", "10")}
    alone: dict[str, Any] = {"ours": 0.1, "memory": 9.0, "wide": 0.2, "off": 1e-7}
    monkeypatch.setattr(selection, "run_part", lambda name, size: a_round if name == "a_round" else alone)
    outcome = selection.selection(tmp_path, False)
    assert outcome.is_met and selection.REMEDY in outcome.notes
    assert all(line.peer is None for line in outcome.lines if line.what.startswith(("k-centre", "BADGE", "typical")))


def test_a_part_that_fails_is_counted_and_the_others_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_part(name: str, size: int) -> dict[str, Any]:
        if name == "k_centre":
            return {"ours": 0.1, "memory": None}
        raise RuntimeError(f"{name} failed: out of memory")

    monkeypatch.setattr(selection, "run_part", run_part)
    outcome = selection.selection(tmp_path, True).without_bars()
    assert not outcome.is_met and "badge failed: out of memory" in outcome.notes
    assert [line.what for line in outcome.lines] == ["k-centre", "parts that failed"]


def test_choices_that_differ_from_the_peer_miss_a_bar() -> None:
    found = {"ours": 0.1, "peer": 9.0, "different": 3, "memory": None}
    assert [line.is_met for line in selection._far_lines(found)] == [True, False]
