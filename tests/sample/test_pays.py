"""Rounds of sampling and their gain over chance: when the default gives its strategy up and when it comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.backends.texts.messages import SCHEMA, intents
from tests.fake_context import FakeContext
from tools.context import Answer
from tools.learning import sampling_gain
from tools.learning.sampling_gain import ROUNDS, Gain, does_not_pay, recent_gains, round_moments
from tools.records import to_json
from tools.sample.tool import sample

START = datetime(2026, 1, 1, tzinfo=UTC)


def gain(value: float) -> Gain:
    return Gain(40, 60, value, value - 0.1, value + 0.1)


def project(strategy: list[int], random: int = 60, rounds: int = 6, **asked: str) -> FakeContext:
    """Random labels and those that a strategy asked for, by turns, with sampling runs in between."""
    texts = intents(300)
    ctx = FakeContext(SCHEMA, [text for text, _ in texts])
    came = [(at / max(1, random), row, True) for at, row in enumerate(range(random))]
    came += [(at / max(1, len(strategy)), row, False) for at, row in enumerate(strategy)]
    rows = []
    for at, (_, row, is_random) in enumerate(sorted(came)):
        value = {"label": texts[row][1]}
        ctx.decide(row + 1, value, steered=not is_random)
        rows.append((row + 1, to_json(value), is_random, is_random, START + timedelta(minutes=at)))
    ctx.answers["label_order"] = Answer(("item_id", "value", "tested", "drawn", "made_at"), tuple(rows), "SELECT", {})
    latest = len(rows)
    runs = [
        (
            99 - n,
            asked.get("backend", "builtin:typical"),
            asked.get("asked", "auto"),
            START + timedelta(minutes=latest - 4 * n - 0.5),
        )
        for n in range(rounds)
    ]
    ctx.answers["sampling_rounds"] = Answer(("run_id", "backend", "asked", "made_at"), tuple(runs), "SELECT", {})
    return ctx


ONE_KIND = [row for row in range(100, 300) if row % 3 == 0][:40]
EVERY_KIND = list(range(100, 140))


def ask(ctx: FakeContext, **given: Any) -> Any:
    return sample.run(sample.read_arguments(given), ctx)


def test_five_rounds_without_a_gain_are_enough_and_four_are_not() -> None:
    assert does_not_pay([gain(0.0)] * ROUNDS) and does_not_pay([gain(-0.2)] * 7)
    assert not does_not_pay([gain(-0.2)] * (ROUNDS - 1))
    assert not does_not_pay([gain(-0.1), gain(-0.1), gain(0.01), gain(-0.1), gain(-0.1)])


def test_a_strategy_that_asks_for_one_kind_only_loses_every_round_and_chance_takes_over() -> None:
    ctx = project(ONE_KIND)
    gains = recent_gains(ctx, SCHEMA.main_field())
    assert len(gains) == ROUNDS and all(one.value <= 0 for one in gains)
    result = ask(ctx, n=8)
    assert result.queue.strategy == "random" and not result.queue.adaptive
    assert result.queue.inclusion_p == pytest.approx(8 / 200)
    assert "the strategy does not pay here: in each of the last 5 rounds" in result.text


def test_whoever_names_a_strategy_gets_it_all_the_same() -> None:
    assert ask(project(ONE_KIND), n=8, strategy="typical").queue.strategy == "typical"


def test_the_strategy_comes_back_with_its_first_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter([0.05, -0.1, -0.1, -0.1, -0.1])
    monkeypatch.setattr(sampling_gain, "gain_of", lambda *_: gain(next(values)))
    assert ask(project(ONE_KIND), n=8).queue.strategy == "cluster_margin"


def test_each_round_is_measured_on_the_labels_that_had_come_by_then() -> None:
    gains = recent_gains(project(EVERY_KIND), SCHEMA.main_field())
    assert len(gains) == ROUNDS
    sizes = [one.labels for one in gains]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]


def test_a_round_is_measured_once() -> None:
    ctx = project(EVERY_KIND)
    recent_gains(ctx, SCHEMA.main_field())
    kept = set(ctx.cache)
    recent_gains(ctx, SCHEMA.main_field())
    assert set(ctx.cache) == kept


def test_runs_without_a_new_label_between_them_are_one_round() -> None:
    ctx = project(EVERY_KIND)
    first = ctx.answers["sampling_rounds"].rows[1]
    ctx.answers["sampling_rounds"] = Answer(("run_id", "backend", "asked", "made_at"), (first,) * 9, "SELECT", {})
    assert len(recent_gains(ctx, SCHEMA.main_field())) == 2


@pytest.mark.parametrize(
    ("more", "kept"),
    [({}, 6), ({"asked": "random"}, 0), ({"backend": "builtin:similar"}, 0), ({"backend": "builtin:random"}, 6)],
)
def test_looking_for_likeness_and_drawing_on_demand_are_no_rounds(more: dict[str, str], kept: int) -> None:
    assert len(round_moments(project(EVERY_KIND, **more), SCHEMA.main_field())) == kept


@pytest.mark.parametrize("ctx", [project(EVERY_KIND, rounds=3), project(EVERY_KIND, random=20), project([], random=60)])
def test_nothing_is_measured_of_few_rounds_few_random_labels_or_no_strategy(ctx: FakeContext) -> None:
    assert recent_gains(ctx, SCHEMA.main_field()) == []
    assert not any(key.startswith("learning/") for key in ctx.cache)
