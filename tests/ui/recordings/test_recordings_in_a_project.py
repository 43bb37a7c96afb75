"""Recordings through store, routes and card: what is heard, corrected and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sounds.recordings import save_mp3, save_wav
from tests.ui.pages import Watched
from tests.ui.projects import Opened, decisions, suggest

pytestmark = pytest.mark.browser

SCHEMA = "name: Calls\nitem: audio\nfields:\n  - {id: words, name: Words, kind: segments}\n"
STATE = "name: Calls\nitem: audio\nfields:\n  - {id: state, name: State, kind: choice, labels: [{id: ok}, {id: bad}]}\n"
TONES = [(0.8, 1000), (0.0, 500), (0.4, 1500)]
Opener = Callable[..., tuple[Opened, Watched]]


def sounds(folder: Path) -> list[dict[str, Any]]:
    """A WAV file and an MP3 file."""
    return [{"sound": str(save_wav(folder / "a.wav", TONES))}, {"sound": str(save_mp3(folder / "b.mp3", TONES))}]


def transcribed(project: Opened) -> None:
    words = [
        {"start": 0, "end": 400, "text": "one", "score": 0.4},
        {"start": 500, "end": 900, "text": "two", "score": 0.9},
    ]
    first = {"id": "r1", "start": 0, "end": 1000, "text": "one two", "words": words, "score": 0.5}
    second = {"id": "r2", "start": 1500, "end": 3000, "text": "three"}
    suggest(project, "words", {1: {"segments": [first, second]}})


def heard(watched: Watched) -> int:
    return int(watched.page.locator(".aa-seek").input_value())


def test_a_suggested_transcript_is_corrected_saved_and_opened_again(opened: Opener, tmp_path: Path) -> None:
    project, watched = opened(SCHEMA, sounds(tmp_path), prepare=transcribed)
    page = watched.page
    watched.press("ArrowDown", "e")
    page.keyboard.press("End")
    page.keyboard.type(" and a half")
    watched.press("Enter", "Control+Enter")
    watched.wait_saved()
    [(key, verdict, value)] = decisions(project)
    assert (key, verdict) == ("M001", "edit")
    assert [(one["id"], one["start"], one["end"], one["text"]) for one in value["segments"]] == [
        ("r1", 0, 1000, "one two and a half"),
        ("r2", 1500, 3000, "three"),
    ]
    assert "words" not in value["segments"][0]
    page.evaluate("window.reviewCard.open(1, 'words')")
    watched.wait_card("M001")
    assert page.locator(".aa-segment-text").first.input_value() == "one two and a half"
    assert page.locator(".is-proposed, .is-unsure").count() == 0
    # The times of its words are known still.
    page.evaluate(
        "const area = document.querySelector('.aa-segment-text'); area.focus(); area.setSelectionRange(4, 4);"
    )
    watched.press("Control+k", "Control+Enter")
    watched.wait_saved()
    stored = decisions(project)[-1][2]["segments"]
    assert [(one["end"], one["text"]) for one in stored[:2]] == [(450, "one"), (1000, "two and a half")]
    assert watched.errors == []


@pytest.mark.parametrize("number", [1, 2])
def test_wav_and_mp3_are_played_through_the_route(opened: Opener, tmp_path: Path, number: int) -> None:
    project, watched = opened(SCHEMA, sounds(tmp_path))
    if number == 2:
        watched.page.evaluate("window.reviewCard.open(2, 'words')")
        watched.wait_card("M002")
    watched.press("Control+ArrowRight", "p")  # from two seconds on to the end
    watched.page.wait_for_function("Number(document.querySelector('.aa-seek').value) >= 2900")
    watched.page.wait_for_function("!document.querySelector('.aa-play').classList.contains('is-playing')")
    assert heard(watched) <= project.store.media.of([number])[number].length
    assert watched.page.locator(".aa-recording .aa-stage-state").is_hidden()
    assert watched.errors == []


def test_what_cannot_be_played_is_said_and_tried_again(opened: Opener, tmp_path: Path) -> None:
    def lose(project: Opened) -> None:
        project.store.media.path(project.store.media.of([1])[1]).unlink()

    _, watched = opened(SCHEMA, sounds(tmp_path)[:1], prepare=lose)
    watched.page.locator(".aa-recording .aa-stage-state:has-text('This recording cannot be played here.')").wait_for()
    assert watched.page.get_by_role("button", name="Try again").is_visible()


def test_a_recording_as_a_whole_is_answered_by_one_key(opened: Opener, tmp_path: Path) -> None:
    project, watched = opened(STATE, sounds(tmp_path))
    watched.press("p")
    watched.page.wait_for_function("document.querySelector('.aa-play').classList.contains('is-playing')")
    watched.press("2")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", {"label": "bad"})]
    assert watched.page.locator(".aa-play.is-playing").count() == 0
