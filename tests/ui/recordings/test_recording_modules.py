"""What the card does with recordings, without a DOM: times and places, words of a corrected text, parting, joining."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.modules import module_page, run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def modules(chromium: Any) -> Iterator[Any]:
    page = module_page(chromium)
    yield page
    page.context.close()


WORDS = [
    {"start": 0, "end": 400, "text": "Good"},
    {"start": 500, "end": 1000, "text": "morning,"},
    {"start": 1400, "end": 2000, "text": "Ann."},
]


def segment(text: str, words: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": "r1", "start": 0, "end": 2000, "text": text, **({"words": words} if words else {}), **more}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Good morning, Ann.", [("Good", "Good"), ("morning,", "morning,"), ("Ann.", "Ann.")]),
        ("good evening Ann", [("good", "Good"), ("Ann", "Ann.")]),
        ("Ann, good morning", [("good", "Good"), ("morning", "morning,")]),
        ("", []),
        ("— …", []),
    ],
)
def test_words_are_found_where_a_person_left_them_standing(modules: Any, text: str, found: list[Any]) -> None:
    body = "return m.placedWords(...given).map((one) => [given[0].slice(one.from, one.to), one.word.text]);"
    assert run(modules, "audio/segment_words.js", body, [text, WORDS]) == [list(one) for one in found]


@pytest.mark.parametrize(
    ("text", "place", "time"),
    [
        ("Good morning, Ann.", 5, 450),  # in the middle of the pause
        ("Good morning, Ann.", 2, 200),  # in the middle of a word
        ("Good morning, Ann.", 0, 1),
        ("Good morning, Ann.", 18, 1999),
        ("Good old Ann.", 9, 1400),  # words that somebody wrote have no times: in proportion between their neighbours
        ("Good old Ann.", 4, 400),
    ],
)
def test_a_place_in_the_text_has_the_time_of_its_words(modules: Any, text: str, place: int, time: int) -> None:
    assert run(modules, "audio/segment_words.js", "return m.timeAt(...given);", [segment(text, WORDS), place]) == time


def test_without_words_a_place_in_the_text_has_a_time_in_proportion(modules: Any) -> None:
    assert run(modules, "audio/segment_words.js", "return m.timeAt(...given);", [segment("abcdefgh"), 2]) == 500


def test_a_time_is_a_place_at_the_edge_of_a_word(modules: Any) -> None:
    body = "return given.times.map((time) => m.placeAt(given.segment, time));"
    timed = {"segment": segment("Good morning, Ann.", WORDS), "times": [0, 450, 1200, 1999]}
    assert run(modules, "audio/segment_words.js", body, timed) == [0, 5, 14, 18]
    plain = {"segment": segment("aaaa bbbb cccc"), "times": [100, 800, 1300, 1900]}
    assert run(modules, "audio/segment_words.js", body, plain) == [0, 5, 10, 14]


def test_parted_segments_share_text_and_words_and_the_second_has_a_name_of_its_own(modules: Any) -> None:
    whole = segment("Good morning, Ann.", WORDS, label="ann", proposed=True)
    first, second = run(modules, "audio/segment_forms.js", "return m.divided(given, 5, 450, 'n1');", whole)
    assert (first["id"], first["end"], first["text"], len(first["words"])) == ("r1", 450, "Good", 1)
    assert (second["id"], second["start"], second["text"], len(second["words"])) == ("n1", 450, "morning, Ann.", 2)
    assert (second["label"], first["proposed"], second["proposed"], second["origin"]) == ("ann", False, False, None)


def test_where_there_is_no_room_nothing_is_parted(modules: Any) -> None:
    body = "return [0, 2000, 2500].map((time) => m.divided(given, 1, time, 'n1'));"
    assert run(modules, "audio/segment_forms.js", body, segment("ab")) == [None, None, None]


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [("hello", "there", "hello there"), ("", "there", "there"), ("你好", "吗", "你好吗"), ("สวัสดี", "ครับ", "สวัสดีครับ")],
)
def test_texts_are_joined_as_their_script_is_written(modules: Any, one: str, other: str, text: str) -> None:
    given = [segment(one), {**segment(other), "id": "r2", "start": 2500, "end": 3000}]
    found = run(modules, "audio/segment_forms.js", "return m.joined(...given);", given)
    assert (found["id"], found["start"], found["end"], found["text"]) == ("r1", 0, 3000, text)


@pytest.mark.parametrize(
    ("time", "decimals", "words"),
    [(0, 2, "0:00.00"), (75_259, 2, "1:15.25"), (59_999, 0, "0:59"), (3_725_400, 1, "1:02:05.4"), (-5, 2, "0:00.00")],
)
def test_times_are_written_as_people_read_them(modules: Any, time: int, decimals: int, words: str) -> None:
    assert run(modules, "audio/scale.js", "return m.clock(...given);", [time, decimals]) == words


def test_zooming_keeps_the_time_under_the_pointer_and_stays_in_the_recording(modules: Any) -> None:
    body = """const scale = new m.Scale(10000); scale.resize(500);
        const before = scale.time(200); scale.zoomAt(200, 4); const after = scale.time(200);
        const span = scale.span; scale.zoomAt(0, 0.001); return [before, after, span, scale.from, scale.to];"""
    assert run(modules, "audio/scale.js", body) == [4000, 4000, 2500, 0, 10000]


def test_a_long_recording_is_shown_in_part_and_its_page_turned(modules: Any) -> None:
    body = """const scale = new m.Scale(3600000); scale.resize(600); const first = [scale.from, scale.to];
        scale.follow(31000); const turned = [scale.from, scale.to];
        scale.reveal(3599000); return [first, turned, scale.to, scale.time(600)];"""
    found = run(modules, "audio/scale.js", body)
    assert found == [[0, 30_000], [29_500, 59_500], 3_600_000, 3_600_000]


def test_a_quiet_recording_is_raised_and_silence_stays_flat(modules: Any) -> None:
    body = "return given.map((peaks) => m.gainOf({ peaks }));"
    assert run(modules, "audio/peaks.js", body, [[255, 3], [0, 51], [1, 0], []]) == [1, 5, 6, 6]


def test_the_loudest_of_a_stretch_is_drawn(modules: Any) -> None:
    body = "return given.map(([start, end]) => m.loudest({ step: 10, peaks: [0, 255, 51, 0] }, start, end));"
    assert run(modules, "audio/peaks.js", body, [[0, 10], [0, 20], [20, 40], [25, 26], [38, 60]]) == [0, 1, 0.2, 0.2, 0]
