"""The one door: what it refuses, what runs at once, and what waits for a person."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.small_tools import TOOLS
from tests.store.opened import (
    ANN,
    BOB,
    DELIVERY,
    LEAD,
    MODEL,
    PRAISE,
    REFUND,
    SCHEMA,
    Opened,
    annotation,
    broken_checks,
    decide,
    reopen,
    suggest,
)
from tools.errors import AlreadyDecided, ArgumentsRefused, NotAllowed, NotFound
from tools.records import Actor

OWN_WORDS = Actor("ann", "reviewer", "chat", "s-ann")
ANNS_MODEL = Actor("ann", "reviewer", "agent", "s-ann")
JOB = Actor("lea", "lead", "job", "s-lea")


@pytest.fixture
def opened(folder: Path) -> Iterator[Opened]:
    with reopen(folder, TOOLS) as project:
        yield project


def state(project: Opened) -> list[Any]:
    """Everything a tool could have touched."""
    tables = ("reviews", "exposures", "undos", "pending_actions", "action_decisions", "runs", "queue_entries", "audit")
    return [project.store.database.rows(f"SELECT count(*) FROM {table}") for table in tables]


def test_an_unknown_tool_is_answered_with_those_there_are(opened: Opened) -> None:
    with pytest.raises(NotFound, match=r"There is no tool 'lable'; there are accept_these, count_items"):
        opened.executor.call("lable", {}, LEAD)


def test_a_tool_above_the_persons_role_is_refused(opened: Opened) -> None:
    with pytest.raises(NotAllowed, match="needs the role lead; ann is reviewer"):
        opened.executor.call("accept_these", {"ids": [1]}, ANN)


@pytest.mark.parametrize("args", [{"id": [1]}, {}, {"ids": "all"}, {"ids": [1], "sure": True}])
def test_arguments_that_do_not_fit_are_refused_and_nothing_changes(opened: Opened, args: dict[str, Any]) -> None:
    before = state(opened)
    with pytest.raises(ArgumentsRefused, match="put_first"):
        opened.executor.call("put_first", args, LEAD)
    assert state(opened) == before


def test_a_role_is_told_only_of_the_tools_it_may_call(opened: Opened) -> None:
    names = {spec.name for spec in opened.executor.specs("reviewer")}
    assert "count_items" in names and "accept_these" not in names


def test_a_tool_that_reads_answers_and_leaves_no_trace(opened: Opened) -> None:
    before = state(opened)
    assert opened.executor.call("count_items", {}, ANN).result.text == "There are 6."
    assert state(opened) == before


@pytest.mark.parametrize("name", ["sly_reader", "sly_proposer", "sly_queuer"])
def test_a_tool_that_returns_more_than_it_declared_is_stopped_at_the_door(opened: Opened, name: str) -> None:
    before = state(opened)
    with pytest.raises(TypeError, match="returned more"):
        opened.executor.call(name, {}, LEAD)
    assert state(opened) == before


def test_a_queue_is_a_run_of_its_own_and_moves_what_is_served(opened: Opened) -> None:
    run_id = opened.executor.call("put_first", {"ids": [5]}, MODEL).run_id
    assert run_id is not None
    assert opened.desk.next_cards(ANN, "intent").cards[0].item.item_id == 5


def test_a_change_waits_for_a_person_and_survives_a_restart(folder: Path) -> None:
    with reopen(folder, TOOLS) as project:
        suggest(project, {1: REFUND, 2: PRAISE})
        outcome = project.executor.call("accept_these", {"ids": [1, 2]}, MODEL)
        assert outcome.action_id is not None
        assert annotation(project, 1) is None
    with reopen(folder, TOOLS) as project:
        waiting = project.executor.pending()
        assert [(one.action_id, one.change.sentence) for one in waiting] == [(1, "Accept 2 suggestions.")]
        project.executor.confirm(1, LEAD)
        assert (annotation(project, 1), annotation(project, 2)) == (("agreed", "refund"), ("agreed", "praise"))
        assert project.executor.pending() == []
        assert broken_checks(project) == []


def pend(opened: Opened, *ids: int) -> int:
    """Suggest refund for these items and ask for accepting them; returns the pending action."""
    suggest(opened, dict.fromkeys(ids, REFUND))
    action_id = opened.executor.call("accept_these", {"ids": list(ids)}, LEAD).action_id
    assert action_id is not None
    return action_id


@pytest.mark.parametrize("actor", [MODEL, JOB])
def test_only_a_person_confirms_or_dismisses(opened: Opened, actor: Actor) -> None:
    action_id = pend(opened, 1)
    with pytest.raises(NotAllowed, match="Only a person can confirm"):
        opened.executor.confirm(action_id, actor)
    with pytest.raises(NotAllowed, match="Only a person can dismiss"):
        opened.executor.dismiss(action_id, actor)
    assert annotation(opened, 1) is None


def test_confirming_needs_the_role_that_the_change_names(opened: Opened) -> None:
    action_id = pend(opened, 1)
    with pytest.raises(NotAllowed, match="needs the role lead; ann is reviewer"):
        opened.executor.confirm(action_id, ANN)
    assert annotation(opened, 1) is None


def test_an_action_is_answered_once(opened: Opened) -> None:
    first, second = pend(opened, 1), pend(opened, 2)
    opened.executor.confirm(first, LEAD)
    opened.executor.dismiss(second, LEAD)
    for answer in (opened.executor.confirm, opened.executor.dismiss):
        for action_id in (first, second):
            with pytest.raises(AlreadyDecided):
                answer(action_id, LEAD)
    assert (annotation(opened, 1), annotation(opened, 2)) == (("agreed", "refund"), None)


def test_an_action_that_many_press_at_once_is_carried_out_once(opened: Opened) -> None:
    action_id, at_once = pend(opened, 1, 2, 3), threading.Barrier(5)

    def press(_: int) -> bool:
        at_once.wait(timeout=60)
        try:
            opened.executor.confirm(action_id, LEAD)
        except AlreadyDecided:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(press, range(5))) == 1
    assert opened.store.database.rows("SELECT count(*) FROM reviews") == [(3,)]
    assert broken_checks(opened) == []


def test_confirming_nothing_says_so(opened: Opened) -> None:
    with pytest.raises(NotFound, match="no pending action 9"):
        opened.executor.confirm(9, LEAD)


def test_own_work_is_undone_at_once_by_own_words(opened: Opened) -> None:
    review_id = decide(opened, ANN, 1, REFUND)
    outcome = opened.executor.call("take_back", {"target": "review", "number": review_id}, OWN_WORDS)
    assert outcome.action_id is None
    assert annotation(opened, 1) is None


@pytest.mark.parametrize("actor", [ANNS_MODEL, BOB, LEAD])
def test_an_undo_by_a_model_or_of_somebody_elses_work_is_pending(opened: Opened, actor: Actor) -> None:
    review_id = decide(opened, ANN, 1, REFUND)
    outcome = opened.executor.call("take_back", {"target": "review", "number": review_id}, actor)
    assert outcome.action_id is not None
    assert annotation(opened, 1) == ("agreed", "refund")
    opened.executor.confirm(outcome.action_id, LEAD)
    assert annotation(opened, 1) is None


def test_an_undo_of_something_that_never_was_is_nobodys_own(opened: Opened) -> None:
    outcome = opened.executor.call("take_back", {"target": "review", "number": 99}, OWN_WORDS)
    assert outcome.action_id is not None


def test_a_batch_is_undone_and_done_again_as_one(opened: Opened) -> None:
    action_id = pend(opened, 1, 2)
    opened.executor.confirm(action_id, LEAD)
    take_back = {"target": "action", "number": action_id}
    assert opened.executor.call("take_back", take_back, LEAD).action_id is None
    assert (annotation(opened, 1), annotation(opened, 2)) == (None, None)
    opened.executor.call("take_back", {**take_back, "redo": True}, LEAD)
    assert (annotation(opened, 1), annotation(opened, 2)) == (("agreed", "refund"), ("agreed", "refund"))


def test_a_withdrawn_run_takes_back_what_is_undecided_and_leaves_what_was_decided(opened: Opened) -> None:
    run_id = suggest(opened, {1: REFUND, 2: REFUND})
    decide(opened, ANN, 1, None, verdict="accept")
    opened.executor.call("take_back", {"target": "run", "number": run_id}, LEAD)
    assert annotation(opened, 1) == ("agreed", "refund")
    assert opened.desk.open_card(ANN, 2, "intent").suggestion is None


def test_accepting_many_leaves_out_what_was_decided_in_between(opened: Opened) -> None:
    action_id = pend(opened, 1, 2, 3)
    decide(opened, ANN, 2, PRAISE)
    outcome = opened.executor.confirm(action_id, LEAD)
    assert outcome.result.text.startswith("Accepted 2 proposals;")
    assert "1 was decided, withdrawn or set aside in the meantime and stays as it is." in outcome.result.text
    assert annotation(opened, 2) == ("agreed", "praise")


def test_accepting_many_leaves_out_what_no_longer_fits_the_schema(opened: Opened) -> None:
    suggest(opened, {1: REFUND, 2: PRAISE})
    action_id = opened.executor.call("accept_these", {"ids": [1, 2]}, LEAD).action_id
    intent = SCHEMA.fields[0]
    fewer = intent.model_copy(update={"labels": intent.labels[:2]})
    opened.store.change_schema(SCHEMA.model_copy(update={"fields": (fewer, *SCHEMA.fields[1:])}), LEAD)
    assert action_id is not None
    opened.executor.confirm(action_id, LEAD)
    assert (annotation(opened, 1), annotation(opened, 2)) == (("agreed", "refund"), None)


def test_an_item_that_is_listed_with_two_proposals_is_accepted_once(opened: Opened) -> None:
    from tools.results import Change

    suggest(opened, {1: REFUND})
    suggest(opened, {1: DELIVERY})
    change = Change("bulk_accept", "Accept.", {"field": "intent", "proposal_ids": [1, 2], "rule": "x"})
    action = opened.store.actions.add("accept_these", change, LEAD)
    opened.executor.confirm(action.action_id, LEAD)
    assert opened.store.database.rows("SELECT count(*) FROM reviews") == [(1,)]
    assert annotation(opened, 1) == ("agreed", "delivery")
    assert broken_checks(opened) == []


def test_accepting_many_leaves_out_what_is_blind_to_the_person(folder: Path) -> None:
    with reopen(folder, TOOLS) as project:
        action_id = pend(project, 1, 2)
        project.store.settings.put("blind_share", 1.0, LEAD)
        assert "Accepted no proposals" in project.executor.confirm(action_id, LEAD).result.text


def test_labels_of_a_batch_never_calibrate(opened: Opened) -> None:
    opened.executor.confirm(pend(opened, 1), LEAD)
    rows = opened.store.database.rows("SELECT calibrates, is_bulk FROM annotations")
    assert rows == [(False, True)]
