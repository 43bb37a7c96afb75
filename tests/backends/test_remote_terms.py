"""What the calls to one endpoint share: the form of the question, the waits, the connections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.backends.remote_asking import REFUND, Waits, ask, labeller
from tests.fake_context import MemoryCalls
from tests.openai_server import Answer, Body, OpenAIServer, call, say, slowly, status
from tools.backends.remote_endpoint import MOST_TRIES
from tools.backends.remote_pace import terms_of


def refusing_logprobs_and_schemas(body: Body) -> Answer:
    """A server that says of nothing why it refuses it, and gives log-probabilities where it answers."""
    kind = body.get("response_format", {}).get("type")
    if kind == "json_schema" or "tools" in body:
        return status(400, "bad request")
    return say(
        '{"label": "refund"}', [('{"label": "', 0.0), ("refund", -0.2), ('"}', 0.0)] if "logprobs" in body else None
    )


def test_a_refusal_without_a_reason_costs_the_form_and_not_the_log_probabilities() -> None:
    with OpenAIServer(refusing_logprobs_and_schemas) as server:
        draft = ask(labeller(server), "money back")[0]
        kinds = [body.get("response_format", {}).get("type", "tools") for body in server.requests]
    assert kinds == ["json_schema", "tools", "json_object"]
    assert (draft.score, draft.score_source) == (pytest.approx(0.8187, abs=1e-4), "logprob")


def test_a_server_that_understands_nothing_but_messages_is_found_out() -> None:
    def script(body: Body) -> Answer:
        return status(400, "bad request") if {"logprobs", "response_format", "tools"} & set(body) else REFUND

    with OpenAIServer(script) as server:
        drafts = ask(labeller(server), "one", "two")
        assert [draft.state for draft in drafts] == ["ok", "ok"]
        # Seven forms are refused once for the endpoint; the second item is asked in the form that worked.
        assert len(server.requests) == 7 + 2


def test_sixteen_calls_at_once_find_out_together_how_to_ask() -> None:
    def script(body: Body) -> Answer:
        return call("answer", {"label": "refund"}) if "tools" in body else status(400, "json_schema is not supported")

    with OpenAIServer(script) as server:
        drafts = ask(labeller(server, workers=16), *(f"text {n}" for n in range(32)))
        assert len(server.requests) == 1 + 32
    assert {draft.state for draft in drafts} == {"ok"}


def test_a_text_that_a_filter_stops_is_unread_and_changes_nothing_for_the_others() -> None:
    def script(body: Body) -> Answer:
        text = body["messages"][1]["content"]
        return status(400, "stopped by the content filter") if "rude" in text else REFUND

    with OpenAIServer(script) as server:
        drafts = ask(labeller(server), "rude", "fine", "rude again", "fine again")
        assert [draft.state for draft in drafts] == ["unread", "ok", "unread", "ok"]
        assert len(server.requests) == 4
        assert all(body["response_format"]["type"] == "json_schema" for body in server.requests)
    assert "content filter" in drafts[0].problem


def test_a_time_to_wait_holds_back_every_call_to_the_endpoint() -> None:
    waits, asked = Waits(), []

    def script(body: Body) -> Answer:
        asked.append(sum(waits))
        return status(429, retry_after=5) if len(asked) == 2 else REFUND

    with OpenAIServer(script) as server:
        ask(labeller(server, waits=waits), "one")
        made = labeller(server, waits=waits)
        ask(made, "two")
    assert asked == [0, 0, 5.0] and waits == [5.0]
    terms = terms_of(made._endpoint.address, "m")
    terms.hold(3.0, waits.clock)
    terms.wait(waits, waits.clock)
    assert waits == [5.0, 3.0]


def test_a_busy_server_is_waited_for_longer_than_a_silent_one() -> None:
    busy = [status(429, retry_after=1)] * (MOST_TRIES + 4)
    with OpenAIServer([*busy, REFUND]) as server:
        assert ask(labeller(server), "money back")[0].state == "ok"


def test_no_more_calls_are_out_than_there_are_connections_whoever_asks() -> None:
    with OpenAIServer(slowly(REFUND, 0.05)) as server:
        makers = [labeller(server, workers=3), labeller(server, workers=3)]
        with ThreadPoolExecutor(2) as threads:
            drafts = list(threads.map(lambda made: ask(made, *(f"text {n}" for n in range(12))), makers))
        assert server.most_at_once <= 3
    assert [len(made) for made in drafts] == [12, 12]


def test_plain_words_are_read_where_they_leave_no_doubt_and_asked_about_where_they_do() -> None:
    with OpenAIServer([say("The answer is: Refund."), say("Refund or delivery"), REFUND]) as server:
        drafts = ask(labeller(server), "one", "two")
        assert len(server.requests) == 3
    assert [draft.value for draft in drafts] == [{"label": "refund"}] * 2


def test_an_unread_draft_says_under_which_call_its_replies_are_kept() -> None:
    calls = MemoryCalls()
    with OpenAIServer([say("no"), say("no")]) as server:
        draft = ask(labeller(server, calls=calls), "money back")[0]
    key = draft.reason.rpartition(" ")[2]
    assert [one for one in calls.replies if one.startswith(key)]
