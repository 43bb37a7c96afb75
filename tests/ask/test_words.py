"""Parts of sentences, names and times: the small words that all answers are made of."""

from __future__ import annotations

import pytest

from tests.store.tool_context import SCHEMA
from tools.ask.metrics import shown_share
from tools.errors import InputError, NotFound
from tools.moments import read_moment
from tools.naming import field_named, label_name, label_named
from tools.results import Fact
from tools.sentences import capital, count_of, excerpt, listing, percent, seconds_of


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "no items"), (1, "1 item"), (2, "2 items"), (1203, "1,203 items")]
)
def test_a_count_agrees_with_its_noun(number: int, expected: str) -> None:
    assert count_of(number, "item") == expected


def test_an_irregular_plural_is_given() -> None:
    assert count_of(2, "person", "people") == "2 people"


@pytest.mark.parametrize(("words", "expected"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c")])
def test_a_list_ends_with_and(words: list[str], expected: str) -> None:
    assert listing(words) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.875, "87.5 %"),
        (0.5, "50 %"),
        (0.0001, "less than 0.1 %"),
        (0.99999, "more than 99.9 %"),
    ],
)
def test_a_share_that_is_not_all_or_nothing_is_never_shown_so(share: float, expected: str) -> None:
    assert percent(share) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(2.44, "2.4 seconds"), (180, "3 minutes"), (5400, "1.5 hours"), (100, "2 minutes")]
)
def test_a_stretch_of_time_has_a_fitting_unit(seconds: float, expected: str) -> None:
    assert seconds_of(seconds) == expected


def test_an_excerpt_is_one_line_of_plain_letters() -> None:
    assert excerpt("a\n\tb\x1b[31m\u202ec  d") == "a b [31m c d"
    assert excerpt("x" * 100) == "x" * 79 + "…"
    assert excerpt("") == ""


def test_a_capital_leaves_the_rest_alone() -> None:
    assert capital("ann's iPad") == "Ann's iPad"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("2026-02-01", "2026-02-01T00:00:00"),
        ("2026-02-01T14:00:00+02:00", "2026-02-01T12:00:00"),
        (" 2026-02-01T14:00 ", "2026-02-01T14:00:00"),
        ("2026-02-01T14:00:00Z", "2026-02-01T14:00:00"),
    ],
)
def test_a_time_is_read_into_utc(text: str, expected: str) -> None:
    assert read_moment(text) == expected


def test_words_are_no_time() -> None:
    with pytest.raises(InputError, match="A time looks like"):
        read_moment("after lunch")


def test_labels_and_fields_have_names_in_any_case() -> None:
    intent = field_named(SCHEMA, "INTENT")
    assert field_named(SCHEMA, "") is SCHEMA.fields[0]
    assert label_named(intent, "broken THING") == "fault"
    assert label_named(intent, "Cannot tell") == "cannot_tell"
    assert label_named(intent, " ") == ""
    assert label_name(intent, "gone") == "gone"


def test_ratings_are_named_by_their_number() -> None:
    mood = field_named(SCHEMA, "mood")
    assert label_named(mood, "5") == "5"
    with pytest.raises(NotFound, match="rated from 1 to 5"):
        label_named(mood, "6")
    with pytest.raises(InputError, match="answered in text"):
        label_named(field_named(SCHEMA, "note"), "x")


@pytest.mark.parametrize(
    ("fact", "cells"),
    [
        (Fact("x", None, "share", note="nobody"), ("", "nobody")),
        (Fact("x", 0.5, "share", note="few"), ("50 %", "few")),
        (Fact("x", 0.5, "share", low=0.25, high=0.75), ("50 %", "25 % to 75 %")),
        (Fact("x", 0.5, "share", low=0.25, high=0.75, note="few"), ("50 %", "25 % to 75 %; few")),
        (Fact("x", 0.5, "ratio", low=0.25, high=0.75), ("0.50", "0.25 to 0.75")),
    ],
)
def test_a_value_and_its_interval_are_two_cells(fact: Fact, cells: tuple[str, str]) -> None:
    assert shown_share(fact) == cells
