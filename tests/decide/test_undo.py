"""Undoing: exactly what is taken back, what stays, whose work it is, and what cannot be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.store.rows import START, choice
from tests.store.tool_context import SmallProject
from tools.decide.take_back import undo
from tools.errors import InputError, NotAllowed, NotFound
from tools.results import Change, ToolResult


def take_back(project: SmallProject, **args: Any) -> ToolResult:
    return undo.run(undo.read_arguments(args), project)


def change_of(result: ToolResult) -> Change:
    assert result.change is not None
    return result.change


def targets(result: ToolResult) -> Any:
    return change_of(result).arguments["targets"]


@pytest.fixture
def project() -> SmallProject:
    project = SmallProject()
    project.rows.items(12)
    project.rows.undo("import", 1)  # the items' own import is out of the way of "last"
    return project


def test_the_last_thing_is_ones_own_latest_and_still_standing(project: SmallProject) -> None:
    project.rows.say(1, "lea", "refund")
    project.rows.undo("review", project.rows.say(2, "lea", "refund"))
    project.rows.say(3, "ann", "refund")
    result = take_back(project)
    assert targets(result) == [["review", 1]]
    assert change_of(result).sentence == (
        "Undo your decision 1 on item #1 for Intent (choose): the item then has no decision of yours."
    )
    assert result.text.endswith("Nothing else is touched.")
    assert change_of(result).item_ids == (1,) and change_of(result).role == "reviewer"


def test_without_anything_done_there_is_nothing_to_undo(project: SmallProject) -> None:
    assert take_back(project).text == "There is nothing to undo: you have done nothing that could be taken back."
    assert take_back(project, what="run").text.endswith("taken back (run).")


def test_an_earlier_decision_stands_again_and_a_later_one_stays(project: SmallProject) -> None:
    first, second = project.rows.say(1, "lea", "refund"), project.rows.say(1, "lea", "fault")
    assert "your earlier decision on it stands again" in take_back(project, what="review", id=second).text
    assert "your later decision on it stays" in take_back(project, what="review", id=first).text


def test_a_run_is_withdrawn_and_the_decisions_made_from_it_stay(project: SmallProject) -> None:
    run = project.rows.run()
    made = [project.rows.proposal(run, item_id, choice("refund")) for item_id in range(1, 6)]
    project.rows.queue(run, [1, 2])
    project.rows.say(1, "ann", "refund", verdict="accept", proposal=made[0])
    project.rows.say(2, "ann", "fault", proposal=made[1])
    result = take_back(project, what="run", id=run)
    assert change_of(result).sentence == (
        "Undo run 1 (prelabel): 3 undecided proposals are withdrawn; its queue of 2 items is dropped; 2 decisions made "
        "from it stay."
    )


def test_a_batch_is_taken_back_but_not_what_was_decided_again(project: SmallProject) -> None:
    action = project.rows.action()
    for item_id in (1, 2, 3):
        project.rows.say(item_id, "lea", "refund", verdict="accept", exposure="bulk_listed", action=action)
    project.rows.say(3, "lea", "fault")
    result = take_back(project, what="action", id=action)
    assert change_of(result).sentence == (
        "Undo batch 1: 2 accepted labels are taken back; 1 item that was decided again since keeps that."
    )


def test_gold_marks_are_removed_and_the_labels_stay(project: SmallProject) -> None:
    action = project.rows.action("mark_gold")
    project.rows.gold(1, choice("refund"), action=action)
    assert "1 gold mark is removed, the labels stay" in take_back(project, what="action", id=action).text


def test_an_import_keeps_its_items(project: SmallProject) -> None:
    project.rows.undo("import", 1, undone=False)
    project.rows.say(1, "file", "refund", exposure="imported_unknown", import_id=1)
    result = take_back(project, what="import")
    assert targets(result) == [["import", 1]]
    assert "1 imported label is taken back; its 12 items stay" in result.text


@pytest.mark.parametrize(
    ("kind", "words"),
    [("export", "exports are recorded"), ("schema", "say “undo the schema change”"), ("undo", "ask for a redo")],
)
def test_what_cannot_be_undone_says_why(project: SmallProject, kind: str, words: str) -> None:
    result = take_back(project, what="action", id=project.rows.action(kind))
    assert result.change is None and words in result.text


def test_an_action_that_was_never_carried_out_has_nothing_to_undo(project: SmallProject) -> None:
    for decision in ("", "dismissed"):
        result = take_back(project, what="action", id=project.rows.action(decision=decision))
        assert result.change is None and "was never carried out" in result.text


def test_what_is_undone_already_is_not_undone_again(project: SmallProject) -> None:
    run = project.rows.run()
    project.rows.undo("run", run)
    result = take_back(project, what="run", id=run)
    assert result.change is None and "run 1 (prelabel) is undone already" in result.text


def test_an_unknown_number_is_named(project: SmallProject) -> None:
    with pytest.raises(NotFound, match="There is no run 99"):
        take_back(project, what="run", id=99)


def since_lunch(project: SmallProject) -> None:
    morning, afternoon = START, START + timedelta(hours=5)
    project.rows.run(at=morning)
    project.rows.say(1, "lea", "refund", at=morning)
    run = project.rows.run(at=afternoon)
    project.rows.proposal(run, 5, choice("refund"))
    for item_id in (2, 3, 4):
        project.rows.say(item_id, "lea", "refund", at=afternoon + timedelta(minutes=item_id))
    project.rows.say(6, "ann", "refund", at=afternoon)


def test_everything_since_a_time_is_counted_and_batches_are_told(project: SmallProject) -> None:
    since_lunch(project)
    result = take_back(project, what="since", since="2026-03-02T13:00:00")
    assert targets(result) == [["review", 4], ["review", 3], ["review", 2], ["run", 2]]
    assert change_of(result).sentence == (
        "Undo 3 decisions and 1 run; run 2 (prelabel): 1 undecided proposal is withdrawn."
    )


@pytest.mark.parametrize(("kind", "expected"), [("batches", {"run"}), ("decisions", {"review"})])
def test_since_can_mean_batches_or_decisions_only(project: SmallProject, kind: str, expected: set[str]) -> None:
    since_lunch(project)
    found = targets(take_back(project, what="since", since="2026-03-02T13:00:00", kind=kind))
    assert {target for target, _ in found} == expected


def test_a_time_alone_means_since_and_may_have_an_end(project: SmallProject) -> None:
    since_lunch(project)
    found = targets(take_back(project, since="2026-03-02T13:00:00", until="2026-03-02T14:03:00", kind="decisions"))
    assert found == [["review", 2]]


def test_the_last_few_can_be_undone_at_once(project: SmallProject) -> None:
    since_lunch(project)
    assert targets(take_back(project, count=2, kind="decisions")) == [["review", 4], ["review", 3]]
    with pytest.raises(InputError, match="at once, got 0"):
        take_back(project, count=0)


def test_since_needs_a_time(project: SmallProject) -> None:
    with pytest.raises(InputError, match="Say since when"):
        take_back(project, what="since")


def test_nothing_since_then_says_so(project: SmallProject) -> None:
    result = take_back(project, what="since", since="2027-01-01")
    assert result.text == "There is nothing to undo: you have done nothing in that time that could be taken back."


def test_anothers_work_is_for_a_lead_who_has_to_confirm_it(project: SmallProject) -> None:
    review = project.rows.say(1, "ann", "refund")
    result = take_back(project, what="review", id=review)
    assert change_of(result).role == "lead" and "ann's decision 1 on item #1" in result.text
    assert targets(take_back(project, person="ann")) == [["review", review]]
    bob = project.seen_by("bob")
    with pytest.raises(NotAllowed, match="is not yours"):
        take_back(bob, what="review", id=review)
    with pytest.raises(NotAllowed):
        take_back(bob, person="ann")


def test_an_undo_can_be_put_back(project: SmallProject) -> None:
    one, other = project.rows.say(1, "lea", "refund"), project.rows.say(2, "lea", "refund")
    at = START + timedelta(hours=1)
    for review in (one, other):
        project.rows.undo("review", review, at=at)
    result = take_back(project, what="redo")
    assert change_of(result).arguments == {"targets": [["review", one], ["review", other]], "redo": True}
    assert change_of(result).role == "reviewer"


def test_an_undo_that_was_put_back_is_not_put_back_again(project: SmallProject) -> None:
    project.rows.undo("import", 1, undone=False)
    review = project.rows.say(1, "lea", "refund")
    project.rows.undo("review", review)
    project.rows.undo("review", review, undone=False)
    assert take_back(project, what="redo").text == "There is no undo to take back."


def test_a_mixed_list_keeps_what_can_be_undone_and_names_the_rest(project: SmallProject) -> None:
    since_lunch(project)
    assert len(targets(take_back(project, what="since", since="2026-03-02T00:00:00"))) == 6
