"""Why an item is shown or not, exported or not: every reason has a case, and nobody learns what they may not see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ask.image_project import boxes, photo_project
from tests.store.rows import choice, spans
from tests.store.tool_context import SmallProject
from tools.ask.explain import explain_item
from tools.ask.reasons import IN_WORDS
from tools.backends.learning.vectors import vectors_of
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.errors import NotFound
from tools.results import ToolResult


def explain(project: SmallProject, item: str = "#1", field: str = "intent") -> ToolResult:
    return explain_item.run(explain_item.read_arguments({"item": item, "field": field}), project)


def codes(result: ToolResult) -> list[Any]:
    (table,) = (one for one in result.tables if one.title.startswith("Why"))
    words = {told: code for code, told in IN_WORDS.items()}
    return [words[row[1]] for row in table.rows]


def ledger(result: ToolResult) -> list[tuple[Any, ...]]:
    (table,) = (one for one in result.tables if one.title == "What happened")
    return list(table.rows)


@pytest.fixture
def project() -> SmallProject:
    project = SmallProject()
    project.rows.item("My SECRET lamp broke", key="M001")
    return project


def suggest(project: SmallProject, label: str = "refund", score: float | None = 0.83) -> int:
    run = project.rows.run()
    project.rows.proposal(run, 1, choice(label), score)
    return run


def test_an_untouched_item_waits_and_is_not_exported(project: SmallProject) -> None:
    result = explain(project, "M001")
    assert codes(result) == ["no_proposal", "waiting", "undecided"]
    assert result.text == (
        "Item M001: it came with import 1 (csv), row 1, on 2 March 2026. Nothing was suggested for Intent "
        "yet. Intent waits for a decision. No value of Intent stands, so none is exported."
    )
    assert result.items == (1,)


def test_an_unknown_item_is_named(project: SmallProject) -> None:
    with pytest.raises(NotFound, match="M999"):
        explain(project, "M999")


def test_every_field_is_explained_unless_one_is_named(project: SmallProject) -> None:
    fields = {row[0] for row in explain(project, field="").tables[1].rows}
    assert fields == {"Intent", "Topics", "Entities", "Mood", "Note"}


def test_a_visible_suggestion_is_said_with_its_calibrated_score(project: SmallProject) -> None:
    run = suggest(project)
    result = explain(project)
    assert f"Refund with a score of 0.83 (run {run}) is suggested for Intent." in result.text


def test_an_uncalibrated_score_is_not_said(project: SmallProject) -> None:
    project.rows.proposal(project.rows.run(), 1, choice("refund"), 0.99, source="uncalibrated")
    assert "0.99" not in repr(explain(project))


def test_a_blind_item_keeps_its_suggestion_to_itself(project: SmallProject) -> None:
    suggest(project)
    project.blind = {("intent", 1)}
    result = explain(project)
    assert "is hidden from you until you have decided it: it is answered without a suggestion" in result.text
    assert "blind" in codes(result) and "suggested" not in codes(result)
    assert "Refund" not in repr(result) and "0.83" not in repr(result)


def test_a_blind_item_keeps_what_is_wrong_with_its_proposal_to_itself(project: SmallProject) -> None:
    project.rows.proposal(project.rows.run(), 1, {"label": "refnd"}, state="invalid", problem="'refnd' is no label")
    project.blind = {("intent", 1)}
    assert "refnd" not in repr(explain(project))
    project.blind = set()
    assert "refnd" in repr(ledger(explain(project)))


def test_a_blind_item_opens_once_the_viewer_decided(project: SmallProject) -> None:
    suggest(project, "fault")
    project.blind = {("intent", 1)}
    project.rows.say(1, "lea", "refund", exposure="blind")
    result = explain(project)
    assert codes(result) == ["suggested", "own_decision", "decided", "agreed", "differs"]


@pytest.mark.parametrize(
    ("state", "words"), [("unread", "could not be read"), ("invalid", "does not fit the question")]
)
def test_an_unusable_proposal_says_what_is_wrong(project: SmallProject, state: str, words: str) -> None:
    run = project.rows.run()
    project.rows.proposal(run, 1, None, state=state, problem="the problem of it")
    result = explain(project)
    assert state in codes(result) and "no_proposal" not in codes(result)
    assert f"run {run} " in result.text and words in result.text
    assert "the problem of it" not in result.text
    assert any("the problem of it" in row[5] for row in ledger(result))


def test_a_withdrawn_run_is_the_reason_that_nothing_is_shown(project: SmallProject) -> None:
    project.rows.undo("run", suggest(project))
    result = explain(project)
    assert codes(result) == ["withdrawn", "waiting", "undecided"]
    assert "What run 1 suggested is not shown: it was withdrawn." in result.text


def test_enough_decisions_stop_the_serving(project: SmallProject) -> None:
    project.settings = {"overlap": 2}
    project.rows.say(1, "ann", "refund")
    assert "1 of 2 people have decided it" in explain(project).text
    project.rows.say(1, "bob", "refund")
    text = explain(project).text
    assert "2 people have decided it and 2 are enough, so it is served to nobody else." in text
    assert "The value that all 2 people gave stands and is exported." in text


def test_a_lease_of_somebody_else_is_told_by_name_to_leads_only(project: SmallProject) -> None:
    project.leases = [{"item_id": 1, "field": "intent", "reviewer": "ann", "until": "soon"}]
    assert "Ann has it in hand at the moment." in explain(project).text
    assert "Another person has it in hand" in explain(project.seen_by("bob")).text
    assert codes(explain(project.seen_by("ann"))) == ["no_proposal", "waiting", "undecided"]


def test_a_conflict_is_not_exported_until_it_is_settled(project: SmallProject) -> None:
    project.rows.say(1, "ann", "refund")
    project.rows.say(1, "bob", "fault")
    assert "2 people disagree on Intent, so no value is exported until somebody settles it." in explain(project).text
    project.rows.say(1, "lea", "refund", adjudicates=True)
    assert "adjudicated" in codes(explain(project))


def test_skips_flags_and_undone_decisions_are_told(project: SmallProject) -> None:
    project.rows.undo("review", project.rows.say(1, "ann", "refund"))
    project.rows.event(1, "ann", "skip")
    project.rows.event(1, "bob", "flag")
    found = codes(explain(project.seen_by("ann")))
    assert found == ["no_proposal", "skipped", "undecided", "undone", "flagged"]
    assert "1 decision on Intent was undone." in explain(project).text


def test_a_batch_acceptance_is_told(project: SmallProject) -> None:
    project.rows.say(1, "lea", "refund", verdict="accept", exposure="bulk_listed", action=project.rows.action())
    assert "The value that one person gave, accepted in a batch, stands and is exported." in explain(project).text


def test_others_values_are_hidden_from_a_reviewer_who_has_not_decided(project: SmallProject) -> None:
    project.rows.say(1, "bob", "fault", reason="because of the lamp")
    seen = repr(ledger(explain(project.seen_by("ann"))))
    assert "Broken thing" not in seen and "bob" not in seen
    assert "hidden until you decide" in seen
    assert "Broken thing" in repr(ledger(explain(project)))
    project.rows.say(1, "ann", "refund")
    assert "Broken thing" in repr(ledger(explain(project.seen_by("ann"))))


def test_others_reasons_are_hidden_with_their_values(project: SmallProject) -> None:
    project.rows.say(1, "bob", "fault", reason="clearly a fault")
    assert "clearly" not in repr(explain(project.seen_by("ann")))


def test_gold_is_not_given_away_to_those_who_have_not_decided(project: SmallProject) -> None:
    project.rows.gold(1, choice("fault"))
    seen = explain(project.seen_by("ann"))
    assert "gold" not in seen.text and not any("gold" in row for table in seen.tables for row in table.rows)
    assert seen.facts[0].value == 1
    assert "gold" in codes(explain(project))


def test_planted_checks_look_like_everything_else_to_reviewers(project: SmallProject) -> None:
    project.rows.say(1, "ann", "fault", exposure="probe")
    seen = explain(project.seen_by("ann"))
    assert "on purpose" not in repr(seen) and "probe" not in repr(seen)
    assert [row[4] for row in ledger(seen) if row[1] == "shown"] == ["with a suggestion"]
    assert any("on purpose" in row[4] for row in ledger(explain(project)))


def test_the_text_of_the_item_stands_in_one_table_and_nowhere_else(project: SmallProject) -> None:
    run = project.rows.run(field="entities")
    project.rows.proposal(run, 1, spans((3, 9, "product")), field="entities")
    project.rows.review(1, "lea", spans((3, 9, "place")), field="entities")
    project.rows.review(1, "lea", {"text": "SECRET note"}, field="note")
    result = explain(project, field="")
    (says, *others) = result.tables
    assert says.rows == (("My SECRET lamp broke",),)
    assert "SECRET" not in repr((result.text, result.facts, others))
    assert "place at 3–9" in repr(ledger(result))


def test_the_ledger_is_in_order_and_has_every_event(project: SmallProject) -> None:
    run = suggest(project)
    project.rows.queue(run, [1])
    review = project.rows.say(1, "ann", "refund", verdict="accept", proposal=1)
    project.rows.undo("review", review)
    project.rows.undo("review", review, undone=False)
    result = explain(project)
    what = [row[1] for row in ledger(result)]
    told = ["answered", "put back", "put in the queue", "shown", "suggested", "taken back"]
    assert what[0] == "imported" and sorted(what[1:]) == told
    assert result.facts[0].value == len(ledger(result))
    times = [row[0] for row in ledger(result)]
    assert times == sorted(times)


def like_one_another(project: SmallProject, *texts: str) -> None:
    """Further items, with vectors for all of them in the cache."""
    for number, text in enumerate(texts, start=2):
        project.rows.item(text, key=f"M{number:03}")
    ids = project.items.all_ids()
    vectors_of(project.cache, NgramEmbedder(), ids, project.items.contents(ids.tolist()))
    project.settings = {**project.settings, "backend.embedder": "builtin:ngrams"}


def test_why_a_suggestion_names_the_nearest_confirmed_examples(project: SmallProject) -> None:
    like_one_another(project, "My SECRET lamp is broken", "Where is it?", "A lamp broke again")
    suggest(project, "fault")
    for item, label in ((2, "fault"), (3, "delivery"), (4, "fault")):
        project.rows.say(item, "ann", label)
    result = explain(project)
    assert "The nearest confirmed examples are M002 (Broken thing), M004 (Broken thing)" in result.text
    title, rows = result.tables[3].title, result.tables[3].rows
    assert title == "Nearest confirmed examples for Intent"
    likeness = [row[3] for row in rows]
    assert likeness == sorted(likeness, reverse=True)
    assert "SECRET" not in repr((result.text, result.tables[1:]))


def test_a_reviewer_is_shown_examples_only_of_items_that_they_decided(project: SmallProject) -> None:
    like_one_another(project, "My SECRET lamp is broken", "A lamp broke again")
    suggest(project, "fault")
    project.rows.say(2, "bob", "fault")
    project.rows.say(3, "ann", "delivery")
    seen = explain(project.seen_by("ann"))
    assert "The nearest confirmed example is M003 (Delivery)." in seen.text
    assert "M002" not in repr(seen)


def test_a_blind_item_is_not_given_away_by_the_labels_of_its_likes(project: SmallProject) -> None:
    like_one_another(project, "My SECRET lamp is broken")
    suggest(project, "fault")
    project.rows.say(2, "lea", "fault")
    project.blind = {("intent", 1)}
    assert "nearest" not in repr(explain(project))


def test_without_vectors_no_examples_are_told_and_none_are_made(project: SmallProject) -> None:
    project.rows.item("My SECRET lamp is broken", key="M002")
    project.settings = {**project.settings, "backend.embedder": "builtin:ngrams"}
    suggest(project, "fault")
    project.rows.say(2, "lea", "fault")
    assert "nearest" not in repr(explain(project))
    assert not project.cache


@pytest.fixture
def photos() -> SmallProject:
    project = photo_project()
    project.rows.picture("street/cat.jpg", size=123_456, orientation=6)
    return project


def test_a_picture_is_explained_with_its_size_and_file(photos: SmallProject) -> None:
    text = explain(photos, "street/cat.jpg", "objects").text
    assert "It is a JPEG of 640 × 480 pixels and 123 kB; shown upright, as its camera noted, copied into" in text


def test_where_a_file_lies_is_not_told(photos: SmallProject) -> None:
    photos.rows.picture("scan.tif", mime="image/tiff", bits=16, frames=3, place="/home/ana/private/scan.tif")
    result = explain(photos, "scan.tif", "objects")
    assert "16 bits a channel, the first of 3 frames is shown, referenced where it lies" in result.text
    assert "private" not in repr(result)


def test_suggested_objects_are_counted_by_label_with_who_proposed_them(photos: SmallProject) -> None:
    run = photos.rows.run("hub:detector", field="objects")
    value = boxes(("car", 0, 0, 50, 50), ("dog", 60, 0, 90, 50), ("car", 100, 0, 150, 50))
    value["boxes"][0]["score"] = 0.91
    photos.rows.proposal(run, 1, value, 0.8, field="objects")
    result = explain(photos, "street/cat.jpg", "objects")
    assert f"2 Car, 1 Dog with a score of 0.80 (run {run}, by hub:detector) is suggested for Objects" in result.text
    table = next(table for table in result.tables if table.title == "Suggested for Objects")
    assert table.rows == ((1, "Car", "0.91"), (2, "Dog", ""), (3, "Car", ""))


def test_scores_of_objects_that_were_not_calibrated_are_not_told(photos: SmallProject) -> None:
    value = boxes(("car", 0, 0, 50, 50))
    value["boxes"][0]["score"] = 0.91
    photos.rows.proposal(
        photos.rows.run("hub:d", field="objects"), 1, value, 0.9, field="objects", source="uncalibrated"
    )
    assert "0.91" not in repr(explain(photos, "street/cat.jpg", "objects"))


def test_a_box_drawn_a_little_otherwise_is_no_other_answer(photos: SmallProject) -> None:
    run = photos.rows.run("hub:detector", field="objects")
    photos.rows.proposal(run, 1, boxes(("car", 0, 0, 50, 50)), field="objects")
    photos.rows.review(1, "lea", boxes(("car", 0, 0, 50, 49)), field="objects")
    assert "differs" not in codes(explain(photos, "street/cat.jpg", "objects"))
    photos.rows.review(1, "lea", boxes(("car", 0, 0, 50, 20)), field="objects")
    assert "differs" in codes(explain(photos, "street/cat.jpg", "objects"))


def test_what_the_item_says_comes_first_and_no_code_is_shown(project: SmallProject) -> None:
    tables = explain(project, "M001").tables
    assert (tables[0].title, tables[0].rows) == ("What the item says", (("My SECRET lamp broke",),))
    assert [row[1] for row in tables[1].rows] == [
        "nothing was suggested yet", "it waits for a decision", "no answer stands",
    ]  # fmt: skip


def test_an_item_that_a_number_names_is_told_with_its_key_and_its_number(project: SmallProject) -> None:
    assert explain(project, "#1").text.startswith("Item M001 (number 1): it came")
    project.rows.item("second", key="3")
    project.rows.item("third", key="2")
    assert explain(project, "3").text.startswith("Item 3 (number 2; number 3 is the item with the key 2): ")
