"""The benchmark of learning in the background measures what it says: the bar, and the project that it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.retraining import asked_for
from assistant.store.project import ProjectStore
from eval.bench.texts.retraining import _make, _pair
from tools.backends.texts.builtin_ngrams import NgramEmbedder


@pytest.mark.parametrize(("during", "met"), [(0.019, True), (0.021, False)])
def test_a_key_may_take_twice_as_long_while_it_learns_and_no_longer(during: float, met: bool) -> None:
    middle, tail = _pair("key", [0.01] * 3, [during] * 3)
    assert middle.is_met is met
    assert tail.bar is None


def test_the_project_was_asked_for_both_and_has_its_vectors(tmp_path: Path) -> None:
    texts = [f"please {n % 5} the {n % 5} number {n}" for n in range(60)]
    labels = [f"label {n % 5}" for n in range(60)]
    _make(tmp_path / "p", texts, labels, 3, NgramEmbedder())
    store = ProjectStore(tmp_path / "p")
    try:
        assert set(asked_for(store, "label")) == {"sample", "prelabel"}
        labelled = store.database.rows("SELECT count(*), bool_and(calibrates) FROM annotations")
        assert labelled == [(15, True)]
    finally:
        store.close()
