"""What a decision on a card becomes, and what is refused in a sentence with nothing changed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from assistant.review import Decision
from tests.store.opened import (
    ANN,
    BOB,
    DELIVERY,
    LEAD,
    PRAISE,
    REFUND,
    SCHEMA,
    Opened,
    annotation,
    broken_checks,
    decide,
    suggest,
)
from tools.errors import InputError, NotAllowed, NotFound, ValueRefused

SPAN = {"spans": [{"id": "s1", "start": 0, "end": 7, "label": "product"}]}


def review(project: Opened, review_id: int) -> tuple[Any, ...]:
    sql = "SELECT verdict, label, reason, proposal_id, exposure FROM reviews WHERE review_id = ?"
    return project.store.database.rows(sql, [review_id])[0]


def count(project: Opened) -> int:
    return int(project.store.database.rows("SELECT count(*) FROM reviews")[0][0])


def test_accepting_takes_the_value_of_the_suggestion(project: Opened) -> None:
    suggest(project, {1: REFUND})
    found = review(project, decide(project, ANN, 1, None, verdict="accept"))
    assert found == ("accept", "refund", "", 1, "suggested")


def test_choosing_what_was_suggested_counts_as_accepting(project: Opened) -> None:
    suggest(project, {1: REFUND})
    assert review(project, decide(project, ANN, 1, REFUND))[0] == "accept"


def test_choosing_something_else_counts_as_a_correction(project: Opened) -> None:
    suggest(project, {1: REFUND})
    assert review(project, decide(project, ANN, 1, PRAISE))[:2] == ("choose", "praise")


def test_an_edit_that_changes_only_region_ids_counts_as_accepting(project: Opened) -> None:
    suggest(project, {1: SPAN}, "entities")
    other = {"spans": [{**SPAN["spans"][0], "id": "mine"}]}
    about = {"verdict": "edit", "regions": {"mine": "accept"}}
    assert review(project, decide(project, ANN, 1, other, "entities", **about))[0] == "accept"


TWO = {"spans": [*SPAN["spans"], {"id": "s2", "start": 8, "end": 12, "label": "product"}]}
OWN = {"id": "n1", "start": 13, "end": 16, "label": "product"}


def regions_of_review(project: Opened, review_id: int) -> tuple[Any, Any]:
    found = project.store.reviews.get(review_id)
    return found.value, found.regions


def test_a_suggested_region_nobody_decided_about_is_refused_and_nothing_is_stored(project: Opened) -> None:
    suggest(project, {1: TWO}, "entities")
    answer = {"spans": [*TWO["spans"], OWN]}
    with pytest.raises(InputError, match="Nobody decided about what was suggested as 's2'"):
        decide(project, ANN, 1, answer, "entities", verdict="edit", regions={"s1": "accept", "n1": "choose"})
    assert count(project) == 0


def test_the_whole_suggestion_written_out_is_no_decision_on_its_regions(project: Opened) -> None:
    suggest(project, {1: TWO}, "entities")
    with pytest.raises(InputError, match="'s1', 's2'"):
        decide(project, ANN, 1, TWO, "entities", verdict="choose")
    assert count(project) == 0


def test_accept_takes_all_regions_as_suggested(project: Opened) -> None:
    suggest(project, {1: TWO}, "entities")
    value, _ = regions_of_review(project, decide(project, ANN, 1, None, "entities", verdict="accept"))
    assert value == TWO


def test_a_region_that_was_not_looked_at_is_recorded_as_that_and_left_out(project: Opened) -> None:
    suggest(project, {1: TWO}, "entities")
    review_id = decide(
        project, ANN, 1, {"spans": [OWN]}, "entities", verdict="edit", regions={"n1": "choose", "s1": "reject"}
    )
    value, regions = regions_of_review(project, review_id)
    assert value == {"spans": [OWN]}
    assert regions == {"n1": "choose", "s1": "reject", "s2": "not_looked_at"}


def test_a_suggested_region_that_was_changed_needs_no_verdict_of_its_own(project: Opened) -> None:
    suggest(project, {1: SPAN}, "entities")
    longer = {"spans": [{**SPAN["spans"][0], "end": 9}]}
    value, _ = regions_of_review(project, decide(project, ANN, 1, longer, "entities", verdict="edit"))
    assert value == longer


@pytest.mark.parametrize("verdict", ["reject", "not_looked_at"])
def test_a_region_cannot_be_in_the_answer_and_out_of_it(project: Opened, verdict: str) -> None:
    suggest(project, {1: SPAN}, "entities")
    with pytest.raises(InputError, match="'s1' is in the answer, but"):
        decide(project, ANN, 1, None, "entities", verdict="accept", regions={"s1": verdict})
    assert count(project) == 0


def test_a_verdict_on_a_region_that_is_none_is_refused(project: Opened) -> None:
    with pytest.raises(InputError, match="'s1' got 'perhaps'"):
        decide(project, ANN, 1, SPAN, "entities", regions={"s1": "perhaps"})


def test_without_a_suggestion_the_same_answer_is_a_choice(project: Opened) -> None:
    assert review(project, decide(project, ANN, 1, REFUND))[0] == "choose"


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_without_a_suggestion_there_is_nothing_to_accept_or_reject(project: Opened, verdict: str) -> None:
    with pytest.raises(InputError, match="no suggestion on this card"):
        decide(project, ANN, 1, None, verdict=verdict)
    assert count(project) == 0


def test_a_reject_leaves_no_value_and_keeps_its_reason(project: Opened) -> None:
    suggest(project, {1: REFUND})
    found = review(project, decide(project, ANN, 1, None, verdict="reject", reason=" wrong label "))
    assert found[:3] == ("reject", None, "wrong label")
    assert annotation(project, 1) is None


def test_a_skipped_item_is_not_served_to_the_same_person_again(project: Opened) -> None:
    decide(project, ANN, 1, None, verdict="skip")
    assert project.desk.next_cards(ANN, "intent", 6).cards[0].item.item_id == 2
    assert project.desk.next_cards(BOB, "intent", 1).cards[0].item.item_id == 1


@pytest.mark.parametrize("verdict", ["flag", "comment"])
def test_a_flag_or_a_comment_leaves_the_item_to_be_decided(project: Opened, verdict: str) -> None:
    left = project.desk.next_cards(ANN, "intent").progress.left
    decide(project, ANN, 1, None, verdict=verdict, reason="look at this")
    assert project.desk.next_cards(ANN, "intent").progress.left == left


def test_a_flag_does_not_replace_the_answer_given_before(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 1, None, verdict="flag")
    assert annotation(project, 1) == ("agreed", "refund")


def test_a_comment_needs_some_text(project: Opened) -> None:
    with pytest.raises(InputError, match="comment needs some text"):
        decide(project, ANN, 1, None, verdict="comment", reason="  ")
    assert count(project) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("intent", {"label": "parcel"}),
        ("intent", {"labels": ["refund"]}),
        ("intent", None),
        ("topics", {"labels": ["price", "cannot_tell"]}),
        ("entities", {"spans": [{"start": 0, "end": 9999, "label": "product"}]}),
        ("links", {"relations": [{"label": "sold_in", "from": "s1", "to": "s2"}]}),
        ("mood", {"rating": 6}),
        ("note", {"text": 7}),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused(project: Opened, field: str, value: Any) -> None:
    with pytest.raises(ValueRefused):
        decide(project, ANN, 1, value, field, verdict="choose")
    assert count(project) == 0


def test_a_relation_may_join_the_regions_that_the_person_marked(project: Opened) -> None:
    spans = [
        {"id": "s1", "start": 0, "end": 3, "label": "product"},
        {"id": "s2", "start": 4, "end": 7, "label": "place"},
    ]
    decide(project, ANN, 1, {"spans": spans}, "entities")
    card = project.desk.open_card(ANN, 1, "links")
    assert [span["id"] for span in card.spans] == ["s1", "s2"]
    joined = {"relations": [{"label": "sold_in", "from": "s1", "to": "s2"}]}
    assert review(project, decide(project, ANN, 1, joined, "links"))[0] == "choose"


def test_a_verdict_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="A decision is one of"):
        Decision(1, "k", "approve")  # type: ignore[arg-type]


def test_a_decision_without_a_key_of_its_own_is_refused() -> None:
    with pytest.raises(InputError, match="key of its own"):
        Decision(1, "", "skip")


def test_a_suggestion_that_was_withdrawn_cannot_be_accepted_but_corrected(project: Opened) -> None:
    run_id = suggest(project, {1: REFUND})
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    project.store.reviews.undo([("run", run_id)], LEAD)
    with pytest.raises(InputError, match="was withdrawn"):
        project.desk.decide(ANN, Decision(exposure, "a", "accept"))
    receipt = project.desk.decide(ANN, Decision(exposure, "b", "choose", REFUND))
    assert receipt.review.verdict == "choose"


def test_a_suggestion_that_no_longer_fits_the_schema_cannot_be_accepted(project: Opened) -> None:
    suggest(project, {1: PRAISE})
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    intent = SCHEMA.fields[0]
    fewer = intent.model_copy(update={"labels": intent.labels[:2]})
    project.store.change_schema(SCHEMA.model_copy(update={"fields": (fewer, *SCHEMA.fields[1:])}), LEAD)
    with pytest.raises(ValueRefused, match="praise"):
        project.desk.decide(ANN, Decision(exposure, "a", "accept"))
    assert count(project) == 0


def test_the_card_of_somebody_else_cannot_be_decided(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    with pytest.raises(NotAllowed, match="was shown to ann"):
        project.desk.decide(BOB, Decision(exposure, "k", "choose", REFUND))
    assert count(project) == 0


def test_a_card_that_was_never_shown_cannot_be_decided(project: Opened) -> None:
    with pytest.raises(NotFound, match="This card is not known here"):
        project.desk.decide(ANN, Decision(77, "k", "choose", REFUND))


def test_the_same_click_twice_gives_the_first_receipt_again(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    receipts = [project.desk.decide(ANN, Decision(exposure, "k", "choose", value)) for value in (REFUND, DELIVERY)]
    assert receipts[0].review == receipts[1].review
    assert (count(project), annotation(project, 1)) == (1, ("agreed", "refund"))


def test_the_same_click_from_many_threads_makes_one_review(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    at_once = threading.Barrier(6)

    def click(_: int) -> int:
        at_once.wait(timeout=60)
        return project.desk.decide(ANN, Decision(exposure, "k", "choose", REFUND)).review.review_id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(click, range(6)))) == 1
    assert count(project) == 1


def test_a_second_look_at_the_same_card_changes_the_answer(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    for key, value in (("a", REFUND), ("b", PRAISE)):
        project.desk.decide(ANN, Decision(exposure, key, "choose", value))
    assert annotation(project, 1) == ("agreed", "praise")
    assert broken_checks(project) == []


def test_what_was_decided_about_each_region_is_kept(project: Opened) -> None:
    suggest(project, {1: SPAN}, "entities")
    review_id = decide(project, ANN, 1, None, "entities", verdict="accept", regions={"s1": "accept"}, seconds=1.5)
    found = project.store.reviews.get(review_id)
    assert (found.regions, found.seconds, found.value) == ({"s1": "accept"}, 1.5, SPAN)


def test_the_receipt_counts_what_is_left_and_done(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    receipt = project.desk.decide(ANN, Decision(exposure, "k", "choose", REFUND))
    assert (receipt.progress.left, receipt.progress.done) == (5, 1)


def test_a_lead_who_answers_a_decided_item_settles_it(project: Opened) -> None:
    project.store.settings.put("overlap", 2, LEAD)
    decide(project, ANN, 1, REFUND)
    decide(project, BOB, 1, PRAISE)
    assert annotation(project, 1) == ("conflict", None)
    decide(project, LEAD, 1, DELIVERY)
    assert annotation(project, 1) == ("agreed", "delivery")


def test_a_lead_who_is_one_of_the_reviewers_does_not_settle_anything(project: Opened) -> None:
    project.store.settings.put("overlap", 2, LEAD)
    decide(project, LEAD, 1, REFUND)
    decide(project, ANN, 1, PRAISE)
    assert annotation(project, 1) == ("conflict", None)


def test_a_finished_field_says_so_and_what_has_no_answer(project: Opened) -> None:
    for item_id in range(1, 6):
        decide(project, ANN, item_id, REFUND)
    decide(project, ANN, 6, None, verdict="skip")
    batch = project.desk.next_cards(ANN, "intent")
    assert batch.finished
    assert batch.message == (
        "Intent is finished: there is nothing left for you to decide. Without an answer remain: 1 skipped."
    )


def test_without_a_field_named_the_first_open_one_is_served(project: Opened) -> None:
    for item_id in range(1, 7):
        decide(project, ANN, item_id, REFUND)
    assert project.desk.next_cards(ANN).cards[0].field.id == "topics"
