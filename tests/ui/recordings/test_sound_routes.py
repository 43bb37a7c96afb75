"""Recordings for the page: the file in parts, as players ask for it, and its peaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.sounds.recordings import save_mp3, save_wav
from tests.ui.clients import client_of
from tests.ui.projects import Opened

WORDS = "name: Calls\nitem: audio\nfields:\n  - {id: words, name: Words, kind: segments}\n"
LOUD_THEN_QUIET = [(1.0, 1000), (0.0, 500), (0.25, 500)]
Maker = Callable[..., Opened]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "calls"
    folder.mkdir()
    return [save_wav(folder / "a.wav", LOUD_THEN_QUIET), save_mp3(folder / "b.mp3", LOUD_THEN_QUIET)]


@pytest.fixture
def project(made: Maker, files: list[Path]) -> Opened:
    return made(WORDS, [{"sound": str(place)} for place in files])


@pytest.fixture
def client(project: Opened) -> Iterator[TestClient]:
    with client_of(project) as found:
        yield found


def test_the_file_is_sent_as_it_is_with_the_type_that_it_was_found_to_have(
    client: TestClient, files: list[Path]
) -> None:
    for item, mime in ((1, "audio/wav"), (2, "audio/mpeg")):
        answer = client.get(f"/media/{item}/sound")
        assert (answer.status_code, answer.headers["content-type"]) == (200, mime)
        assert (answer.headers["accept-ranges"], answer.headers["x-content-type-options"]) == ("bytes", "nosniff")
        assert answer.content == files[item - 1].read_bytes()


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-99", 0, 99), ("bytes=1000-1999", 1000, 1999), ("bytes=-44", 64000, 64043)]
)
def test_a_part_is_sent_alone(client: TestClient, files: list[Path], asked: str, first: int, last: int) -> None:
    answer = client.get("/media/1/sound", headers={"range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (206, f"bytes {first}-{last}/64044")
    assert answer.content == files[0].read_bytes()[first : last + 1]


def test_a_part_from_some_place_on_goes_to_the_end(client: TestClient, files: list[Path]) -> None:
    answer = client.get("/media/1/sound", headers={"range": "bytes=64000-"})
    assert (answer.status_code, answer.content) == (206, files[0].read_bytes()[64000:])


def test_a_part_behind_the_end_is_refused_with_the_size(client: TestClient) -> None:
    answer = client.get("/media/1/sound", headers={"range": "bytes=64044-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */64044")


def test_a_part_of_another_version_of_the_file_is_not_mixed_in(client: TestClient) -> None:
    tag = client.get("/media/1/sound").headers["etag"]
    same = client.get("/media/1/sound", headers={"range": "bytes=0-9", "if-range": tag})
    other = client.get("/media/1/sound", headers={"range": "bytes=0-9", "if-range": '"another"'})
    assert (same.status_code, len(same.content)) == (206, 10)
    assert (other.status_code, len(other.content)) == (200, 64044)


def test_the_browser_keeps_what_it_has(client: TestClient) -> None:
    for path in ("/media/1/sound", "/media/1/peaks"):
        tag = client.get(path).headers["etag"]
        assert client.get(path, headers={"if-none-match": tag}).status_code == 304


def test_nobody_who_is_not_signed_in_hears_or_sees_anything(project: Opened) -> None:
    with client_of(project, signed_in=False) as client:
        for path in ("/media/1/sound", "/media/1/peaks"):
            answer = client.get(path, headers={"range": "bytes=0-9"})
            assert answer.status_code == 401
            assert b"RIFF" not in answer.content


def test_an_item_that_is_none_or_no_recording_is_said_to_be_none(made: Maker) -> None:
    texts = made("name: T\nfields:\n  - {id: n, name: N, kind: text}\n", [{"text": "hello"}])
    with client_of(texts) as client:
        for item in (1, 99):
            answer = client.get(f"/media/{item}/sound")
            assert (answer.status_code, answer.json()["error"]) == (404, f"Item #{item} is no recording.")


def test_a_recording_is_not_taken_for_a_picture(client: TestClient) -> None:
    answer = client.get("/media/1/display")
    assert (answer.status_code, answer.json()["error"]) == (404, "Item #1 is no image.")


def test_a_file_that_is_gone_is_named(project: Opened, client: TestClient) -> None:
    media = project.store.media.of([1])[1]
    place = project.store.media.path(media)
    place.rename(place.with_name("elsewhere"))
    for path in ("/media/1/sound", "/media/1/peaks"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert place.name in answer.json()["error"]


def test_peaks_say_where_it_is_loud(client: TestClient) -> None:
    found = client.get("/media/1/peaks").json()
    assert (found["length"], found["step"], len(found["peaks"])) == (2000, 10, 200)
    loud, silent, quiet = found["peaks"][5:95], found["peaks"][105:145], found["peaks"][155:195]
    assert (min(loud) >= 250, max(silent) <= 2, 60 <= min(quiet) <= max(quiet) <= 68) == (True, True, True)


def test_peaks_are_computed_once_and_kept(project: Opened, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/media/1/peaks").json()
    monkeypatch.setattr("assistant.ui.routes.sound_routes.peaks_of", None)
    assert client.get("/media/1/peaks").json() == first
    assert [place.suffix for place in (project.path / "cache" / "peaks").rglob("*.*")] == [".json"]


def test_a_long_recording_has_coarser_peaks_and_not_more_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.ui.routes import sound_routes

    asked = []
    monkeypatch.setattr(sound_routes, "peaks_of", lambda path, steps, length: asked.append((steps, length)) or [])
    record = sound_routes.peaks_record(Path("two-hours.wav"), 7_200_001)
    assert (record["step"], asked) == (121, [(59_505, 7_200_105)])


def test_the_card_says_what_shows_it_and_how_long_it_is(client: TestClient) -> None:
    card = client.post("/card/next", json={"count": 1, "held": [], "field": ""}).json()["cards"][0]
    assert (card["item"]["content"], card["item"]["media"]["length"]) == ("audio", 2000)
    assert client.get("/card/project").json()["content"] == "audio"
