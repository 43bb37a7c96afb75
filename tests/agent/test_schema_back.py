"""Taking back a change of the labels in words: the sentences that take back everything else, and a yes before it."""

from __future__ import annotations

import pytest

from tests.agent.project import ANA, Project
from tests.agent.test_conversation import say, texts


def name_of(project: Project, label: str) -> str:
    return project.store.schema.field("intent").label(label).name


@pytest.mark.parametrize("words", ["undo that", "undo the rename", "undo the schema change", "undo the label change"])
def test_a_rename_is_taken_back_by_the_words_and_a_yes(project: Project, words: str) -> None:
    before = name_of(project, "fault")
    say(project, "rename fault to Defect")
    say(project, "yes, do it")
    assert name_of(project, "fault") == "Defect"
    say(project, words)
    waiting = project.executor.pending()
    assert [one.change.kind for one in waiting] == ["schema"]
    assert waiting[0].change.sentence.startswith("Take back version 2 of the schema: ")
    assert name_of(project, "fault") == "Defect"
    say(project, "yes, do it")
    assert name_of(project, "fault") == before
    assert project.store.schema_version == 3


def test_the_sentence_that_is_offered_works_when_it_is_said(project: Project) -> None:
    say(project, "rename fault to Defect")
    say(project, "yes, do it")
    action = project.store.database.rows("SELECT max(action_id) FROM pending_actions")[0][0]
    say(project, "rename fault to Broken")
    say(project, "yes, do it")
    told = texts(say(project, f"undo action {action}"))
    assert "the labels were changed again since, by version 3" in told
    assert "“undo the schema change”" in told and "change_schema" not in told
    say(project, "undo the schema change")
    say(project, "yes, do it")
    assert name_of(project, "fault") == "Defect"


def test_without_a_change_of_the_labels_nothing_is_taken_back(project: Project) -> None:
    told = texts(say(project, "undo the schema change"))
    assert told.startswith("The labels and questions are as they were made")
    assert project.executor.pending() == []


def test_an_added_label_that_is_used_by_now_is_not_taken_away(project: Project) -> None:
    say(project, "add label complaint to intent")
    say(project, "yes, do it")
    exposure = project.desk.open_card(ANA, 1, "intent").exposure.exposure_id
    say(project, "label it complaint", exposure)
    told = texts(say(project, "undo the new label"))
    assert "1 decision" in told
    assert project.executor.pending() == []
