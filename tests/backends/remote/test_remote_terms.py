"""What the calls to one endpoint share: the form of the question, the waits, the connections."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.backends.remote.remote_asking import REFUND, Waits, ask, labeller
from tests.fake_context import MemoryCalls
from tests.openai_server import Answer, Body, OpenAIServer, call, hang, say, slowly, status
from tools.backends.remote.call import MOST_TRIES
from tools.backends.remote.pace import terms_of
from tools.errors import JobStopped, WaitAsked


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


def test_a_server_that_refuses_the_role_of_the_system_gets_its_words_from_the_first_user() -> None:
    def script(body: Body) -> Answer:
        has_system = any(one["role"] == "system" for one in body["messages"])
        return status(400, "System role not supported") if has_system else REFUND

    with OpenAIServer(script) as server:
        drafts = ask(labeller(server), "one", "two", "three")
        roles = [[one["role"] for one in body["messages"]] for body in server.requests]
        merged = server.requests[1]["messages"][0]["content"]
        system, user = (one["content"] for one in server.requests[0]["messages"])
    assert {draft.state for draft in drafts} == {"ok"}
    # Found out once for the endpoint, without giving up the schema.
    assert roles == [["system", "user"], ["user"], ["user"], ["user"]]
    assert merged == f"{system}\n\n{user}"
    assert all(body["response_format"]["type"] == "json_schema" for body in server.requests)


def test_a_refusal_of_the_role_that_says_nothing_of_it_is_found_out_last() -> None:
    def script(body: Body) -> Answer:
        return status(400, "bad request") if body["messages"][0]["role"] == "system" else REFUND

    with OpenAIServer(script) as server:
        assert ask(labeller(server), "one")[0].state == "ok"
        assert "response_format" not in server.requests[-1]


def test_a_wait_of_a_day_stops_the_rest_with_the_time_and_hands_over_what_is_there() -> None:
    waits = Waits()
    with OpenAIServer([REFUND, REFUND, status(429, retry_after=86400)]) as server:
        with pytest.raises(WaitAsked, match=r"asks to wait until \d\d:\d\d on .* \(24\.0 hours from now\)") as stopped:
            ask(labeller(server, waits=waits), *(f"text {n}" for n in range(6)))
        assert len(server.requests) == 3
    assert [draft.item_id for draft in stopped.value.made] == [1, 2]
    assert waits == []


def test_a_wait_until_a_date_is_understood() -> None:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    with (
        OpenAIServer([Answer(429, {}, {"Retry-After": tomorrow})]) as server,
        pytest.raises(WaitAsked, match="asks to wait until"),
    ):
        ask(labeller(server), "one")


def test_a_short_wait_is_said_while_it_lasts() -> None:
    calls = MemoryCalls()
    with OpenAIServer([status(429, retry_after=30), REFUND]) as server:
        ask(labeller(server, calls=calls), "one")
    assert calls.told == ["the endpoint asks to wait 30.0 seconds", ""]


@pytest.mark.parametrize("stop", ["soon", "now"])
def test_a_job_that_is_to_end_sends_nothing_new_and_keeps_what_came(stop: Any) -> None:
    calls = MemoryCalls()

    def script(body: Body) -> Answer:
        if len(server.requests) == 2:
            calls.stop = "soon"
        return REFUND

    with OpenAIServer(script) as server:
        with pytest.raises(JobStopped) as stopped:
            ask(labeller(server, calls=calls), *(f"text {n}" for n in range(9)))
        assert len(server.requests) == 2
        calls.stop = stop
        with pytest.raises(JobStopped):
            ask(labeller(server, calls=calls), "new")
        assert len(server.requests) == 2
    assert [draft.item_id for draft in stopped.value.made] == [1, 2]
    assert calls.reserved == {}


@pytest.mark.parametrize(("key", "booked"), [("", 0), ("sk-1", 1)])
def test_a_call_that_is_out_is_hung_up_at_once_and_charged_where_somebody_may_bill_it(key: str, booked: int) -> None:
    calls = MemoryCalls()

    def script(body: Body) -> Answer:
        calls.stop = "now"
        return hang(60)

    with OpenAIServer(script) as server, pytest.raises(JobStopped):
        ask(labeller(server, calls=calls, timeout=60.0, key=key), "one")
    assert len(calls.reserved) == booked


def test_a_reply_that_a_filter_kept_back_is_not_asked_for_again() -> None:
    stopped = Answer(body={"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]})
    declined = Answer(body={"choices": [{"message": {"content": None, "refusal": "I will not."}}]})
    with OpenAIServer([stopped, declined]) as server:
        drafts = ask(labeller(server), "one", "two")
    assert [draft.problem for draft in drafts] == ["the content filter stopped it", "the model declined: I will not."]


def test_trouble_in_the_body_of_a_success_is_trouble() -> None:
    busy = Answer(200, {"error": {"message": "rate limited upstream", "code": 429}}, {"Retry-After": "1"})
    waits = Waits()
    with OpenAIServer([busy, REFUND]) as server:
        assert ask(labeller(server, waits=waits), "one")[0].state == "ok"
    assert waits == [1.0]


def test_an_answer_in_parts_is_put_together() -> None:
    parts = [{"type": "text", "text": '{"label": '}, {"type": "text", "text": '"refund"}'}]
    with OpenAIServer([Answer(body={"choices": [{"message": {"content": parts}}]})]) as server:
        assert ask(labeller(server), "one")[0].value == {"label": "refund"}


def test_what_waited_behind_others_is_asked_again_with_fewer_beside_it() -> None:
    alone = threading.Lock()

    def script(body: Body) -> Answer:
        # One after the other, as a small server works; what comes while it is busy waits.
        with alone:
            time.sleep(0.25)
        return REFUND

    with OpenAIServer(script) as server:
        made = labeller(server, timeout=0.9, workers=16)
        terms_of(made._endpoint.address, "m").gate._allowed = 8
        drafts = ask(made, *(f"text {n}" for n in range(10)))
    assert {draft.state for draft in drafts} == {"ok"}
    assert (terms_of(made._endpoint.address, "m").gate.allowed or 16) <= 3
