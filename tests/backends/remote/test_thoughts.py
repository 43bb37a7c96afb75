"""Models that think aloud: the labeller and the chat take the same things for thoughts."""

from __future__ import annotations

import pytest

from assistant.agent.model.repair import mend_message
from tools.backends.remote.replies import parse_json
from tools.thoughts import without_thoughts

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
