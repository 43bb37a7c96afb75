"""Answers of language models: JSON out of prose, values out of JSON, quotes into offsets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backends.texts.messages import BOUGHT, INTENT, MOOD, THINGS, TOPICS
from tools.backends.remote.dialect import ScoredToken, read_body
from tools.backends.remote.replies import answer_schema, parse_json, read_answer
from tools.backends.remote.token_scores import label_chance, other_labels
from tools.errors import ReplyUnreadable
from tools.kinds.replies.quotes import locate_quote, quote_of
from tools.values import check_value


@pytest.mark.parametrize(
    "reply",
    [
        '{"label": "refund"}',
        '```json\n{"label": "refund"}\n```',
        'Sure! Here is the answer: {"label": "refund"} I hope {it} helps.',
        "{'label': 'refund'}",
        '{"label": "refund",}',
        '<think>maybe {"label": "delivery"}</think>\n{"label": "refund"}',
        '{"label": "refund"}{"label": "refund"}',
        'maybe {"label": "delivery"}? no.</think>\n{"label": "refund"}',
        '<thinking>{"label": "delivery"}</thinking>{"label": "refund"}',
        '[THINK]{"label": "delivery"}[/THINK]{"label": "refund"}',
        '<|channel|>analysis<|message|>{"label": "delivery"}<|channel|>final<|message|>{"label": "refund"}',
        '```json\n{"label": "refund"}\n```\nAgain:\n```\n{"label": "refund"}\n```',
        "Sure: {'label': 'refund'} as {asked}.",
        'a { b {"label": "refund"}',
    ],
)
def test_the_json_is_found_in_whatever_surrounds_it(reply: str) -> None:
    assert parse_json(reply) == {"label": "refund"}


@pytest.mark.parametrize("reply", ["", "refund", "[1, 2]", '{"label": "ref', "null", "{" * 3000, "<think>{}"])
def test_a_reply_without_an_object_is_unreadable(reply: str) -> None:
    with pytest.raises(ReplyUnreadable, match="no JSON object"):
        parse_json(reply)


@pytest.mark.parametrize(
    "reply",
    [
        'First I thought {"label": "refund"} but no. Final answer: {"label": "delivery"}',
        '{"label": "refund"}{"label": "delivery"}',
        '```json\n{"label": "refund"}\n```\nor\n```json\n{"label": "delivery"}\n```',
        'I considered {"label": "refund"}.\n```json\n{"label": "delivery"}\n```',
        "{'label': 'refund'} or {'label': 'delivery'}",
    ],
)
def test_two_different_answers_are_none(reply: str) -> None:
    with pytest.raises(ReplyUnreadable, match="several different answers"):
        read_answer(INTENT, reply, "some text")


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ('maybe {"label": "refund"}? no.</think>\n{"label": "delivery"}', "delivery"),
        ("Not a refund, I think.</think>The answer is delivery.", "delivery"),
        ('{"thoughts": "could be refund"} {"label": "delivery"}', "delivery"),
        ('{"label": "refund", "reason": "they wrote </think> {\\"label\\": \\"delivery\\"}"}', "refund"),
    ],
)
def test_what_counts_is_what_stands_after_the_last_end_of_thinking(reply: str, label: str) -> None:
    assert read_answer(INTENT, reply, "some text").value == {"label": label}


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300))
def test_no_reply_makes_the_reader_stumble(reply: str) -> None:
    for field in (INTENT, TOPICS, MOOD, THINGS, BOUGHT):
        try:
            found = read_answer(field, reply, "some text")
        except ReplyUnreadable:
            continue
        check_value(field, found.value, "some text")


def test_display_names_are_understood_and_foreign_labels_are_never_bent() -> None:
    assert read_answer(INTENT, '{"label": "Refund"}', "").value == {"label": "refund"}
    assert read_answer(TOPICS, '{"labels": ["LOGIN", "money"]}', "").value == {"labels": ["money", "login"]}
    assert read_answer(MOOD, '{"rating": "2"}', "").value == {"rating": 2}
    for field, reply in ((INTENT, '{"label": "refunds"}'), (MOOD, '{"rating": 7}'), (TOPICS, '{"labels": "money"}')):
        with pytest.raises(ReplyUnreadable):
            read_answer(field, reply, "")


def test_quotes_become_offsets_and_what_is_not_in_the_text_is_said() -> None:
    text = "👍 the kettle and the  kettle in\u200b Oslo"
    reply = {
        "spans": [
            {"quote": "the kettle", "occurrence": 2, "label": "product"},
            {"quote": "Oslo", "occurrence": 5, "label": "Place"},
            {"quote": "toaster", "occurrence": 1, "label": "product"},
        ]
    }
    found = read_answer(THINGS, json.dumps(reply), text)
    spans = found.value["spans"]
    assert [(text[s["start"] : s["end"]], s["label"]) for s in spans] == [("the  kettle", "product"), ("Oslo", "place")]
    assert found.left_out == "1 quote of the model could not be found in the text"


def test_an_answer_whose_quotes_are_all_invented_is_unreadable() -> None:
    with pytest.raises(ReplyUnreadable, match="1 quote of the answer cannot be found"):
        read_answer(THINGS, '{"spans": [{"quote": "sofa", "occurrence": 1, "label": "product"}]}', "no such thing")


def test_marks_that_the_model_copied_are_read_as_blanks() -> None:
    reply = '{"spans": [{"quote": "NewˆYork", "occurrence": 1, "label": "place"}]}'
    assert read_answer(THINGS, reply, "in New York", mark="ˆ").value["spans"][0]["start"] == 3


@settings(deadline=None)
@given(st.text(alphabet="abA \n\u200b👍", min_size=1, max_size=30), st.data())
def test_a_quote_taken_from_a_text_is_found_with_the_same_words(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    words = shown(text[start:end]).split()
    if not words:
        return
    found = locate_quote(text, text[start:end])
    # Which of several equal places was meant is what the occurrence is for; the words are the same in all of them.
    assert found is None or shown(text[found[0] : found[1]]).split() == words
    assert found is not None or shown(text).count(words[0]) > 1


@settings(deadline=None)
@given(st.text(alphabet="abA \n\u200b👍", min_size=1, max_size=30), st.data())
def test_a_passage_that_can_be_quoted_is_found_at_its_own_place(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    made = quote_of(text, start, end)
    assert made is None or locate_quote(text, *made) == (start, end)


def test_the_occurrence_of_a_quote_is_counted() -> None:
    text = "the kettle and the  kettle in Oslo"
    assert quote_of(text, 15, 26) == ("the kettle", 2)
    assert quote_of(text, 30, 34) == ("Oslo", 1)
    assert quote_of(text, 3, 4) is None


def shown(text: str) -> str:
    return text.replace("\u200b", "")


def test_letters_of_another_case_count_only_where_the_same_case_is_nowhere() -> None:
    assert locate_quote("Oslo oslo", "oslo") == (5, 9)
    assert locate_quote("OSLO", "oslo") == (0, 4)
    assert locate_quote("a a", "a", 3) is None
    assert locate_quote("aaa", "aa", 2) == (1, 3)
    assert locate_quote("text", "  ") is None


def test_relations_join_the_passages_that_were_shown() -> None:
    spans = [
        {"id": "s2", "start": 0, "end": 3, "label": "product"},
        {"id": "s9", "start": 4, "end": 8, "label": "place"},
    ]
    found = read_answer(BOUGHT, '{"relations": [{"from": "P1", "to": "P2", "label": "sold_in"}]}', "", spans)
    assert [(r["from"], r["to"]) for r in found.value["relations"]] == [("s2", "s9")]
    for reply in ("P2 P1", "P1 P3", "P1 P1"):
        source, target = reply.split()
        with pytest.raises(ReplyUnreadable):
            read_answer(
                BOUGHT, json.dumps({"relations": [{"from": source, "to": target, "label": "sold_in"}]}), "", spans
            )


def test_schemas_are_closed_and_use_enums() -> None:
    assert answer_schema(INTENT)["properties"]["label"]["enum"] == ["refund", "delivery", "password", "none_of_these"]
    assert answer_schema(MOOD)["properties"]["rating"]["enum"] == [1, 2, 3]
    for field in (INTENT, TOPICS, MOOD, THINGS, BOUGHT):
        made = answer_schema(field)
        assert made["additionalProperties"] is False and made["required"] == list(made["properties"])


def tokens(*pairs: tuple[str, float]) -> list[ScoredToken]:
    return [ScoredToken(text, logprob, ((text, logprob), ("del", -2.0), ("x", -3.0))) for text, logprob in pairs]


def test_the_score_is_the_chance_of_the_tokens_that_spell_the_label() -> None:
    scored = tokens(('{"', 0), ("label", 0), ('": "', -0.01), ("ref", -0.1), ("und", -0.2), ('"}', 0))
    assert label_chance(scored, "label", "refund") == pytest.approx(0.7408, abs=1e-4)
    assert label_chance(scored, "label", "delivery") is None
    assert label_chance([], "label", "refund") is None
    others = other_labels(scored, "label", "refund", ["refund", "delivery", "password"])
    assert [(one.label, round(one.score, 4)) for one in others] == [("delivery", 0.1353)]


def test_two_labels_that_begin_alike_are_no_alternatives_of_each_other() -> None:
    scored = [ScoredToken('{"label": "', 0, ()), ScoredToken("a", -0.5, (("a", -0.5), ("b", -1.0)))]
    assert other_labels(scored, "label", "a", ["a", "b1", "b2"]) == ()


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["choices", "message", "tool_calls", "function", "usage", "logprobs", "content"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_body_makes_the_reader_stumble(body: object) -> None:
    assert isinstance(read_body(json.dumps(body)).text, str)


def test_a_tool_call_is_read_also_where_its_arguments_are_an_object() -> None:
    message = {"content": None, "tool_calls": [{"function": {"name": "answer", "arguments": {"label": "refund"}}}]}
    assert read_body(json.dumps({"choices": [{"message": message}]})).text == '{"label": "refund"}'


def test_a_quote_without_a_number_is_the_first_place_where_it_stands() -> None:
    value = read_answer(THINGS, '{"spans": [{"quote": "kettle", "label": "product"}]}', "kettle and kettle").value
    assert [(span["start"], span["end"]) for span in value["spans"]] == [(0, 6)]
