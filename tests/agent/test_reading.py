"""Numbers, times, names and sentences: the small readers under grammar and planner."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.words.intents import known_words, mend_spelling
from assistant.agent.words.likeness import LikenessIndex
from assistant.agent.words.names import match_name
from assistant.agent.words.quantities import read_quantities
from assistant.agent.words.sentence import LONGEST, lower, read_sentence
from assistant.agent.words.times import read_time
from tests.agent.doubles import NOW

TODAY = datetime(2026, 11, 23, tzinfo=NOW.tzinfo)


def at(hours: float, days: int = 0) -> datetime:
    return TODAY + timedelta(days=days, hours=hours)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("undo what I did after lunch", at(12), None),
        ("before lunch", at(0), at(12)),
        ("today", at(0), at(24)),
        ("since yesterday", at(0, -1), None),
        ("yesterday after 14:00", at(14, -1), at(0)),
        ("after 2pm", at(14), None),
        ("since 9", at(9), None),
        ("between 9 and 11 am", at(9), at(11)),
        ("from 9:30 to 10:15", at(9.5), at(10.25)),
        ("in the last 3 hours", NOW - timedelta(hours=3), None),
        ("half an hour ago", NOW - timedelta(minutes=30), None),
        ("this week", at(0), None),
        ("last week", at(0, -7), at(0)),
        ("on friday", at(0, -3), at(24, -3)),
        ("2026-01-12", datetime(2026, 1, 12, tzinfo=NOW.tzinfo), datetime(2026, 1, 13, tzinfo=NOW.tzinfo)),
        ("this morning", at(0), at(12)),
        ("since 18:00", at(18, -1), None),
    ],
)
def test_everyday_words_for_time_are_read(text: str, since: datetime, until: datetime | None) -> None:
    found = read_time(text, NOW)
    assert found is not None
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    "text", ["after 3 items", "from 1 to 5", "may I", "the sun", "batch 10", "show 20 more", "2 of 5"]
)
def test_other_numbers_and_words_are_no_time(text: str) -> None:
    assert read_time(text, NOW) is None


def test_lunch_said_in_the_morning_is_yesterdays() -> None:
    found = read_time("since lunch", NOW.replace(hour=9))
    assert found is not None
    assert found.since == at(12, -1)


def test_times_are_written_in_utc() -> None:
    found = read_time("today", NOW)
    assert found is not None
    assert found.since_text == "2026-11-22T23:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a hundred items", [(100, "")]),
        ("two hundred and fifty", [(250, "")]),
        ("1,000 items and 2k more", [(1000, ""), (2000, "")]),
        ("above 90%", [(90, "above")]),
        ("at least .9", [(0.9, "above")]),
        ("0.8 or more", [(0.8, "above")]),
        ("between 0.5 and 0.7", [(0.5, "above"), (0.7, "below")]),
        ("less than three", [(3, "below")]),
        ("this one and that one", []),
        ("M012 or #14", []),
        ("half a dozen", [(6, "")]),
    ],
)
def test_numbers_are_read_with_their_bounds(text: str, values: list[tuple[float, str]]) -> None:
    assert [(one.value, one.bound) for one in read_quantities(text)] == values


def test_ninety_percent_and_point_nine_are_the_same_share() -> None:
    assert [read_quantities(text)[0].share for text in ("above 90%", "above 0.9", "above 90")] == [0.9, 0.9, 0.9]


@given(st.text(max_size=200))
def test_lower_case_keeps_every_offset(text: str) -> None:
    sentence = read_sentence(text)
    assert len(sentence.low) == len(sentence.text) <= LONGEST * 2
    assert all(sentence.low[token.start : token.end] == token.low for token in sentence.tokens)
    assert len(lower(text)) == len(text)


def test_contractions_are_written_out() -> None:
    assert read_sentence("it’s what's left, I can't").low == "it is what is left, i cannot"


NAMES = {"refund": ("Refund", "refund"), "order_change": ("Order change", "order_change"), "fault": ("Fault", "fault")}


@pytest.mark.parametrize(
    ("phrase", "key"),
    [
        ("refunds", "refund"),
        ("ORDER-CHANGE", "order_change"),
        ("change", "order_change"),
        ("refnud", "refund"),
        ("it", ""),
    ],
)
def test_names_are_matched_by_words_and_likeness(phrase: str, key: str) -> None:
    assert match_name(phrase, NAMES).key == key


def test_near_ties_are_left_open() -> None:
    found = match_name("refund case x", {"a": ("Refund case a",), "b": ("Refund case b",)})
    assert (found.key, set(found.near)) == ("", {"a", "b"})


def test_the_planners_own_words_are_spelled_right_and_names_are_left_alone() -> None:
    sentence = read_sentence("sugest lables for Fualt")
    assert mend_spelling(sentence, frozenset({"fualt"})) == "suggest labels for Fualt"
    assert "suggest" in known_words()


def test_likeness_is_one_for_the_same_and_less_for_others() -> None:
    near = LikenessIndex([("a", "show the items"), ("b", "undo a batch")]).near("show the items")
    assert near[0] == pytest.approx(1.0)
    assert near[1] < 0.3


def test_two_times_in_one_sentence_meet_where_both_hold() -> None:
    found = read_time("since 9 and before 2pm", NOW)
    assert found is not None
    assert (found.since, found.until, found.start, found.end) == (at(9), at(14), 0, 22)
