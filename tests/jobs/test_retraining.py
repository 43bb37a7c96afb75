"""Learning again in the background: what starts it, what it makes anew, and what it leaves alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.executor import OWN_WORDS
from assistant.retraining import LEARNER, Retraining, asked_for
from assistant.review import Decision
from assistant.session import Session
from assistant.store.people.people import OWN_NAME
from assistant.store.project import ProjectStore
from tests.jobs.labelling import ANN, ITEMS, ask, label, open_session, runs, steps_here, wait_for
from tests.store.opened import LEAD
from tools.errors import InputError


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_session(tmp_path / "p") as opened:
        yield opened


@pytest.fixture
def here(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """The same with the steps done in this process."""
    steps_here(session, monkeypatch)
    return session


def test_nothing_is_learned_before_somebody_asked(session: Session) -> None:
    label(session, 12)
    assert session.retraining.due() == ["intent"]
    assert session.retraining.learn("intent") == []
    assert (runs(session), session.learner.pid) == ([], None)


def test_suggestions_near_the_head_are_renewed_by_a_run_of_their_own(here: Session) -> None:
    first = ask(here, "prelabel", field="intent", limit=30)
    done = label(here, 12)
    made = here.retraining.learn("intent")
    assert runs(here) == [("prelabel", "lea", "key"), ("prelabel", OWN_NAME, "job")]
    renewed = {one.draft.item_id: one for one in here.store.runs.of_run(made[0])}
    assert sorted(renewed) == [item for item in range(1, ITEMS + 1) if item not in done]
    assert all("learned from 12" in one.draft.reason for one in renewed.values())
    about = here.store.runs.settings_of(made[0])
    assert (about["follows"], about["labels"]) == (first, 12)
    assert "lea asked for it" in about["because"]


def test_who_asked_once_gets_suggestions_for_what_is_served_next_as_long_as_the_field_is_open(here: Session) -> None:
    ask(here, "prelabel", field="intent", limit=5)
    for _ in range(3):
        label(here, 5)
        made = here.retraining.learn("intent")
        card = here.desk.next_cards(ANN, "intent").cards[0]
        assert card.suggestion is not None and card.suggestion.run_id == made[0]
        here.desk.release(ANN, [card.exposure.exposure_id])


def test_a_round_makes_suggestions_for_the_head_of_the_queue_only(
    here: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.retraining.HEAD", 7)
    ask(here, "prelabel", field="intent", limit=5)
    label(here, 5)
    made = here.retraining.learn("intent")
    assert [one.draft.item_id for one in here.store.runs.of_run(made[0])] == list(range(6, 13))
    here.store.reviews.undo([("run", made[0])], LEAD)
    assert here.store.runs.latest("intent", list(range(6, 41))) == {}


def test_what_was_undone_while_labels_came_is_made_again_after_a_new_label_only(
    here: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.retraining.HEAD", 7)
    ask(here, "prelabel", field="intent", limit=5)
    label(here, 5)
    wait = here.jobs.wait

    def labels_come(job_id: int) -> Any:
        assert label(here, 2) == [6, 7]
        return wait(job_id)

    with monkeypatch.context() as patched:
        patched.setattr(here.jobs, "wait", labels_come)
        made = here.retraining.learn("intent")
    here.store.reviews.undo([("run", made[0])], LEAD)
    again = here.retraining.learn("intent")
    # The head moved on by two, and those two alone were not taken back.
    assert [one.draft.item_id for one in here.store.runs.of_run(again[0])] == [13, 14]
    assert here.store.runs.latest("intent", list(range(8, 13))) == {}
    # What has a suggestion is served first.
    assert label(here, 1) == [13]
    once_more = here.retraining.learn("intent")
    assert {one.draft.item_id for one in here.store.runs.of_run(once_more[0])} == {*range(8, 13), 14, 15}


def test_who_asks_anew_after_taking_suggestions_back_has_them_renewed(here: Session) -> None:
    ask(here, "prelabel", field="intent", limit=30)
    label(here, 12)
    made = here.retraining.learn("intent")
    here.store.reviews.undo([("run", made[0])], LEAD)
    assert here.retraining.learn("intent") == []
    ask(here, "prelabel", field="intent", limit=5)
    renewed = here.retraining.learn("intent")
    assert len(here.store.runs.of_run(renewed[0])) == ITEMS - 12


def test_an_order_that_was_undone_is_not_chosen_again_from_the_same_labels(here: Session) -> None:
    ask(here, "sample", field="intent", strategy="margin", n=6)
    label(here, 4)
    made = here.retraining.learn("intent")
    here.store.reviews.undo([("run", made[0])], LEAD)
    assert here.retraining.learn("intent") == []
    label(here, 1)
    assert len(here.retraining.learn("intent")) == 1


def test_a_busy_machine_does_not_stretch_the_rest(session: Session) -> None:
    now = [0.0]
    watch = _with_clock(session, now)
    watch.note("intent")

    def slow(field_id: str) -> dict[str, Any]:
        now[0] += 300.0
        return {}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("assistant.retraining.asked_for", lambda store, field_id: slow(field_id))
        watch.learn("intent")
    for _ in range(10):
        watch.note("intent")
    now[0] = 329.0
    assert watch.due() == []
    now[0] = 330.0
    assert watch.due() == ["intent"]


def test_the_queue_is_chosen_anew_by_the_strategy_that_was_asked_for(here: Session) -> None:
    ask(here, "sample", field="intent", strategy="margin", n=6)
    label(here, 4)
    made = here.retraining.learn("intent")
    rows = here.store.database.rows("SELECT backend, arguments FROM runs WHERE run_id = ?", [made[0]])
    assert rows == [("builtin:margin", '{"field":"intent","n":6,"strategy":"margin"}')]
    chosen = here.store.database.rows("SELECT item_id FROM queue_entries WHERE run_id = ? ORDER BY position", made)
    assert here.queues.of("intent").main[:6].tolist() == [row[0] for row in chosen]


def test_a_random_draw_keeps_its_order(here: Session) -> None:
    ask(here, "sample", field="intent", strategy="margin", n=6)
    ask(here, "sample", field="intent", strategy="random", n=6)
    label(here, 4)
    assert here.retraining.learn("intent") == []


def test_a_withdrawn_run_is_not_followed(session: Session) -> None:
    run_id = ask(session, "prelabel", field="intent", limit=30)
    session.store.reviews.undo([("run", run_id)], LEAD)
    assert asked_for(session.store, "intent") == {}


def test_where_another_back_end_is_preferred_nothing_is_renewed(session: Session) -> None:
    ask(session, "prelabel", field="intent", limit=30)
    session.store.settings.put("backend.intent", "remote:gpt", LEAD)
    assert asked_for(session.store, "intent") == {}


def test_a_card_that_was_issued_keeps_its_suggestion(here: Session) -> None:
    first = ask(here, "prelabel", field="intent", limit=30)
    label(here, 12)
    held = here.desk.next_cards(ANN, "intent", 2).cards
    made = here.retraining.learn("intent")
    renewed = {one.draft.item_id for one in here.store.runs.of_run(made[0])}
    assert not renewed & {card.item.item_id for card in held}
    card = held[0]
    assert card.suggestion is not None and card.suggestion.run_id == first
    receipt = here.desk.decide(ANN, Decision(card.exposure.exposure_id, "k", "accept"))
    assert receipt.review.value == card.suggestion.draft.value


def test_withdrawing_the_newer_run_brings_the_older_suggestions_back(here: Session) -> None:
    first = ask(here, "prelabel", field="intent", limit=30)
    label(here, 12)
    made = here.retraining.learn("intent")
    newest = here.store.runs.latest("intent", [20])[20].run_id
    here.store.reviews.undo([("run", made[0])], LEAD)
    assert (newest, here.store.runs.latest("intent", [20])[20].run_id) == (made[0], first)


def test_withdrawing_what_was_asked_for_takes_what_followed_along(here: Session) -> None:
    first = ask(here, "prelabel", field="intent", limit=30)
    label(here, 12)
    here.retraining.learn("intent")
    told = here.executor.call("undo", {"what": "run", "id": first}, replace(LEAD, via="chat")).result.text
    assert told.endswith("With it 1 run that learned again after it.")
    assert here.store.runs.latest("intent", list(range(1, ITEMS + 1))) == {}
    here.executor.call("undo", {"what": "redo"}, replace(LEAD, via="chat"))
    assert len(here.store.runs.latest("intent", list(range(1, ITEMS + 1)))) == ITEMS


def test_a_run_at_work_goes_with_what_was_asked_for(here: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(here, "prelabel", field="intent", limit=30)
    label(here, 12)
    wait, told = here.jobs.wait, []

    def somebody_undoes(job_id: int) -> Any:
        told.append(here.executor.call("undo", {"what": "run", "id": first}, replace(LEAD, via="chat")).result.text)
        return wait(job_id)

    monkeypatch.setattr(here.jobs, "wait", somebody_undoes)
    made = here.retraining.learn("intent")
    assert told[0].endswith("With it 1 run that learned again after it.")
    assert here.store.runs.withdrawn() == {first, made[0]}
    assert here.store.runs.latest("intent", list(range(1, ITEMS + 1))) == {}


def test_a_run_that_begins_as_what_was_asked_for_is_undone_goes_along_and_comes_back_with_it(
    here: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(here, "prelabel", field="intent", limit=30)
    label(here, 12)

    def undone_just_then(store: ProjectStore, field_id: str) -> dict[str, Any]:
        asked = asked_for(store, field_id)
        here.executor.call("undo", {"what": "run", "id": first}, replace(LEAD, via="chat"))
        return asked

    monkeypatch.setattr("assistant.retraining.asked_for", undone_just_then)
    monkeypatch.setattr("assistant.retraining.taken_back", lambda *given: (False, frozenset()))
    made = here.retraining.learn("intent")
    assert here.store.runs.withdrawn() == {first, made[0]}
    here.executor.call("undo", {"what": "redo"}, replace(LEAD, via="chat"))
    assert here.store.runs.withdrawn() == frozenset()


def test_what_a_finished_run_learned_is_not_kept(here: Session) -> None:
    first = ask(here, "prelabel", field="intent", limit=30)
    label(here, 12)
    here.retraining.learn("intent")
    kept = {one.name for one in (here.path / "artefacts").iterdir()}
    assert kept == {f"run_{first}.npz", f"run_{first}.learned.npz"}


def test_enough_new_labels_or_a_pause_make_a_field_due(session: Session) -> None:
    now = [0.0]
    watch = _with_clock(session, now)
    for number in range(9):
        watch.note("intent")
        assert watch.due() == [], number
    now[0] = 19.0
    assert watch.due() == []
    now[0] = 20.0
    assert watch.due() == ["intent"]
    now[0] = 0.0
    watch.note("intent")
    assert watch.due() == ["intent"]


def status(session: Session) -> str:
    return session.executor.call("project_status", {"field": "intent"}, LEAD).result.text


def test_the_status_says_that_nothing_is_learned_without_a_page_and_that_it_rests(here: Session) -> None:
    ask(here, "prelabel", field="intent", limit=30)
    assert "nothing more is learned while no page is served: start “assistant serve”" in status(here)
    assert "next after" not in status(here)
    here.store.learning_state = lambda: "resting"
    assert "it has just learned and goes on in half a minute at most." in status(here)
    assert "next after" not in status(here)
    here.store.learning_state = lambda: "learning"
    assert "it is learning from newer labels right now." in status(here)


def test_it_says_when_it_learns_rests_and_watches(session: Session) -> None:
    now = [0.0]
    watch = _with_clock(session, now)
    assert (watch.state(), session.store.learning_state()) == ("off", "off")
    watch.begin()
    assert session.store.learning_state() == "watching"
    watch._not_before = 5.0
    assert session.store.learning_state() == "resting"
    now[0] = 5.0
    assert session.store.learning_state() == "watching"
    watch.stop()
    watch.join()
    assert session.store.learning_state() == "off"


def test_the_status_says_what_was_learned_from_and_when_next(here: Session) -> None:
    here.store.learning_state = lambda: "watching"
    assert "was learned from" not in status(here)
    run_id = ask(here, "prelabel", field="intent", limit=30)
    assert f"was learned from no labels at {time.strftime('%H:', time.gmtime())}" in status(here)
    assert f"(run {run_id}); next after 10 more labels, or when people pause." in status(here)
    label(here, 12)
    made = here.retraining.learn("intent")
    label(here, 7)
    assert "was learned from 12 labels" in status(here)
    assert f"(run {made[0]}); next after 3 more labels, or when people pause." in status(here)
    here.store.settings.put("retrain", False, LEAD)
    assert "is switched off (setting retrain)" in status(here)


def test_it_can_be_switched_off(session: Session) -> None:
    session.store.settings.put("retrain", False, LEAD)
    label(session, 12)
    assert session.retraining.due() == []


def _with_clock(session: Session, now: list[float]) -> Retraining:
    return Retraining(
        session.store, session.executor, session.jobs, session.queues, session.learner, clock=lambda: now[0]
    )


@pytest.mark.parametrize(("key", "value"), [("retrain", 1), ("retrain_after", 0), ("retrain_quiet_seconds", "soon")])
def test_settings_that_make_no_sense_are_refused(session: Session, key: str, value: Any) -> None:
    with pytest.raises(InputError, match=key):
        session.store.settings.put(key, value, LEAD)


def test_while_people_label_it_learns_by_itself(session: Session) -> None:
    ask(session, "prelabel", field="intent", limit=30)
    session.retraining.begin()
    label(session, 10)
    wait_for(lambda: ("prelabel", OWN_NAME, "job") in runs(session))
    # The run is written before its job; the first job is the one that was asked for.
    wait_for(lambda: len(session.jobs.recent(5)) > 1)
    own = session.jobs.recent(5)[-2]
    assert session.jobs.wait(own.job_id, 60).state == "done"


def test_a_new_order_keeps_what_was_decided_meanwhile(session: Session) -> None:
    label(session, 3)
    before = session.queues.of("intent")
    session.queues.reorder("intent")
    after = session.queues.of("intent")
    assert after is not before
    assert (after.counts is before.counts, after.mine is before.mine) == (True, True)
    assert label(session, 1) == [4]


def test_a_new_order_does_not_hide_that_standing_changed(session: Session) -> None:
    label(session, 1)
    session.store.reviews.undo([("review", 1)], LEAD)
    session.queues.stir()
    session.queues.reorder("intent")
    assert label(session, 1) == [1]


def test_the_program_itself_may_neither_confirm_nor_lead() -> None:
    assert (LEARNER.via in OWN_WORDS, LEARNER.may("lead")) == (False, False)
