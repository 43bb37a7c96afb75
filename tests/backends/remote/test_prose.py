"""Answers in plain words: one answer beyond doubt is read, anything else is not."""

from __future__ import annotations

import pytest

from tests.backends.texts.messages import INTENT, MOOD, THINGS, TOPICS
from tools.backends.remote.replies import read_answer
from tools.errors import ReplyUnreadable
from tools.schema import schema_from_labels

FIELD = schema_from_labels(["Refund", "Bank transfer", "Not sure", "None"]).fields[0]
LETTERS = {"A": "refund", "B": "bank_transfer", "C": "not_sure", "D": "none"}


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("refund", "refund"),
        ("  **Refund**.\n", "refund"),
        ("“bank-transfer”", "bank_transfer"),
        ("Not sure.", "not_sure"),
        ("None", "none"),
        ("The answer is: Refund", "refund"),
        ("Label: bank transfer\nBecause money is to be sent.", "bank_transfer"),
        ("After some thought, the best answer would be a refund.", "refund"),
        ("I would put this under Bank Transfer, clearly.", "bank_transfer"),
        ("<think>refund? not a bank transfer</think>Refund", "refund"),
        ('{"label": "refund', "refund"),
        ("B", "bank_transfer"),
        ("\n\n(b)", "bank_transfer"),
        ("B: Bank transfer", "bank_transfer"),
        ("B) because somebody wants to pay", "bank_transfer"),
        ("Option A.", "refund"),
        ("The answer is B.", "bank_transfer"),
        ('{"label": "B"}', "bank_transfer"),
        ('{"answer": "Refund"}', "refund"),
        ('{"label": ["refund"]}', "refund"),
    ],
)
def test_a_reply_that_names_one_answer_is_read(reply: str, label: str) -> None:
    assert read_answer(FIELD, reply, "", letters=LETTERS).value == {"label": label}


@pytest.mark.parametrize(
    "reply",
    [
        "It is not a refund",
        "It isn't a refund.",
        "refund or bank transfer",
        "Refund, bank transfer",
        "B) refund",
        "Label: refund\nLabel: bank transfer",
        "Is it a refund?",
        "refunds",
        "E",
        "A:CEFDBFD",
        "A: RefundBCDABD",
        "None of these fits",
        "I cannot say",
        "the bank",
        "word " * 80 + "refund",
    ],
)
def test_a_reply_that_leaves_a_doubt_is_not_read(reply: str) -> None:
    with pytest.raises(ReplyUnreadable):
        read_answer(FIELD, reply, "", letters=LETTERS)


def test_letters_mean_nothing_where_none_were_offered() -> None:
    with pytest.raises(ReplyUnreadable):
        read_answer(FIELD, "B", "")


def test_a_name_that_was_cut_is_no_answer_where_it_could_have_gone_on() -> None:
    field = schema_from_labels(["card", "card lost"]).fields[0]
    assert read_answer(field, "It is about: card lost", "").value == {"label": "card_lost"}
    with pytest.raises(ReplyUnreadable):
        read_answer(field, '{"label": "card', "")


@pytest.mark.parametrize(
    ("reply", "rating"), [("2", 2), ("Rating: 3", 3), ("I give it 2/3", 2), ("3 out of 3!", 3), ('{"rating": "1"}', 1)]
)
def test_a_number_of_the_scale_is_a_rating(reply: str, rating: int) -> None:
    assert read_answer(MOOD, reply, "").value == {"rating": rating}


@pytest.mark.parametrize("reply", ["2 or 3", "4", "2/5", "2.5", "between 1 and 3", "not 2", "two"])
def test_any_other_number_is_not(reply: str) -> None:
    with pytest.raises(ReplyUnreadable):
        read_answer(MOOD, reply, "")


@pytest.mark.parametrize("reply", ["money, login", "- Login\n- Money", '["login", "money"]', "Money and Login."])
def test_a_bare_list_of_labels_is_read(reply: str) -> None:
    assert read_answer(TOPICS, reply, "").value == {"labels": ["money", "login"]}


@pytest.mark.parametrize("reply", ["money, weather", "It is about money", ""])
def test_a_list_with_something_else_in_it_is_not(reply: str) -> None:
    with pytest.raises(ReplyUnreadable):
        read_answer(TOPICS, reply, "")


def test_a_bare_list_of_spans_is_read_and_prose_about_spans_is_not() -> None:
    found = read_answer(THINGS, '[{"quote": "Oslo", "occurrence": 1, "label": "place"}]', "in Oslo")
    assert found.value["spans"][0]["start"] == 3
    with pytest.raises(ReplyUnreadable):
        read_answer(THINGS, "Oslo is a place", "in Oslo")


def test_the_words_of_an_answer_may_be_its_name_in_another_script() -> None:
    field = schema_from_labels(["Возврат", "Доставка"]).fields[0]
    label = field.labels[0].id
    assert read_answer(field, "Ответ: возврат", "").value == {"label": label}
    assert read_answer(INTENT, "DELIVERY", "").value == {"label": "delivery"}
