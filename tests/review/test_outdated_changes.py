"""A change that waits is withdrawn where what it was planned on is gone, and then confirming it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.agent.project import ANA, Project, open_project, suggest
from tools.errors import AlreadyDecided

AGENT = replace(ANA, via="agent")


@pytest.fixture
def project(tmp_path: Path) -> object:
    opened = open_project(tmp_path)
    yield opened
    opened.jobs.close()
    opened.store.close()


def ask(project: Project, tool: str, actor: object = ANA, **arguments: object) -> int:
    action = project.executor.call(tool, arguments, actor).action_id  # type: ignore[arg-type]
    assert action is not None
    return action


def rename(project: Project, name: str, actor: object = ANA, label: str = "fault") -> int:
    return ask(project, "change_schema", actor, operation="rename_label", label=label, value=name)


def waiting(project: Project) -> list[int]:
    return [one.action_id for one in project.executor.pending()]


def refusal(project: Project, action: int) -> str:
    before = project.counts()
    with pytest.raises(AlreadyDecided) as raised:
        project.executor.confirm(action, ANA)
    assert project.counts() == before
    return str(raised.value)


def test_a_schema_change_is_withdrawn_by_another_one_that_was_carried_out(project: Project) -> None:
    first, second = rename(project, "Broken"), rename(project, "Money", label="refund")
    assert waiting(project) == [first, second]
    project.executor.confirm(second, ANA)
    assert waiting(project) == []
    assert refusal(project, first).startswith("Nothing was changed, because the labels were changed in the meantime")
    assert [(one.action_id, why) for one, why in project.executor.withdrawn()] == [
        (first, "the labels were changed in the meantime")
    ]


def test_a_bulk_acceptance_is_withdrawn_by_a_newer_one_of_the_same_suggestions(project: Project) -> None:
    suggest(project)
    first = ask(project, "bulk_accept", label="refund")
    second = ask(project, "bulk_accept", label="refund", items=["M001", "M002"])
    assert waiting(project) == [second]
    assert "a newer change takes its place" in refusal(project, first)
    project.executor.dismiss(second, ANA)
    assert waiting(project) == []


def test_two_changes_about_different_things_both_wait(project: Project) -> None:
    suggest(project)
    first = ask(project, "bulk_accept", label="refund", items=["M001"])
    second = ask(project, "bulk_accept", label="refund", items=["M002"])
    assert waiting(project) == [first, second]


def test_a_model_withdraws_no_card_of_a_person(project: Project) -> None:
    suggest(project)
    own = ask(project, "bulk_accept", label="refund")
    wish = ask(project, "bulk_accept", AGENT, label="refund")
    assert waiting(project) == [own, wish]
    again = ask(project, "bulk_accept", AGENT, label="refund")
    assert waiting(project) == [own, again]
    assert project.counts()["action_decisions"] == 0


def test_a_bulk_acceptance_of_what_was_decided_since_is_withdrawn(project: Project) -> None:
    suggest(project, items=(1,))
    action = ask(project, "bulk_accept", label="refund")
    from assistant.review import Decision

    card = project.desk.open_card(ANA, 1, "intent")
    project.desk.decide(ANA, Decision(card.exposure.exposure_id, "k", "choose", {"label": "delivery"}))
    assert waiting(project) == []
    assert "was decided or withdrawn in the meantime" in refusal(project, action)


def test_an_undo_of_what_was_undone_since_is_withdrawn(project: Project) -> None:
    run_id = suggest(project)
    action = ask(project, "undo", AGENT, what="run", id=run_id)
    project.executor.call("undo", {"what": "run", "id": run_id}, ANA)
    assert waiting(project) == []
    assert "was taken back in the meantime" in refusal(project, action)
