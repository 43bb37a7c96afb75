from __future__ import annotations

import json
from typing import Any

from assistant.agent.model.chat_models import ChatEndpoint
from assistant.agent.model.doctor import Check, doctor_llm
from tests.openai_server import Answer, OpenAIServer, call, say, status


def able(body: dict[str, Any]) -> Answer:
    """A server that can do everything."""
    if body.get("tools"):
        return call("pick_colour", {"colour": "red"})
    if body.get("response_format"):
        return say('{"colour": "red"}')
    return say("Hello", [("Hello", -0.1)]) if body.get("logprobs") else say("Hello")


def profile(checks: list[Check]) -> dict[str, bool]:
    return {check.name: check.ok for check in checks}


def test_an_able_endpoint_passes_every_probe() -> None:
    with OpenAIServer(able) as server:
        checks = doctor_llm(ChatEndpoint(server.address, "m"))
    assert len(checks) == 8
    assert all(profile(checks).values()), checks


def test_a_text_only_endpoint_is_told_apart() -> None:
    with OpenAIServer(lambda body: say("red"), refuses=("tools", "json_schema", "logprobs")) as server:
        found = profile(doctor_llm(ChatEndpoint(server.address, "m")))
    assert found == {"models": True, "chat": True, "system message": True,
                     "tool call": False, "named tool": False, "json_schema": False,
                     "json_object": False, "logprobs": False}  # fmt: skip


def test_a_call_written_into_the_text_counts_as_mended() -> None:
    told = json.dumps({"name": "pick_colour", "arguments": {"colour": "blue"}})
    with OpenAIServer(lambda body: say(f"<tool_call>{told}</tool_call>")) as server:
        checks = {check.name: check for check in doctor_llm(ChatEndpoint(server.address, "m"))}
    assert checks["tool call"].ok
    assert "after mending" in checks["tool call"].sentence


def test_a_refused_system_message_is_found_by_asking_with_one() -> None:
    def script(body: dict[str, Any]) -> Answer:
        has_system = any(one["role"] == "system" for one in body["messages"])
        return status(400, "System role not supported") if has_system else able(body)

    with OpenAIServer(script) as server:
        checks = {check.name: check for check in doctor_llm(ChatEndpoint(server.address, "m"))}
    assert checks["chat"].ok and not checks["system message"].ok
    assert checks["system message"].sentence == (
        "A system message does not work: it refused with status 400, so its words are put in front of the first "
        "question."
    )


def test_an_unlisted_model_is_named() -> None:
    with OpenAIServer(able) as server:
        first = doctor_llm(ChatEndpoint(server.address, "other"))[0]
    assert not first.ok
    assert first.sentence == "The endpoint does not list other; it lists m."


def test_a_dead_endpoint_ends_in_two_sentences() -> None:
    checks = doctor_llm(ChatEndpoint("http://127.0.0.1:9/v1", "m"), timeout=2)
    assert profile(checks) == {"models": False, "chat": False}
    assert "nothing answers at this address" in checks[1].sentence


def test_the_key_is_not_in_what_is_shown() -> None:
    assert "secret" not in repr(ChatEndpoint("http://127.0.0.1:9/v1", "m", "secret"))
