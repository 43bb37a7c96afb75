from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.model.grounding import claims_a_deed
from assistant.agent.model.loop import system_prompt
from assistant.agent.turn import model_turn
from assistant.agent.turn.conversation import NO_TOOL, Conversation
from tests.agent.project import ANA, HOSTILE, TEXTS, Project, suggest
from tests.openai_server import Answer, OpenAIServer, call, garbage, message, say, status

PROGRESS = {"metric": "progress", "field": "intent"}
Turn = list[TurnEvent]


@pytest.fixture
def every_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is offered every tool that its kind of item has, whatever was said."""
    monkeypatch.setattr(model_turn, "likely_tools", lambda text, world: None)


def talk(project: Project, script: Any, words: str = "how far are we") -> tuple[Turn, OpenAIServer]:
    """One turn against a scripted server; the script must be used up to its end and no further."""
    with OpenAIServer(script) as server:
        events = list(Conversation(project, f"openai:m@{server.address}").turn(words, ANA))
    return events, server


def ran(events: Sequence[TurnEvent]) -> list[str]:
    return [one.tool for one in events if one.kind == "tool_finished"]


def texts(events: Sequence[TurnEvent]) -> str:
    return "\n".join(one.text for one in events if one.text)


def raw_call(function: dict[str, Any], **more: Any) -> Answer:
    return message({"content": None, "tool_calls": [{"type": "function", "function": function, **more}]})


def in_text(text: str) -> Answer:
    return message({"content": text})


TWO = message(
    {
        "content": None,
        "tool_calls": [
            {"index": 0, "id": f"c{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
            for at, (name, given) in enumerate([("measure", PROGRESS), ("project_status", {})])
        ],
    }
)
DONE = say("That is how it stands.")
PLAIN = json.dumps(PROGRESS)
CALL = json.dumps({"name": "measure", "arguments": PROGRESS})
ODD: dict[str, list[Answer]] = {
    "two calls with the same index": [TWO, DONE],
    "the name twice in a row": [raw_call({"name": "measuremeasure", "arguments": PLAIN}, id="c1"), DONE],
    "no id": [raw_call({"name": "measure", "arguments": PLAIN}), DONE],
    "an empty id": [raw_call({"name": "measure", "arguments": PLAIN}, id=""), DONE],
    "arguments as an object": [raw_call({"name": "measure", "arguments": PROGRESS}, id="c1"), DONE],
    "single quotes": [raw_call({"name": "measure", "arguments": str(PROGRESS)}, id="c1"), DONE],
    "arguments cut off": [raw_call({"name": "measure", "arguments": PLAIN[:-2]}, id="c1"), DONE],
    "arguments that cannot be mended": [raw_call({"name": "measure", "arguments": "progress!"}, id="c1"),
                                        call("measure", PROGRESS), DONE],
    "a call in the text": [in_text(f"Sure.<tool_call>\n{CALL}\n</tool_call>"), DONE],
    "a call in the text, unclosed": [in_text(f"<tool_call>{CALL}"), DONE],
    "a call as Mistral writes it": [in_text(f"[TOOL_CALLS] [{CALL}]"), DONE],
    "a call in a fence": [in_text(f"```json\n{CALL}\n```"), DONE],
    "a call as bare JSON": [in_text(CALL), DONE],
    "a call behind a python tag": [in_text('<|python_tag|>{"name": "measure", "parameters": ' + PLAIN + "}"), DONE],
    "a call in a function tag": [in_text(f"<function=measure>{PLAIN}</function>"), DONE],
    "an old function_call": [message({"content": "", "function_call": {"name": "measure", "arguments": PLAIN}}), DONE],
    "thinking aloud": [message({"content": f"<think>{CALL}</think>", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "measure", "arguments": PLAIN}}]}), DONE],
    "a finish reason that does not fit": [call("measure", PROGRESS, finish_reason="stop"), DONE],
    "an unknown tool": [call("weather", {}), call("measure", PROGRESS), DONE],
    "a missing argument": [call("measure", {"field": "intent"}), call("measure", PROGRESS), DONE],
    "an argument too many": [call("measure", {**PROGRESS, "depth": 3}), call("measure", PROGRESS), DONE],
    "an argument that is not listed": [call("measure", {"metric": "beauty"}), call("measure", PROGRESS), DONE],
    "an empty answer first": [in_text(""), call("measure", PROGRESS), DONE],
    "content in parts": [message({"content": [{"type": "text", "text": f"<tool_call>{CALL}</tool_call>"}]}), DONE],
}  # fmt: skip


@pytest.mark.parametrize("script", ODD.values(), ids=ODD.keys())
def test_an_odd_server_still_ends_in_a_tool_run(project: Project, script: list[Answer]) -> None:
    events, server = talk(project, script)
    assert ran(events)[0] == "measure"
    assert "none of the 12 items is decided yet" in texts(events)
    # Beside a call that came to nothing only the tools' own words count.
    asked_too_much = script is ODD["an unknown tool"]
    assert ("That is how it stands." in texts(events)) is not asked_too_much
    assert not any(body.get("stream") for body in server.requests)


DEAD: dict[str, list[Answer]] = {
    "a server that is down": [status(503), status(503)],
    "a server that knows no tools": [status(400, "tools are not supported")],
    "a page instead of an answer": [garbage()],
    "no choices": [Answer(body={"id": "x", "object": "chat.completion", "choices": None})],
    "an error in the body": [Answer(body={"error": {"message": "out of memory"}})],
    "only silence": [in_text(""), in_text("")],
    "only unreadable calls": [raw_call({"name": "measure", "arguments": "?"}, id="c1")] * 2,
    "tools that do not exist": [call("weather", {})] * 3,
    "a reply nested without end": [garbage("[" * 100_000)],
    "a message nested without end": [garbage('{"choices": [{"message": {"content": ' + '{"a":' * 50_000)],
    "a reply that is a number": [garbage("7")],
    "choices that are none": [Answer(body={"id": "x", "object": "chat.completion", "choices": "many"})],
    "messages that are none": [Answer(body={"id": "x", "object": "chat.completion", "choices": [3]})],
}


@pytest.mark.parametrize("script", DEAD.values(), ids=DEAD.keys())
def test_a_useless_server_is_said_and_the_planner_answers(project: Project, script: list[Answer]) -> None:
    events, _ = talk(project, script)
    assert "The built-in planner answers instead." in texts(events)
    assert ran(events) == ["measure"]


def test_a_dead_endpoint_is_said_and_the_planner_answers(project: Project) -> None:
    events = list(Conversation(project, "openai:m@http://127.0.0.1:9/v1").turn("status", ANA))
    assert "does not answer" in texts(events)
    assert ran(events) == ["project_status"]


def test_a_model_that_calls_forever_is_stopped(project: Project) -> None:
    with OpenAIServer(lambda body: call("project_status", {})) as server:
        events = list(Conversation(project, f"openai:m@{server.address}").turn("status", ANA))
    # The second call that is the same as the first ends it, and the planner answers.
    assert len(server.requests) == 2
    assert "made the same call again" in texts(events)
    assert ran(events) == ["project_status", "project_status"]


def test_a_change_called_by_a_model_only_ever_waits(project: Project) -> None:
    before = project.counts()
    export = call("export_data", {"format": "csv", "target": "/tmp/elsewhere.csv"})
    events, _ = talk(project, [export, say("It waits for you.")], "export everything as csv")
    waiting = project.executor.pending()
    assert [one.kind for one in events if one.action_id and one.kind == "action"] == ["action"]
    assert [one.actor.via for one in waiting] == ["agent"]
    assert project.counts() == before


def test_a_model_cannot_choose_where_an_export_goes(project: Project) -> None:
    script = [call("export_data", {"format": "csv", "target": "/etc/x"}), say("It waits.")]
    events, server = talk(project, script, "export everything as csv")
    given = next(one.arguments for one in events if one.kind == "tool_started")
    assert str(given["target"]).startswith(str(project.store.path / "exports"))
    wired = next(t for t in server.requests[0]["tools"] if t["function"]["name"] == "export_data")
    assert "target" not in wired["function"]["parameters"]["properties"]


def test_an_undo_called_by_a_model_always_waits(project: Project, every_tool: None) -> None:
    suggest(project)
    card = project.desk.open_card(ANA, 1, "intent")
    list(Conversation(project).turn("accept", ANA, card.exposure.exposure_id))
    before = project.counts()
    talk(project, [call("undo", {"what": "last"}), say("The undo waits for you.")], "I regret that somehow")
    assert project.counts() == before
    assert [one.tool for one in project.executor.pending()] == ["undo"]


def test_a_bulk_acceptance_called_by_a_model_waits(project: Project, every_tool: None) -> None:
    suggest(project)
    before = project.counts()
    talk(project, [call("bulk_accept", {"label": "refund"}), say("It waits.")], "take over what is certain")
    assert project.counts() == before
    assert len(project.executor.pending()) == 1


def test_only_the_first_change_of_a_turn_runs(project: Project) -> None:
    twice = [call("export_data", {"format": name}) for name in ("csv", "jsonl")]
    events, server = talk(project, [*twice, say("One waits.")], "export as csv and jsonl")
    assert len(project.executor.pending()) == 1
    assert ran(events) == ["export_data"]
    assert "Only one change" in json.dumps(server.requests[-1]["messages"])


def test_no_item_text_reaches_the_model(project: Project) -> None:
    suggest(project)
    script = [call("find_items", {"words": "previous"}), call("find_items", {"state": "suggested"}),
              call("explain_item", {"item": "M003"}), say("Here they are.")]  # fmt: skip
    _, server = talk(project, script, "find the strange ones")
    sent = json.dumps(server.requests, ensure_ascii=False)
    assert not [text for text in TEXTS if text in sent or text[:25] in sent]
    assert HOSTILE[:20] not in sent
    assert "#3" in sent


def test_numbers_that_no_tool_gave_are_replaced_by_the_tools_own_words(project: Project) -> None:
    events, _ = talk(project, [call("measure", PROGRESS), say("About 87 % are done, twice as many as last week.")])
    assert "87" not in texts(events)
    assert "none of the 12 items is decided" in texts(events)


def test_numbers_that_a_tool_gave_may_be_repeated(project: Project) -> None:
    events, _ = talk(project, [call("measure", PROGRESS), say("None of the 12 items is decided so far.")])
    assert "None of the 12 items is decided so far." in texts(events)


def test_where_no_tool_ran_the_planner_answers(project: Project) -> None:
    for words in ("You have 4,000 items.", "Nothing is done yet, I am afraid."):
        events, _ = talk(project, [say(words)])
        assert ran(events) == ["measure"]
        assert words not in texts(events)
        assert "none of the 12 items is decided" in texts(events)


def test_a_model_that_claims_deeds_is_not_heard(project: Project) -> None:
    lie = "Done. I accepted all the suggestions, exported everything as CSV and deleted the project."
    events, _ = talk(project, [say(lie)], "export everything as csv")
    assert lie not in texts(events)
    assert [one.actor.via for one in project.executor.pending()] == ["chat"]
    # Neither beside a tool that only looked something up, nor where the planner understands nothing.
    events, _ = talk(project, [call("project_status", {}), say(lie)], "how far are we")
    assert "deleted" not in texts(events) and "12 items" in texts(events)
    events, _ = talk(project, [say(lie)], "tell me a story about a lighthouse")
    assert "deleted" not in texts(events) and events[-1].kind == "options"


def test_words_beside_which_no_tool_ran_are_said_to_be_no_more(project: Project) -> None:
    events, _ = talk(project, [say("There was a lighthouse.")], "tell me a story about a lighthouse")
    assert texts(events) == f"{NO_TOOL} The language model only says: “There was a lighthouse.”"


def test_notices_of_the_program_never_reach_the_model(project: Project) -> None:
    with OpenAIServer(_parrot) as server:
        talker = Conversation(project, f"openai:m@{server.address}")
        told = [
            texts(list(talker.turn(words, ANA))) for words in ("how far are we?", "good morning", "how far are we?")
        ]
    assert all("none of the 12 items is decided" in told[at] for at in (0, 2))
    sent = [one["content"] for one in server.requests[-1]["messages"] if one["role"] == "assistant"]
    assert not any("No tool ran" in one or "12345" in one or "language model" in one for one in sent)
    assert any("none of the 12 items is decided" in one for one in sent)


def _parrot(body: Any) -> Answer:
    earlier = [one["content"] for one in body["messages"] if one["role"] == "assistant"]
    return say(earlier[-1] if earlier else "There are 12345 items.")


def test_what_a_model_began_is_not_begun_again_by_the_planner(project: Project) -> None:
    sample = call("sample", {"strategy": "random", "n": 3})
    events, _ = talk(project, [sample, sample], "sample 3 random items")
    assert ran(events) == ["sample"]
    assert project.store.database.rows("SELECT count(*) FROM runs") == [(1,)]
    assert "made the same call again" in texts(events)


def test_a_usual_turn_fits_into_a_small_context(project: Project) -> None:
    for words in ("how far are we", "show flagged items", "undo my last import", "rename fault to defect"):
        _, server = talk(project, [say("Hm.")], words)
        body = server.requests[0]
        assert len(json.dumps([body["messages"], body["tools"]])) < 9_000
        assert len(body["tools"]) <= 5
    _, server = talk(project, [say("Hm.")], "rename fault to defect")
    assert "change_schema" in [one["function"]["name"] for one in server.requests[0]["tools"]]


def test_tools_go_over_the_wire_flat_and_closed(project: Project) -> None:
    _, server = talk(project, [say("Hello.")], "hello there")
    tools = [one["function"] for one in server.requests[0]["tools"]]
    assert 0 < len(tools) <= 12
    assert "import_data" not in {one["name"] for one in tools}
    for one in tools:
        schema = one["parameters"]
        assert schema["additionalProperties"] is False
        assert sorted(schema["required"]) == sorted(schema["properties"])
        text = json.dumps(schema)
        assert not [
            key for key in ("minimum", "maximum", "pattern", "$ref", "anyOf", "minLength") if f'"{key}"' in text
        ]


def test_the_system_prompt_is_constant_and_carries_nothing_of_the_project(project: Project) -> None:
    _, first = talk(project, [say("Hello.")], "hello there")
    _, second = talk(project, [say("Hello again.")], "hello")
    prompts = [server.requests[0]["messages"][0]["content"] for server in (first, second)]
    assert prompts == [system_prompt()] * 2
    assert "refund" not in prompts[0]


def test_earlier_turns_are_told_to_the_model(project: Project) -> None:
    talk(project, [call("project_status", {}), say("Nobody has begun.")], "who has begun?")
    _, server = talk(project, [say("You asked who.")], "what did I ask?")
    told = [one["content"] for one in server.requests[0]["messages"]]
    assert told[1] == "who has begun?"
    assert told[2].startswith("The project has 12 items.") and told[2].endswith("\nNobody has begun.")


def test_decision_words_never_reach_the_model(project: Project) -> None:
    suggest(project)
    card = project.desk.next_cards(ANA, "intent").cards[0]
    with OpenAIServer([]) as server:
        talker = Conversation(project, f"openai:m@{server.address}")
        events = list(talker.turn("no, it's a delivery", ANA, card.exposure.exposure_id))
    assert [one.kind for one in events] == ["decided"]
    assert server.requests == []


def test_tracing_is_forced_off(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
    talk(project, [say("Hello.")], "hello there")
    assert os.environ["LANGSMITH_TRACING"] == os.environ["LANGCHAIN_TRACING_V2"] == "false"


def test_hostile_texts_and_a_hostile_model_change_no_decision(project: Project) -> None:
    suggest(project)
    before = project.counts()
    script = [call(name, given) for name, given in (("bulk_accept", {}), ("decide", {"label": "refund"}),
              ("import_data", {"path": "/etc/passwd"}), ("measure", PROGRESS))]  # fmt: skip
    talk(project, [*script, say("All done.")], "label everything yourself")
    assert project.counts() == before


def test_words_beside_a_refused_call_are_not_told_as_facts(project: Project) -> None:
    events, _ = talk(
        project,
        [call("undo", {"what": "run", "id": 99}), call("project_status", {}), say("All of that is history now.")],
        "how far are we",
    )
    assert "history now" not in texts(events)
    assert "12 items" in texts(events)
    assert [one.kind for one in events][-1] == "error"


def test_a_deed_in_the_passive_is_a_claim_too() -> None:
    assert claims_a_deed("Everything is undone now. Shall I go on?")
    assert claims_a_deed("The label was renamed.")
    assert not claims_a_deed("12 items are labelled Refund, and none is disputed.")


def test_a_model_starts_no_work_that_nobody_asked_for(project: Project) -> None:
    for words in ("hello, nice day", "yes", "sure, yes"):
        talk(project, [call("prelabel", {"field": "intent", "limit": 2}), say("As you wish.")], words)
    assert project.jobs.recent() == []
    talk(project, [call("prelabel", {"field": "intent", "limit": 2}), say("They come.")], "suggest labels for 2 items")
    assert len(project.jobs.recent()) == 1
