from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.turn.conversation import Conversation
from assistant.review import Decision
from tests.agent.doubles import ScriptedDoor
from tests.agent.project import ANA, HOSTILE, Project, suggest
from tools.errors import AssistantError, BackendMissing, InputError
from tools.records import Actor

TERMINAL = Actor("ana", "lead", "cli", "cli:ana")
BEN = Actor("ben", "reviewer", "chat", "s2")


def say(project: Project, text: str, exposure_id: int | None = None, actor: Actor = ANA) -> list[TurnEvent]:
    return list(Conversation(project).turn(text, actor, exposure_id))


def texts(events: list[TurnEvent]) -> str:
    return "\n".join(one.text for one in events if one.text)


def standing(project: Project) -> list[tuple[Any, ...]]:
    sql = "SELECT item_id, verdict, label, via FROM standing_reviews ORDER BY review_id"
    return project.store.database.rows(sql)


@pytest.fixture
def exposure(project: Project) -> int:
    """A card of item 1 with the suggestion Refund, in ana's hand."""
    suggest(project)
    return project.desk.open_card(ANA, 1, "intent").exposure.exposure_id


def test_accept_stores_the_decision_on_the_item_in_hand(project: Project, exposure: int) -> None:
    events = say(project, "accept", exposure)
    assert [(one.kind, one.exposure_id) for one in events] == [("decided", exposure)]
    assert "Refund on M001" in events[0].text
    assert standing(project) == [(1, "accept", "refund", "chat")]


def test_a_correction_in_words_is_stored_as_a_choice(project: Project, exposure: int) -> None:
    say(project, "no, it's a delivery", exposure)
    assert standing(project) == [(1, "choose", "delivery", "chat")]


def test_undo_in_words_takes_the_decision_back_and_shows_the_card_again(project: Project, exposure: int) -> None:
    say(project, "accept", exposure)
    events = say(project, "undo that")
    assert [one.kind for one in events] == ["moved"]
    assert events[0].exposure_id is not None
    assert standing(project) == []


def test_a_flag_keeps_the_card(project: Project, exposure: int) -> None:
    events = say(project, "flag: two wishes at once", exposure)
    assert [one.kind for one in events] == ["text"]
    assert project.store.database.rows("SELECT verdict, reason FROM reviews") == [("flag", "two wishes at once")]


def test_an_open_decision_is_asked_about_and_stores_nothing(project: Project, exposure: int) -> None:
    events = say(project, "no", exposure)
    assert events[0].kind == "options"
    assert "label: Delivery" in events[0].options
    assert standing(project) == []


def test_the_option_of_a_question_decides(project: Project, exposure: int) -> None:
    option = say(project, "it's not a refund", exposure)[0].options[0]
    say(project, option, exposure)
    assert len(standing(project)) == 1


def test_a_card_of_somebody_else_cannot_be_decided(project: Project, exposure: int) -> None:
    events = say(project, "accept", exposure, BEN)
    assert [one.kind for one in events] == ["error"]
    assert standing(project) == []


def test_a_question_about_a_label_decides_nothing(project: Project, exposure: int) -> None:
    events = say(project, "how many refunds are there?", exposure)
    assert [one.tool for one in events if one.kind == "tool_finished"] == ["measure"]
    assert standing(project) == []


def test_a_change_waits_and_the_persons_own_yes_confirms_it(project: Project) -> None:
    first = say(project, "export as csv")
    assert [one.kind for one in first][-1] == "action"
    waiting = project.executor.pending()[0]
    assert waiting.actor.via == "chat"
    events = say(project, "yes, do it")
    assert "Exported" in texts(events)
    assert project.executor.action(waiting.action_id).decision == "confirmed"


def test_a_no_dismisses_the_change(project: Project) -> None:
    say(project, "export as csv")
    assert texts(say(project, "no")).startswith("Dismissed: Export")
    assert project.executor.pending() == []


def test_a_yes_of_another_person_confirms_nothing(project: Project) -> None:
    say(project, "export as csv")
    other = Actor("chloe", "lead", "chat", ANA.session)
    say(project, "yes, do it", actor=other)
    assert len(project.executor.pending()) == 1


def test_a_bare_yes_is_asked_about_while_a_suggestion_is_in_hand(project: Project, exposure: int) -> None:
    say(project, "export as csv", exposure)
    events = say(project, "yes", exposure)
    assert events[0].options == ("yes, do it", "accept")
    assert (len(project.executor.pending()), standing(project)) == (1, [])
    say(project, "yes, do it", exposure)
    assert project.executor.pending() == []


def test_a_yes_after_the_button_was_pressed_is_about_the_item_in_hand(project: Project, exposure: int) -> None:
    say(project, "export as csv", exposure)
    project.executor.confirm(project.executor.pending()[0].action_id, ANA)
    assert [one.kind for one in say(project, "yes", exposure)] == ["decided"]


def test_a_role_that_may_not_is_told_so(project: Project) -> None:
    events = say(project, "export as csv", actor=BEN)
    assert "reviewer" in texts(events)
    assert project.executor.pending() == []


def test_quick_replies_run_what_they_stand_for(project: Project) -> None:
    asked = say(project, "export")
    assert "export as jsonl" in asked[-1].options
    events = say(project, "export as jsonl")
    assert [one.arguments["format"] for one in events if one.kind == "tool_started"] == ["jsonl"]


def test_a_quick_reply_can_be_picked_by_its_number(project: Project) -> None:
    say(project, "export")
    assert [one.arguments["format"] for one in say(project, "1") if one.kind == "tool_started"] == ["csv"]


@pytest.mark.parametrize(
    ("text", "items"), [("suggest labels for those", "#2, #7"), ("mark those as gold", ["#2", "#7"])]
)
def test_those_are_the_items_of_the_last_result(
    project: Project, monkeypatch: pytest.MonkeyPatch, text: str, items: Any
) -> None:
    say(project, "show me messages about delivery")
    door = ScriptedDoor(AssistantError("That is enough."))
    monkeypatch.setattr(project.executor, "call", door.call)
    say(project, text)
    assert door.asked[0][1]["items"] == items


def test_those_without_a_list_are_asked_back(project: Project) -> None:
    assert "No list was shown" in texts(say(project, "suggest labels for those"))


def test_positions_count_in_the_list_shown_last(project: Project) -> None:
    say(project, "show me messages about refund")
    events = say(project, "accept all but 9")
    assert "The list shown last has 2 items" in texts(events)


def test_a_chain_stops_at_the_first_step_that_fails(project: Project) -> None:
    events = say(project, "explain M999 and then export as csv")
    assert [one.kind for one in events] == ["tool_started", "error", "text"]
    assert project.executor.pending() == []


def test_a_chain_runs_its_steps_in_order(project: Project) -> None:
    events = say(project, "show flagged ones then show skipped ones")
    assert [one.arguments["state"] for one in events if one.kind == "tool_started"] == ["flagged", "skipped"]


def test_a_follow_up_changes_only_what_it_names(project: Project) -> None:
    say(project, "agreement")
    started = next(one for one in say(project, "the same for topics") if one.kind == "tool_started")
    assert dict(started.arguments) == {"metric": "agreement", "field": "topics"}


def test_an_inner_defect_ends_in_a_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("spilled")

    monkeypatch.setattr(project.executor, "call", broken)
    events = say(project, "status")
    assert events[-1].kind == "error"
    assert "RuntimeError" in events[-1].text
    assert "spilled" not in texts(events)


def test_an_error_of_ours_is_shown_as_its_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any) -> None:
        raise AssistantError("The lamp is off.")

    monkeypatch.setattr(project.executor, "call", refused)
    assert texts(say(project, "status")) == "The lamp is off."


@pytest.mark.parametrize(
    "text", ["", "   ", "???", "\x00\x07", "x" * 50_000, "'; DROP TABLE items; --", "/", "/find ="]
)
def test_no_turn_is_ever_empty(project: Project, text: str) -> None:
    assert texts(say(project, text))


def test_no_item_text_is_kept_with_the_conversation(project: Project) -> None:
    suggest(project)
    say(project, "show me everything about previous")
    say(project, "explain M003")
    kept = str(project.store.database.rows("SELECT text, record FROM messages"))
    assert "M003" in kept
    assert HOSTILE[:20] not in kept


def test_the_conversation_goes_on_in_a_new_process(project: Project) -> None:
    say(project, "show flagged ones")
    started = next(one for one in say(project, "save this search as tricky") if one.kind == "tool_started")
    assert dict(started.arguments) == {"state": "flagged", "saved": "tricky"}
    assert project.store.talk.filter_names() == ["tricky"]


def test_page_and_terminal_do_not_hear_each_other_and_two_sign_ins_do(project: Project) -> None:
    say(project, "show flagged ones")
    terminal = replace(ANA, via="cli", session="cli:ana")
    assert "no search to be saved" in texts(say(project, "save this search as tricky", actor=terminal))
    say(project, "save this search as tricky", actor=replace(ANA, session="s9"))
    assert project.store.talk.filter_names() == ["tricky"]


def test_a_model_is_named_with_its_scheme(project: Project) -> None:
    with pytest.raises(InputError, match="openai:NAME"):
        Conversation(project, "gpt")


def test_the_official_endpoint_needs_a_key(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(BackendMissing, match="OPENAI_BASE_URL"):
        Conversation(project, "openai:gpt-5-mini")


def confirmed_labels(project: Project) -> list[tuple[int, str]]:
    return [(item_id, label) for item_id, _, label, _ in standing(project)]


def test_accept_all_but_some_becomes_a_card_that_lists_exactly_that(project: Project) -> None:
    suggest(project)
    say(project, "show me everything suggested as refund")
    events = say(project, "accept all but 2 and 5")
    waiting = project.executor.pending()[0]
    assert [one.kind for one in events][-1] == "action"
    assert waiting.change.item_ids == (1, 3, 4)
    assert standing(project) == []
    say(project, "yes, do it")
    assert sorted(confirmed_labels(project)) == [(1, "refund"), (3, "refund"), (4, "refund")]


def test_a_bulk_acceptance_is_undone_by_undo_that(project: Project) -> None:
    suggest(project)
    say(project, "accept all refunds above 0.9")
    say(project, "yes, do it")
    assert len(standing(project)) == 5
    say(project, "undo that")
    assert standing(project) == []


def test_those_can_be_accepted(project: Project) -> None:
    suggest(project, items=(1, 2, 3, 7))
    say(project, "show messages about delivery")
    say(project, "accept those")
    assert project.executor.pending()[0].change.item_ids == (2, 7)


def test_undo_that_after_a_batch_withdraws_the_batch(project: Project) -> None:
    say(project, "20 random")
    events = say(project, "undo that")
    assert [one.tool for one in events if one.kind == "tool_started"] == ["undo"]
    assert project.store.database.rows("SELECT target, undone FROM undos") == [("run", True)]


def test_undo_that_after_a_later_decision_takes_the_decision_back(project: Project, exposure: int) -> None:
    say(project, "20 random")
    say(project, "accept", exposure)
    say(project, "undo that")
    assert project.store.database.rows("SELECT target FROM undos") == [("review",)]


def test_the_last_two_decisions_are_undone_together(project: Project) -> None:
    suggest(project)
    for item_id in (1, 2, 4):
        say(project, "accept", project.desk.open_card(ANA, item_id, "intent").exposure.exposure_id)
    say(project, "undo my last 2 decisions")
    assert confirmed_labels(project) == [(1, "refund")]


def test_undo_of_somebody_elses_work_waits(project: Project, exposure: int) -> None:
    say(project, "accept", exposure)
    say(project, "undo what ana did today", actor=Actor("chloe", "lead", "chat", "s7"))
    assert len(standing(project)) == 1
    assert [one.tool for one in project.executor.pending()] == ["undo"]


def test_a_schema_change_waits(project: Project) -> None:
    say(project, "rename fault to broken thing")
    assert project.schema.field("intent").label("fault").name == "Fault"
    say(project, "go ahead")
    assert project.schema.field("intent").label("fault").name == "broken thing"


def test_a_label_is_found_under_its_new_name(project: Project) -> None:
    say(project, "rename fault to broken thing")
    say(project, "go ahead")
    started = next(one for one in say(project, "show me the broken things") if one.kind == "tool_started")
    assert started.arguments["label"] == "fault"


def test_a_batch_number_that_means_two_things_is_asked_about(project: Project) -> None:
    run_id = suggest(project)
    assert run_id == 1
    say(project, "accept all refunds above 0.9")
    say(project, "yes, do it")
    events = say(project, "undo batch 1")
    assert events[0].options == ("undo run 1", "undo action 1")
    assert len(standing(project)) == 5
    say(project, "undo action 1")
    assert standing(project) == []


def test_the_end_of_a_job_left_in_the_background_is_told_once(project: Project) -> None:
    project.store.settings.put("backend.embedder", "builtin:ngrams", ANA)
    first = list(Conversation(project, patience=0.0).turn("suggest labels for 5 items", TERMINAL))
    job_id = next(one.job_id for one in first if one.job_id is not None)
    project.jobs.wait(job_id, 60)
    assert texts(say(project, "flagged ones", actor=TERMINAL)).startswith(
        f"Meanwhile: Job {job_id} ended: 5 of 5 items have a suggestion. “Undo run 1” takes it back."
    )
    assert "Meanwhile" not in texts(say(project, "flagged ones", actor=TERMINAL))


def test_a_job_that_still_waits_is_followed_on(project: Project) -> None:
    project.store.settings.put("backend.embedder", "builtin:ngrams", ANA)
    with project.jobs._turn:
        list(Conversation(project, patience=0.0).turn("suggest labels for 5 items", TERMINAL))
        assert "Meanwhile" not in texts(say(project, "flagged ones", actor=TERMINAL))
    project.jobs.wait(1, 60)
    assert "Meanwhile: Job 1 ended" in texts(say(project, "flagged ones", actor=TERMINAL))


def test_notices_are_told_once_and_not_to_those_who_come_later(project: Project) -> None:
    say(project, "hello")
    project.store.notices.add("The learning process ended.")
    assert "Meanwhile" not in texts(say(project, "hello", actor=BEN))
    assert texts(say(project, "hello")).startswith("Meanwhile: The learning process ended.")
    assert "Meanwhile" not in texts(say(project, "hello"))


def test_the_bulk_acceptance_is_undone_and_not_the_gold_marks_after_it(project: Project) -> None:
    suggest(project)
    say(project, "accept all refunds above 0.9")
    say(project, "yes, do it")
    bulk = max(row[0] for row in project.store.database.rows("SELECT action_id FROM reviews"))
    say(project, "mark M001 as gold")
    say(project, "yes, do it")
    events = say(project, "undo the bulk acceptance")
    called = [dict(one.arguments) for one in events if one.kind == "tool_started"]
    assert called == [{"what": "action", "id": bulk}]
    assert standing(project) == []


@pytest.mark.parametrize("text", ["rename gizmo to gadget", "remove the label gizmo", "delete label gizmo from intent"])
def test_a_label_that_does_not_exist_is_said_back(project: Project, text: str) -> None:
    told = texts(say(project, text))
    assert "There is no label “gizmo”: " in told and "Refund" in told


def test_what_two_named_people_agree_on_is_in_the_sentence(project: Project, exposure: int) -> None:
    say(project, "accept", exposure)
    assert "Ana and ben have no item of Intent in common yet." in texts(_ask_about_ben(project))
    project.store.settings.put("overlap", 2, ANA)
    card = project.desk.open_card(BEN, 1, "intent")
    project.desk.decide(BEN, Decision(card.exposure.exposure_id, "k", "choose", {"label": "delivery"}))
    told = texts(_ask_about_ben(project))
    assert "Ana and ben gave the same answer on 0 of the 1 item of Intent they share (0 %); Cohen's kappa is" in told


def _ask_about_ben(project: Project) -> list[TurnEvent]:
    if ("ben", "reviewer") not in project.store.users.names():
        project.store.users.add("ben", "reviewer", "a long enough password", ANA)
    return say(project, "how well do ana and ben agree?")
