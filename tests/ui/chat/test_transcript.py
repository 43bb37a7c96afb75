"""What the chat shows of events: the answer first, its tables after it, its numbers one click away, nothing twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.agent.events import TurnEvent
from assistant.agent.kept_tables import shown_record
from assistant.agent.turn.conversation import Conversation
from assistant.session import Session
from assistant.ui.chat.chats import Chats
from assistant.ui.chat.transcript import Transcript
from tests.store.opened import batch
from tools.records import Actor, Role
from tools.results import Fact, Figure, Table, ToolResult
from tools.schema import schema_from_labels

TABLE = Table("Items", ("key",), (("M001",),))
FACT = Fact("decided_share", 0.5, "share", n=20)


def heard(*events: TurnEvent) -> list[dict[str, Any]]:
    transcript = Transcript()
    transcript.ask("how far are we?")
    for event in events:
        transcript.hear(event)
    transcript.end()
    return transcript.messages[2:]


def finished(result: ToolResult, **more: Any) -> tuple[TurnEvent, TurnEvent, TurnEvent]:
    started = TurnEvent("tool_started", tool="measure", arguments={"metric": "progress"})
    ended = TurnEvent("tool_finished", tool="measure", result=result, seconds=0.1, **more)
    return started, ended, TurnEvent("text", result.text, tool="measure")


def test_the_sentence_comes_before_its_table() -> None:
    tool, sentence, table = heard(*finished(ToolResult("Half is done.", tables=(TABLE,))))
    assert "metadata" in tool
    assert sentence["content"] == "Half is done."
    assert "M001" in table["content"]


def test_numbers_with_their_denominator_are_inside_the_step() -> None:
    tool, sentence = heard(*finished(ToolResult("Half is done.", facts=(FACT,))))
    assert "decided share" in tool["content"]
    assert "| 20 |" in tool["content"]
    assert "interval" not in tool["content"]
    assert sentence["content"] == "Half is done."


def test_a_table_without_rows_is_not_shown() -> None:
    assert len(heard(*finished(ToolResult("Nothing.", tables=(Table("Items", ("key",), ()),))))) == 2


def test_tables_of_a_change_that_waits_are_on_the_panel_only() -> None:
    events = finished(ToolResult("Accept 3.", tables=(TABLE,)), action_id=7)
    assert not any("M001" in one["content"] for one in heard(*events))


def test_a_table_without_a_sentence_is_still_shown() -> None:
    started, ended, _ = finished(ToolResult("", tables=(TABLE,)))
    assert "M001" in heard(started, ended)[-1]["content"]


def test_progress_is_one_line_that_the_end_replaces() -> None:
    result = finished(ToolResult("I will suggest.", tables=()))
    steps = [TurnEvent("progress", f"{done} of 50 items") for done in (0, 20, 40)]
    contents = [one["content"] for one in heard(*result, *steps)]
    assert contents[1:] == ["I will suggest.", "40 of 50 items"]
    ended = [one["content"] for one in heard(*result, *steps, TurnEvent("text", "Done: 50 of 50 items"))]
    assert not any("40 of 50" in one for one in ended)


def kept(result: ToolResult, role: str = "lead") -> list[dict[str, Any]]:
    """A question and its answer as they are stored."""
    record = json.loads(json.dumps({"shown": shown_record(result), "role": role}))
    return [
        {"speaker": "person", "text": "how far?", "record": {}},
        {"speaker": "assistant", "text": result.text, "record": record},
    ]


def restored(result: ToolResult, role: Role = "lead") -> list[str]:
    transcript = Transcript()
    transcript.restore(kept(result), role)
    return [str(one["content"]) for one in transcript.messages[2:]]


def test_tables_and_charts_of_an_earlier_answer_come_back_as_they_were() -> None:
    long = Table("Items", ("key", "n", "share"), tuple((f"M{n:03}" + "x" * 300, n, n / 7) for n in range(25)))
    figure = Figure(
        "Curve", "line", (1, 2), {"ana": (0.5, 0.7)}, "labels", "accuracy", {"ana": ((0.4, 0.6), (0.5, 0.9))}
    )
    result = ToolResult("Half is done.", tables=(TABLE, Table("None", ("key",), ()), long), figures=(figure,))
    seen = [str(one["content"]) for one in heard(*finished(result)) if "metadata" not in one]
    assert restored(result) == seen
    assert "The first 20 of 25 rows." in seen[-1]


def test_who_has_a_lesser_role_by_now_is_not_shown_what_the_greater_one_was_told() -> None:
    told = ["This was answered while you were lead. Ask again for what you may see now."]
    assert restored(ToolResult("ana: refund", tables=(TABLE,)), "reviewer") == told
    assert restored(ToolResult("ana says refund", tables=()), "admin") == ["ana says refund"]


def test_a_new_server_shows_the_answer_with_its_tables(tmp_path: Path) -> None:
    lea = Actor("lea", "lead", "chat", "s1")
    with Session.create(tmp_path / "p", "p", schema_from_labels(["a", "b"]), "lea") as session:
        session.store.take_in(batch(["first", "second"]), lea, {})
        events = list(Conversation(session).turn("find items with first", lea))
    live = heard(*events)
    with Session.open(tmp_path / "p") as session:
        chat = Chats(session, Conversation).of("lea", "lead")
        again = [str(one["content"]) for one in chat.messages()[2:]]
    assert again == [str(one["content"]) for one in live if "metadata" not in one]
    assert any(one.startswith("**") and "K1" in one for one in again)
