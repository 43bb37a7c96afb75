"""Correcting transcripts in a browser: what is drawn is what is saved, and the keyboard never has to leave the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.ui.pages import Watched
from tests.ui.recordings.recording_page import SPEAKERS, SoundServer, Waveform, open_recordings, segment

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[SoundServer, Watched]]
TALK = (
    segment(1, 500, 2000, "good morning"),
    segment(2, 2000, 4000, "how can I help"),
    segment(3, 5000, 7000, "hello"),
)


def words(*given: tuple[str, int, int, float]) -> list[dict[str, Any]]:
    return [{"text": text, "start": start, "end": end, "score": score} for text, start, end, score in given]


@pytest.fixture
def recordings(chromium: Any) -> Iterator[Opener]:
    """Opens the card on recordings: the suggested segments of each, and more about the field."""
    with ExitStack() as stack:

        def make(*suggestions: Any, **about: Any) -> tuple[SoundServer, Watched]:
            context = {name: about.pop(name) for name in ("viewport", "has_touch") if name in about}
            server = SoundServer(suggestions, **about)
            watched = open_recordings(chromium, server, **context)
            stack.callback(watched.page.context.close)
            return server, watched

        yield make


def saved(server: SoundServer, watched: Watched) -> dict[str, Any]:
    """The decision that was sent last."""
    watched.wait_saved()
    assert watched.errors == []
    return server.decided[-1]


def bare(decision: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["start"], one["end"], one["text"]) for one in decision["value"]["segments"]]


def texts(watched: Watched) -> list[str]:
    found: list[str] = watched.page.evaluate(
        "[...document.querySelectorAll('.aa-segment-text')].map((one) => one.value)"
    )
    return found


def focused(watched: Watched) -> str:
    """The name of what has the focus."""
    return str(watched.page.evaluate("document.activeElement.getAttribute('aria-label')"))


def playhead(watched: Watched) -> int:
    """Where it is, in milliseconds, as the slider says."""
    return int(watched.page.locator(".aa-seek").input_value())


def wait_for_play(watched: Watched) -> None:
    watched.page.wait_for_function("document.querySelector('.aa-play').classList.contains('is-playing')")


def wait_for_silence(watched: Watched) -> None:
    watched.page.wait_for_function("!document.querySelector('.aa-play').classList.contains('is-playing')")


def put_cursor(watched: Watched, number: int, place: int) -> None:
    """Into the text of a segment, as a click between two letters would."""
    watched.page.evaluate(
        """([number, place]) => {
            const area = document.querySelectorAll('.aa-segment-text')[number];
            area.focus();
            area.setSelectionRange(place, place);
        }""",
        [number, place],
    )


def test_tab_plays_the_segment_in_hand_to_its_end_and_no_further(recordings: Opener) -> None:
    _, watched = recordings([segment(1, 500, 1100, "good"), segment(2, 1100, 4000, "morning")])
    watched.press("ArrowDown", "Tab")
    wait_for_play(watched)
    wait_for_silence(watched)
    assert playhead(watched) == 1100


def test_tab_plays_and_stops_while_one_types_and_the_cursor_stays(recordings: Opener) -> None:
    _, watched = recordings(TALK)
    put_cursor(watched, 1, 3)
    watched.press("Tab")
    wait_for_play(watched)
    watched.press("Tab")
    wait_for_silence(watched)
    assert focused(watched) == "Text of segment 2"
    watched.page.keyboard.type("X")
    assert texts(watched)[1] == "howX can I help"
    assert 2000 <= playhead(watched) < 4000


def test_after_escape_tab_leads_on_to_the_buttons(recordings: Opener) -> None:
    _, watched = recordings(TALK)
    watched.press("ArrowDown", "Escape", "Tab", "Tab")  # past the tab of the question
    assert focused(watched) == "Place in the recording"


def test_two_seconds_back_and_on_also_while_one_types(recordings: Opener) -> None:
    _, watched = recordings(TALK)
    put_cursor(watched, 0, 0)
    watched.press("Control+ArrowRight", "Control+ArrowRight", "Control+ArrowLeft")
    watched.page.wait_for_function("document.querySelector('.aa-seek').value === '2000'")


def test_a_drag_over_free_time_makes_a_segment_that_is_typed_at_once(recordings: Opener) -> None:
    server, watched = recordings(None)
    wave = Waveform(watched, server.length)
    wave.drag(1000, 3000)
    assert focused(watched) == "Text of segment 1"
    watched.page.keyboard.type("good morning")
    watched.press("Control+Enter")
    [(start, end, text)] = bare(saved(server, watched))
    assert (abs(start - 1000) <= 15, abs(end - 3000) <= 15, text) == (True, True, "good morning")
    assert (server.decided[-1]["verdict"], server.decided[-1]["regions"]) == ("choose", {"n1": "choose"})


def test_what_is_drawn_stops_where_the_next_segment_begins(recordings: Opener) -> None:
    server, watched = recordings([segment(1, 4000, 6000, "there")])
    Waveform(watched, server.length).drag(2500, 5000)
    watched.page.keyboard.type("hello")
    watched.press("Control+Enter", "a")  # the suggested one is asked about, and taken
    assert [one[1:] for one in bare(saved(server, watched))] == [(4000, "hello"), (6000, "there")]


def test_an_edge_is_dragged_and_held_by_its_neighbour(recordings: Opener) -> None:
    server, watched = recordings(TALK)
    wave = Waveform(watched, server.length)
    wave.drag(7000, 6000)
    wave.drag(5000, 3000)
    watched.press("Escape", "Enter", "a")
    decision = saved(server, watched)
    assert bare(decision)[2][0] == 4000
    assert abs(bare(decision)[2][1] - 6000) <= 15
    assert decision["regions"] == {"r1": "accept", "r2": "accept", "r3": "edit"}


def test_keys_put_the_edges_at_the_playhead(recordings: Opener) -> None:
    server, watched = recordings([segment(1, 1000, 7000, "hello")])
    wave = Waveform(watched, server.length)
    wave.click(3000)
    watched.press("Control+,")
    wave.click(5000)
    watched.press("Control+.", "Enter")
    [(start, end, _)] = bare(saved(server, watched))
    assert (abs(start - 3000) <= 15, abs(end - 5000) <= 15) == (True, True)


def test_an_edge_is_not_put_beyond_the_other(recordings: Opener) -> None:
    server, watched = recordings([segment(1, 1000, 2000, "hello")])
    watched.press("ArrowDown")
    watched.press(*["Control+ArrowRight"] * 2)
    watched.page.wait_for_function("document.querySelector('.aa-seek').value === '4000'")
    watched.press("Control+,")
    assert watched.status() == "It would start after its end"
    watched.press("Escape", "Enter", "a")
    assert bare(saved(server, watched)) == [(1000, 2000, "hello")]


def test_a_segment_is_split_at_the_cursor_by_the_times_of_its_words(recordings: Opener) -> None:
    timed = words(("good", 1000, 1400, 0.9), ("morning", 1500, 2200, 0.9), ("dear", 2600, 3000, 0.9))
    server, watched = recordings([segment(1, 1000, 3200, "good morning dear", words=timed)])
    put_cursor(watched, 0, len("good morning "))
    watched.press("Control+k")
    assert (texts(watched), focused(watched)) == (["good morning", "dear"], "Text of segment 2")
    watched.press("Control+Enter")
    decision = saved(server, watched)
    assert bare(decision) == [(1000, 2400, "good morning"), (2400, 3200, "dear")]
    assert [one["id"] for one in decision["value"]["segments"]] == ["r1", "n1"]
    assert decision["regions"] == {"r1": "edit", "n1": "choose"}


def test_without_times_of_words_a_segment_is_split_in_proportion(recordings: Opener) -> None:
    server, watched = recordings([segment(1, 1000, 3000, "aaaa bbbb")])
    put_cursor(watched, 0, 5)
    watched.press("Control+k", "Control+Enter")
    assert bare(saved(server, watched)) == [(1000, 2111, "aaaa"), (2111, 3000, "bbbb")]


def test_joined_segments_keep_the_first_ones_name(recordings: Opener) -> None:
    server, watched = recordings(TALK)
    put_cursor(watched, 0, 0)
    watched.press("Control+j", "Control+Enter", "a")
    decision = saved(server, watched)
    assert bare(decision) == [(500, 4000, "good morning how can I help"), (5000, 7000, "hello")]
    assert decision["regions"] == {"r1": "edit", "r2": "reject", "r3": "accept"}


def test_enter_keeps_a_segment_and_plays_the_next_and_the_last_one_saves_nothing_yet(recordings: Opener) -> None:
    server, watched = recordings(TALK)
    put_cursor(watched, 0, 0)
    watched.press("Enter")
    wait_for_play(watched)
    assert focused(watched) == "Text of segment 2"
    watched.page.keyboard.type("Hm, ")
    watched.press("Enter", "Enter")
    assert (server.decided, watched.status()) == ([], "That was the last: Enter saves")
    watched.press("Enter")
    decision = saved(server, watched)
    assert decision["regions"] == {"r1": "accept", "r2": "edit", "r3": "accept"}
    assert bare(decision)[1] == (2000, 4000, "Hm, how can I help")


def test_one_key_keeps_one_segment_after_the_other_and_then_the_whole(recordings: Opener) -> None:
    server, watched = recordings(TALK)
    watched.press("ArrowDown", "ArrowDown", "ArrowUp", "a", "a", "a")
    assert (server.decided, watched.status()) == ([], "That was the last: Enter saves")
    watched.press("a")
    assert saved(server, watched)["verdict"] == "accept"


def test_a_key_that_the_schema_gave_to_a_label_means_it(recordings: Opener) -> None:
    server, watched = recordings(TALK[:1], labels=[{**SPEAKERS[0], "key": "p"}, SPEAKERS[1]])
    watched.press("ArrowDown", "p", "Control+Enter")
    assert saved(server, watched)["value"]["segments"][0]["label"] == "ann"


def test_nothing_is_accepted_because_its_beginning_was(recordings: Opener) -> None:
    server, watched = recordings(TALK)
    put_cursor(watched, 0, 0)
    watched.press("Control+Enter")
    assert "2 suggested segments are not decided yet" in watched.status()
    watched.press("Enter")  # looks at the next one that is open
    assert (server.decided, focused(watched)) == ([], "Text of segment 2")


def test_an_untouched_suggestion_is_taken_only_by_a_key_that_says_so(recordings: Opener) -> None:
    server, watched = recordings(TALK)
    watched.press("Enter")
    assert server.decided == []
    watched.press("Escape", "Enter", "a")
    decision = saved(server, watched)
    assert (decision["verdict"], decision["regions"]) == ("accept", {"r1": "accept", "r2": "accept", "r3": "accept"})


def test_open_segments_can_be_dropped_together(recordings: Opener) -> None:
    server, watched = recordings(TALK)
    put_cursor(watched, 0, 0)
    watched.press("Control+Enter", "x")
    decision = saved(server, watched)
    assert bare(decision) == [(500, 2000, "good morning")]
    assert decision["regions"] == {"r1": "accept", "r2": "reject", "r3": "reject"}


def test_a_step_back_takes_back_what_was_typed_then_the_split(recordings: Opener) -> None:
    _, watched = recordings([segment(1, 1000, 3000, "aaaa bbbb")])
    put_cursor(watched, 0, 5)
    watched.press("Control+k")
    watched.page.keyboard.type("XY")
    assert texts(watched) == ["aaaa", "XYbbbb"]
    watched.press("Control+z")
    assert texts(watched) == ["aaaa", "bbbb"]
    watched.press("Control+z")
    assert texts(watched) == ["aaaa bbbb"]
    watched.press("Control+Shift+z")
    assert texts(watched) == ["aaaa", "bbbb"]


def test_a_step_back_while_one_types_is_never_the_last_decision(recordings: Opener) -> None:
    server, watched = recordings([segment(1, 0, 1000, "one")], [segment(1, 0, 1000, "two")])
    watched.press("Enter", "a")
    saved(server, watched)
    watched.wait_card("call2.wav")
    put_cursor(watched, 0, 0)
    watched.press("Control+z", "Control+z", "Control+z")
    assert (watched.state()["itemKey"], len(server.decided)) == ("call2.wav", 1)


def test_a_reload_brings_back_what_was_not_saved(recordings: Opener) -> None:
    timed = words(("good", 500, 900, 0.9), ("morning", 1000, 2000, 0.9))
    server, watched = recordings([segment(1, 500, 2000, "good morning", words=timed), *TALK[1:]])
    put_cursor(watched, 0, 4)
    watched.press("Control+k")
    watched.page.keyboard.type("every ")
    watched.page.reload()
    watched.wait_card()
    watched.page.locator(".aa-kept:has-text('Your unfinished transcript is back')").wait_for()
    assert texts(watched) == ["good", "every morning", "how can I help", "hello"]
    watched.press("Escape", "Control+Enter", "a")
    decision = saved(server, watched)
    assert bare(decision)[:2] == [(500, 950, "good"), (950, 2000, "every morning")]
    assert [one["id"] for one in decision["value"]["segments"]] == ["r1", "n1", "r2", "r3"]


def test_words_that_the_model_was_unsure_of_are_shaded_until_somebody_writes_others(recordings: Opener) -> None:
    timed = words(("good", 500, 900, 0.3), ("morning", 1000, 2000, 0.9))
    _, watched = recordings([segment(1, 500, 2000, "Good morning", words=timed)])
    shaded = watched.page.locator(".aa-segment-copy .is-unsure")
    assert shaded.all_inner_texts() == ["Good"]
    put_cursor(watched, 0, 4)
    watched.page.keyboard.type("ness")
    assert shaded.all_inner_texts() == []


def test_a_digit_says_who_speaks_and_the_next_segment_is_theirs(recordings: Opener) -> None:
    server, watched = recordings(None, labels=SPEAKERS)
    wave = Waveform(watched, server.length)
    wave.drag(500, 2000)
    watched.page.keyboard.type("hi")
    watched.press("Alt+2", "Escape")
    wave.drag(3000, 4000)
    watched.press("Escape", "1", "Control+Enter")
    found = saved(server, watched)["value"]["segments"]
    assert [(one.get("label"), one["text"]) for one in found] == [("bob", "hi"), ("ann", "")]


def test_a_recording_in_which_nothing_is_marked_is_saved_at_the_second_press(recordings: Opener) -> None:
    server, watched = recordings(None)
    watched.press("Enter")
    assert (server.decided, watched.status()) == ([], "Nothing is marked: press again to save “no segments”")
    watched.press("Enter")
    assert saved(server, watched)["value"] == {"segments": []}


def test_segments_lie_over_each_other_only_where_the_field_lets_them(recordings: Opener) -> None:
    server, watched = recordings([segment(1, 1000, 4000, "one")], overlap=True)
    wave = Waveform(watched, server.length)
    watched.page.keyboard.down("Shift")
    wave.drag(2000, 6000)
    watched.page.keyboard.up("Shift")
    watched.page.keyboard.type("two")
    watched.press("Control+Enter", "a")
    found = bare(saved(server, watched))
    assert [one[2] for one in found] == ["one", "two"]
    assert found[1][0] < found[0][1] == 4000


def test_the_keys_of_a_transcript_are_on_the_sheet(recordings: Opener) -> None:
    _, watched = recordings(TALK)
    watched.press("?")
    sheet = watched.page.locator(".aa-keys").inner_text()
    assert "split at the cursor, else at the playhead" in sheet
    assert "two seconds back, on" in sheet


def test_everything_can_be_done_on_a_narrow_screen_without_keys(recordings: Opener) -> None:
    server, watched = recordings(TALK, viewport={"width": 390, "height": 844}, has_touch=True)
    page = watched.page
    page.get_by_role("textbox", name="Text of segment 1").tap()
    page.get_by_role("button", name="Join with the next").tap()
    page.get_by_role("button", name="Delete", exact=True).tap()
    assert texts(watched) == ["hello"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for _ in range(2):  # the segment in hand, then the whole
        page.locator("[data-command=accept]").tap()
    assert bare(saved(server, watched)) == [(5000, 7000, "hello")]
