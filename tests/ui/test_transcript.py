"""What the chat shows of events: the answer first, its tables after it, its numbers one click away, nothing twice."""

from __future__ import annotations

from typing import Any

from assistant.agent.events import TurnEvent
from assistant.ui.transcript import Transcript
from tools.results import Fact, Table, ToolResult

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
