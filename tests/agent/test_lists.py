"""Lists are numbered, and words such as "all of these except 3 and 7" mean the rows of the list that was shown last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.planner.planner import plan
from assistant.agent.turn.conversation import Conversation
from tests.agent.doubles import world
from tests.agent.project import ANA, Project, open_project, suggest


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    yield open_project(tmp_path)


def say(project: Project, text: str) -> list[TurnEvent]:
    return list(Conversation(project).turn(text, ANA))


def texts(events: list[TurnEvent]) -> str:
    return "\n".join(one.text for one in events if one.kind in ("text", "error", "options"))


def to_accept(project: Project) -> list[str]:
    """Keys of the items that the change that waits would accept."""
    (waiting,) = project.executor.pending()
    return project.store.items.keys(list(waiting.change.item_ids))


def test_rows_of_a_list_are_numbered_in_their_order(project: Project) -> None:
    events = say(project, "show the newest 3 messages")
    (table,) = next(one.result for one in events if one.kind == "tool_finished").tables  # type: ignore[union-attr]
    assert (table.columns[0], [row[:2] for row in table.rows]) == ("row", [(1, "M012"), (2, "M011"), (3, "M010")])


def test_all_of_these_except_two_leaves_out_the_rows_that_were_shown(project: Project) -> None:
    suggest(project, items=tuple(range(1, 11)))
    say(project, "show the newest 10 messages")  # M012 to M003, of which M012 and M011 have no suggestion
    told = texts(say(project, "accept all of these except 3 and 7"))
    assert to_accept(project) == ["M003", "M004", "M005", "M007", "M008", "M009"]
    assert "M010 and M006 are left out as you said." in told
    assert "M012 and M011 have no open suggestion that you may see." in told


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ("accept 1-3 and 5", ["M001", "M002", "M003", "M005"]),
        ("accept the second one", ["M002"]),
        ("accept the first and the third item", ["M001", "M003"]),
        ("accept the first two", ["M001", "M002"]),
    ],
)
def test_places_count_in_the_list_shown_last(project: Project, said: str, keys: list[str]) -> None:
    suggest(project)
    say(project, "show 8 messages")
    say(project, said)
    assert to_accept(project) == keys


def test_a_number_asked_in_between_does_not_hide_the_list(project: Project) -> None:
    suggest(project)
    say(project, "show 8 messages")
    say(project, "how far are we?")
    say(project, "accept 2 and 4")
    assert to_accept(project) == ["M002", "M004"]


def test_places_are_never_those_of_what_waits_to_be_accepted(project: Project) -> None:
    suggest(project)
    say(project, "show the newest 11 messages")  # row 8 is M005
    say(project, "accept all of these except 8")
    project.executor.dismiss(project.executor.pending()[0].action_id, ANA)
    say(project, "accept all of these except 9")
    assert to_accept(project) == ["M002", "M003", "M005"]


def test_a_place_beyond_the_list_accepts_nothing(project: Project) -> None:
    suggest(project)
    say(project, "show 5 messages")
    assert "The list shown last has 5 items" in texts(say(project, "accept 4 and 7"))
    assert project.executor.pending() == []


def test_places_of_a_list_that_is_yet_to_be_shown_are_not_guessed() -> None:
    found = plan("show flagged items and then accept the first and the third", world())
    assert found.calls == ()


def test_the_suggestion_of_a_named_item_waits_for_a_yes(project: Project) -> None:
    suggest(project)
    say(project, "accept the suggestion for M002")
    assert to_accept(project) == ["M002"]
