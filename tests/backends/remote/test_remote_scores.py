"""Examples in the prompt, repeats, and scores that are compared with blind labels."""

from __future__ import annotations

import json
import re

import pytest

from tests.backends.remote.remote_asking import REFUND, ask, labeller
from tests.backends.texts.messages import BOUGHT, INTENT, MOOD, THINGS, TOPICS, examples_of
from tests.fake_context import MemoryCalls
from tests.openai_server import Answer, Body, OpenAIServer, message, say
from tools.backends.contract import Example, Input
from tools.backends.remote.replies import read_answer, written_answer
from tools.backends.remote.shown_examples import subject_of
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.values import same_value


def test_repeats_are_asked_warmly_and_their_agreement_is_the_score() -> None:
    answers = [REFUND, say('{"label": "delivery"}'), REFUND, REFUND]
    with OpenAIServer(answers) as server:
        made = labeller(server, repeats=4)
        draft = ask(made, "money back")[0]
        assert [body["temperature"] for body in server.requests] == [0.7] * 4
        once = labeller(server).estimate([Input.of_text(1, "money back")])
        assert made.estimate([Input.of_text(1, "money back")]) == (4 * once[0], 4 * once[1])
    assert (draft.value, draft.score, draft.score_source) == ({"label": "refund"}, 0.75, "agreement")
    assert [(one.label, one.score) for one in draft.alternatives] == [("delivery", 0.25)]
    assert made.identity.settings["repeats"] == 4


def test_a_repeat_that_cannot_be_read_agrees_with_nobody() -> None:
    def script(body: Body) -> Answer:
        script.asked += 1  # type: ignore[attr-defined]
        return REFUND if script.asked <= 2 else say("hm")  # type: ignore[attr-defined]

    script.asked = 0  # type: ignore[attr-defined]
    with OpenAIServer(script) as server:
        draft = ask(labeller(server, repeats=3), "money back")[0]
    assert draft.score == pytest.approx(2 / 3)


def test_several_labels_are_scored_by_the_tokens_of_the_whole_list() -> None:
    scored = [('{"labels": ', 0.0), ('["money", ', -0.1), ('"login"]', -0.4), ("}", 0.0)]
    with OpenAIServer([say('{"labels": ["money", "login"]}', scored)]) as server:
        draft = ask(labeller(server, TOPICS), "a text")[0]
    assert (draft.score, draft.score_source) == (pytest.approx(0.6065, abs=1e-4), "logprob")


def test_confirmed_answers_are_shown_as_earlier_turns_and_the_beginning_is_the_same_for_all() -> None:
    with OpenAIServer(lambda _: REFUND) as server:
        made = labeller(server, prompt="classify.choice_few_shot.v1")
        known = examples_of(INTENT, 30, calibrates=False)
        artefact = made.fit(known, [], 7)
        made.predict(artefact, [Input.of_text(101, "first"), Input.of_text(102, "second")])
        one, other = (body["messages"] for body in server.requests)
    assert len(one) == 2 + 2 * 12
    assert [message["role"] for message in one[1:-1]] == ["user", "assistant"] * 12
    assert one[:-1] == other[:-1]
    # Every answer that people gave has its share of the examples.
    assert {label: sum(label in message["content"] for message in one[2:-1:2]) for label in ("refund", "delivery")} == {
        "refund": 4,
        "delivery": 4,
    }


def test_an_item_is_never_among_its_own_examples() -> None:
    with OpenAIServer(lambda _: REFUND) as server:
        made = labeller(server, prompt="classify.choice_few_shot.v1")
        known = examples_of(INTENT, 3, calibrates=False)
        artefact = made.fit(known, [], 7)
        same_text = Input.of_text(77, known[1].input.text)
        made.predict(artefact, [known[0].input, same_text])
        first, second = (body["messages"] for body in server.requests)
    assert len(first) == len(second) == 2 + 2 * 2


@pytest.mark.parametrize("field", [THINGS, BOUGHT, TOPICS, MOOD])
def test_examples_of_every_kind_are_written_as_an_answer_that_can_be_read(field: FieldSpec) -> None:
    for one in examples_of(field, 12, calibrates=False):
        written = written_answer(field, one.value, subject_of(one.input))
        if written is None:
            assert field is BOUGHT and len(one.input.spans) < 2
            continue
        found = read_answer(field, written, one.input.text, one.input.spans)
        assert same_value(found.value, one.value)


def test_scores_are_calibrated_on_blind_labels_that_this_question_was_put_about_before() -> None:
    def script(body: Body) -> Answer:
        # Always sure, and right for every second text.
        number = int(re.findall(r"number.(\d+)", body["messages"][-1]["content"])[0])
        label = "refund" if number % 2 else "delivery"
        return say(json.dumps({"label": label}), [('{"label": "', 0.0), (label, -0.001), ('"}', 0.0)])

    calls = MemoryCalls()
    blind = [Example(Input.of_text(n, f"number {n}"), {"label": "refund"}, True) for n in range(1, 161)]
    with OpenAIServer(script) as server:
        made = labeller(server, calls=calls, workers=8)
        before = made.fit(blind, [], 7)
        assert "there are 0" in str(before.json["said"]) and "calibrated_on" not in before.json
        made.predict(before, [one.input for one in blind[:120]])
        artefact = made.fit(blind, [], 7)
        asked = len(server.requests)
        draft = made.predict(artefact, [Input.of_text(999, "number 999")])[0]
        assert len(server.requests) == asked + 1 == 121
    assert artefact.json["calibrated_on"] == 120
    assert draft.score_source == "calibrated"
    assert draft.score == pytest.approx(0.5, abs=0.03)
    assert "token probabilities" in str(artefact.json["calibration_words"])


def before_the_grammar(label: str, logprob: float, others: list[tuple[str, float]]) -> Answer:
    """An answer whose probabilities were taken before the model was held to the form."""
    top = [{"token": text, "logprob": chance} for text, chance in [(label, logprob), *others]]
    plain = [{"token": text, "logprob": 0.0, "top_logprobs": []} for text in ('{"label": "', '"}')]
    scored = {"token": label, "logprob": logprob, "top_logprobs": top}
    return message({"content": json.dumps({"label": label})}, [plain[0], scored, plain[1]])


@pytest.mark.parametrize(
    ("logprob", "others", "score"),
    [
        # 2 % for the label and 90 % for other words: the number says nothing about the label.
        (-3.9, [("Sure", -0.1)], None),
        # The labels have nearly all between them: the model hesitates, and that may be shown.
        (-1.2, [("delivery", -0.5), ("pass", -2.5)], 0.3012),
    ],
)
def test_a_score_is_shown_only_where_the_labels_have_most_of_the_probability(
    logprob: float, others: list[tuple[str, float]], score: float | None
) -> None:
    with OpenAIServer([before_the_grammar("refund", logprob, others)]) as server:
        draft = ask(labeller(server), "money back")[0]
    assert draft.value == {"label": "refund"}
    assert draft.score == (None if score is None else pytest.approx(score, abs=1e-4))
    assert (draft.score_source, bool(draft.alternatives)) == (("none", False) if score is None else ("logprob", True))


def test_a_score_that_was_not_shown_can_be_calibrated_and_is_shown_then() -> None:
    def script(body: Body) -> Answer:
        number = int(re.findall(r"number.(\d+)", body["messages"][-1]["content"])[0])
        return before_the_grammar("refund" if number % 2 else "delivery", -3.9, [("Sure", -0.1)])

    calls = MemoryCalls()
    blind = [Example(Input.of_text(n, f"number {n}"), {"label": "refund"}, True) for n in range(1, 121)]
    with OpenAIServer(script) as server:
        made = labeller(server, calls=calls, workers=8)
        raw = made.predict(Artefact(), [one.input for one in blind])
        draft = made.predict(made.fit(blind, [], 7), [Input.of_text(999, "number 999")])[0]
    assert {one.score for one in raw} == {None}
    assert (draft.score, draft.score_source) == (pytest.approx(0.5, abs=0.03), "calibrated")


def test_a_model_that_gives_no_probabilities_stays_without_a_score() -> None:
    calls = MemoryCalls()
    blind = [Example(Input.of_text(n, f"number {n}"), {"label": "refund"}, True) for n in range(1, 121)]
    with OpenAIServer(lambda _: REFUND) as server:
        made = labeller(server, calls=calls, workers=8)
        made.predict(Artefact(), [one.input for one in blind])
        artefact = made.fit(blind, [], 7)
        assert made.predict(artefact, [Input.of_text(999, "new")])[0].score is None
    assert "calibrated_on" not in artefact.json
