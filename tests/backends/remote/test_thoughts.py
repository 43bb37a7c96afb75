"""What models make of JSON and think aloud: the labeller and the chat read the same things from it."""

from __future__ import annotations

import json

import pytest

from assistant.agent.model.repair import mend_message
from tools.backends.remote.replies import parse_json
from tools.model_text.thoughts import without_thoughts

WAYS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<THOUGHTS>", "</THOUGHTS>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("", "</think>"),
]


@pytest.mark.parametrize(("begin", "end"), WAYS)
def test_labeller_and_chat_pass_over_the_same_thoughts(begin: str, end: str) -> None:
    thought = f'{begin}it may be {{"label": "delivery"}}{end}\n'
    assert parse_json(thought + '{"label": "refund"}') == {"label": "refund"}
    spoken = {"role": "assistant", "content": f"{thought}It is a refund."}
    assert mend_message(spoken, frozenset()).message["content"] == "It is a refund."


def test_what_is_said_to_people_around_a_thought_stays() -> None:
    assert without_thoughts("Well, <think>hm</think>yes. <think>And") == "Well, yes. "
    assert without_thoughts("a < b and 3 > 2") == "a < b and 3 > 2"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{'label': 'refund'}", {"label": "refund"}),
        ('{"label": "refund",}', {"label": "refund"}),
        ('{"labels": ["refund", "login",], "sure": true,}', {"labels": ["refund", "login"], "sure": True}),
        ("{'label': 'it, } ends', 'sure': True,}", {"label": "it, } ends", "sure": True}),
        ('{"label": "\\ud83d"}', {"label": "\ufffd"}),
    ],
)
def test_labeller_and_chat_read_the_same_objects(written: str, meant: dict[str, object]) -> None:
    assert parse_json(f"Here: {written}") == meant
    call = {"id": "1", "function": {"name": "measure", "arguments": written}}
    message = mend_message({"content": "", "tool_calls": [call]}, frozenset({"measure"})).message
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == meant
