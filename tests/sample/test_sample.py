"""The tool that fills the review queue: what it chooses, why, and what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.backends.texts.messages import SCHEMA, intents
from tests.fake_context import FakeContext
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.errors import ArgumentsRefused, Conflict, InputError, NotFound
from tools.filters import ItemFilter
from tools.results import QueueOrder, ToolResult
from tools.sample import learning
from tools.sample.lookalikes import lookalikes
from tools.sample.tool import SampleArgs, sample


def project(count: int = 30, decided: int = 0, **settings: Any) -> FakeContext:
    ctx = FakeContext(SCHEMA, [text for text, _ in intents(count)], **settings)
    for item, (_, label) in enumerate(intents(decided), start=1):
        ctx.decide(item, {"label": label})
    return ctx


def ask(ctx: FakeContext, **given: Any) -> ToolResult:
    arguments = sample.read_arguments(given)
    assert isinstance(arguments, SampleArgs)
    return sample.run(arguments, ctx)


def queue(ctx: FakeContext, **given: Any) -> QueueOrder:
    made = ask(ctx, **given).queue
    assert made is not None
    return made


def test_decided_items_are_not_queued_again() -> None:
    for strategy in ("random", "typical", "cluster_margin"):
        made = queue(project(30, decided=12), strategy=strategy, n=50)
        assert sorted(made.item_ids) == list(range(13, 31))


def test_typical_items_come_first_and_unsure_ones_once_every_label_has_two() -> None:
    early, late = ask(project(30, decided=7)), ask(project(30, decided=8))
    assert early.queue is not None and late.queue is not None
    assert early.queue.strategy == "typical"
    assert "7 items are labelled and 'Intent' has 4 possible answers" in early.text
    assert late.queue.strategy == "cluster_margin"
    assert "there are 8 labels to learn from" in late.text


def test_every_item_comes_with_its_reason_in_label_names() -> None:
    made = queue(project(30, decided=9), strategy="margin", n=5)
    assert len(made.reasons) == 5
    assert all(reason.startswith("the model is torn between ") for reason in made.reasons)
    assert {word for reason in made.reasons for word in ("Refund", "Delivery", "Password") if word in reason}


def test_a_random_draw_is_not_adaptive_and_knows_its_probability() -> None:
    made = queue(project(40), strategy="random", n=10)
    assert (made.adaptive, made.inclusion_p) == (False, 0.25)
    assert set(made.reasons) == {"drawn at random"}


def test_drawing_on_goes_on_in_the_same_order() -> None:
    ctx = project(40)
    first, more = queue(ctx, strategy="random", n=5).item_ids, queue(ctx, strategy="random", n=9).item_ids
    assert more[:5] == first
    for item in first:
        ctx.decide(item, {"label": "refund"})
    assert queue(ctx, strategy="random", n=4).item_ids == more[5:]


def test_a_random_draw_from_a_part_does_not_calibrate_and_that_is_said() -> None:
    result = ask(project(30), strategy="random", words="parcel", n=3)
    assert result.queue is not None
    assert (result.queue.adaptive, result.queue.inclusion_p) == (True, None)
    assert "do not calibrate" in result.text


def test_every_other_choice_is_adaptive() -> None:
    for strategy in ("typical", "margin", "similar"):
        assert queue(project(20, decided=9), strategy=strategy, like="K1", n=3).adaptive


def test_items_like_an_item_or_like_words_are_found_and_the_item_itself_is_not() -> None:
    ctx = project(30)
    by_item = queue(ctx, strategy="similar", like="K3", n=6)
    by_words = queue(ctx, like="I forgot my password", n=6)
    assert 3 not in by_item.item_ids
    assert all(item % 3 == 0 for item in (*by_item.item_ids, *by_words.item_ids))
    assert by_item.reasons[0] == "like item K3"
    assert by_words.strategy == "similar" and by_words.reasons[0] == "like the words “I forgot my password”"


def test_without_labels_the_model_goes_by_names_and_the_answer_says_so() -> None:
    assert "Nobody has labelled yet" in ask(project(20), strategy="margin").text


@pytest.mark.parametrize("field", ["topics", "mood"])
def test_other_kinds_of_answers_can_be_uncertain_too(field: str) -> None:
    ctx = project(30)
    for item, (_, label) in enumerate(intents(12), start=1):
        at = ["refund", "delivery", "password"].index(label)
        ctx.decide(
            item, {"rating": at + 1} if field == "mood" else {"labels": [["money", "parcel", "login"][at]]}, field
        )
    made = queue(ctx, field=field, strategy="margin", n=4)
    assert len(made.item_ids) == 4 and min(made.item_ids) > 12


def test_spans_are_sampled_by_their_texts() -> None:
    assert queue(project(20), field="things", n=3).strategy == "typical"
    with pytest.raises(InputError, match="use typical, k_centre, similar or random"):
        ask(project(20), field="things", strategy="margin")


def test_ratings_without_a_label_cannot_be_uncertain() -> None:
    with pytest.raises(Conflict, match="sample typical or random items first"):
        ask(project(10), field="mood", strategy="margin")


def test_only_some_vectors_are_made_in_one_call_and_the_rest_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NgramEmbedder, "pace", 1)
    ctx = project(30)
    first, second = ask(ctx, strategy="typical", n=30), ask(ctx, strategy="typical", n=30)
    assert first.queue is not None and second.queue is not None
    assert (len(first.queue.item_ids), len(second.queue.item_ids)) == (10, 20)
    assert "I looked at 10 of 30 items" in first.text


def test_labels_beyond_the_bound_wait_for_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "SECONDS_FOR_LABELLED", 5)
    monkeypatch.setattr(NgramEmbedder, "pace", 1)
    made = queue(project(30, decided=9), strategy="margin", n=3)
    assert made.identity.settings["labels"] == 5


def test_lookalikes_are_undecided_alike_and_without_the_item_itself() -> None:
    ctx = project(30, decided=9)
    found = lookalikes(ctx, 3, "intent", 5)
    assert len(found) == 5 and all(item > 9 and item % 3 == 0 for item in found)
    assert lookalikes(ctx, 12, "intent", 100)[0] != 12
    assert lookalikes(ctx, 3, "intent", 0) == []
    assert lookalikes(project(3, decided=3), 1, "intent", 5) == []


def test_nothing_left_is_a_sentence() -> None:
    assert ask(project(3, decided=3)).text == "No item that is undecided is left to choose from for 'Intent'."
    assert "with these words" in ask(project(3), words="zeppelin").text
    assert ask(FakeContext(SCHEMA)).queue is None


def test_a_saved_filter_narrows_the_choice() -> None:
    ctx = project(30)
    ctx.filters["mine"] = ItemFilter(words="password")
    assert all(item % 3 == 0 for item in queue(ctx, saved="mine", strategy="random", n=30).item_ids)


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"n": 0}, InputError, "Between 1 and 5000 items"),
        ({"strategy": "similar"}, InputError, "needs an item or words in the argument 'like'"),
        ({"strategy": "best"}, ArgumentsRefused, "strategy"),
        ({"state": "gold"}, ArgumentsRefused, "state"),
        ({"saved": "nothing"}, NotFound, "no filter"),
        ({"field": "colour"}, NotFound, "no field"),
    ],
)
def test_wrong_arguments_are_one_sentence(given: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        ask(project(5), **given)


def test_the_identity_names_strategy_seed_and_embedder() -> None:
    made = queue(project(20, decided=9), strategy="cluster_margin", n=3).identity
    assert (made.tool, made.backend) == ("sample", "builtin:cluster_margin")
    assert made.settings["seed"] == 7 and made.settings["embedder"] == "builtin:ngrams"


def test_unsure_items_teach_more_than_random_ones() -> None:
    # Two easy classes in plenty and a rare hard one: what the model is torn about is the rare one.
    texts = [f"refund my money {n}" for n in range(60)] + [f"where is my parcel {n}" for n in range(60)]
    texts += [f"refund my money, or where is my parcel {n}" for n in range(6)]
    ctx = FakeContext(SCHEMA, texts)
    for item in (*range(1, 6), *range(61, 66)):
        ctx.decide(item, {"label": "refund" if item < 60 else "delivery"})
    unsure = set(queue(ctx, strategy="margin", n=6).item_ids)
    drawn = set(queue(ctx, strategy="random", n=6).item_ids)
    rare = set(range(121, 127))
    assert len(unsure & rare) >= 4 > len(drawn & rare)
    assert np.mean([item in rare for item in unsure]) > 0.5
