"""Numbers that are larger than anything here: the sentence is answered, and nothing breaks inside."""

from __future__ import annotations

import pytest

from assistant.agent.turn.conversation import Conversation
from assistant.agent.words.quantities import read_quantities
from tests.agent.project import ANA, Project, suggest

SENTENCES = (
    "accept the first {n}",
    "undo action {n}",
    "undo run {n}",
    "show item {n}",
    "cancel job {n}",
    "accept all refunds above {n}",
    "what was labelled in the last {n} weeks?",
    "what did I label {n} days ago?",
    "box {n} is a refund",
    "accept 1-{n}",
)


@pytest.mark.parametrize("digits", ["9" * 17, "9" * 20, "9" * 400, "9" * 5000])
def test_no_number_breaks_a_turn(project: Project, digits: str) -> None:
    suggest(project)
    before = project.counts()
    for sentence in SENTENCES:
        said = [one.text for one in Conversation(project).turn(sentence.format(n=digits), ANA) if one.text]
        assert said, sentence
        assert not any("went wrong inside" in one for one in said), sentence
    assert project.counts() == before


def test_more_digits_than_anything_has_are_a_quadrillion() -> None:
    assert [one.value for one in read_quantities("the first 12,000 of " + "9" * 400)] == [12_000, 10**15]
