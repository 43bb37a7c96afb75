"""Pictures are decoded within bounds of memory: once each, so many at a time, a word where there is no room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.ui.routes import media_routes, picture_room
from assistant.ui.routes.media_routes import Pictures
from assistant.ui.routes.picture_room import NoRoom, PictureRoom
from tests.ui.clients import client_of
from tests.ui.pictures.test_media_routes import BOXES, photo
from tests.ui.projects import Opened
from tools.images.pixels import Pixels, read_pixels
from tools.records import Media

Maker = Callable[..., Opened]


@pytest.fixture
def project(made: Maker, tmp_path: Path) -> Opened:
    return made(BOXES, [{"image": str(photo(tmp_path / f"{n}.png", 300 + n, 200))} for n in range(4)])


class Watched:
    """Decoding that says how many pixels are being decoded at once, and how often it was asked."""

    def __init__(self) -> None:
        self.now, self.most, self.times, self._lock = 0, 0, 0, threading.Lock()

    def __call__(self, path: Any, most_side: int | None = None) -> Pixels:
        found = read_pixels(path, most_side)
        with self._lock:
            self.now += 60_000
            self.times += 1
            self.most = max(self.most, self.now)
        time.sleep(0.1)
        with self._lock:
            self.now -= 60_000
        return found


def all_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    outcomes: list[Any] = [None] * len(calls)

    def ask(at: int) -> None:
        try:
            outcomes[at] = calls[at]()
        except NoRoom as error:
            outcomes[at] = str(error)

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_twelve_tiles_of_one_picture_decode_it_once(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    monkeypatch.setattr(media_routes, "read_pixels", watched)
    pictures = Pictures(project)
    media = pictures.media(1)
    tiles = all_at_once([lambda: pictures.crop(media, (10, 10, 50, 50), 64, "ann")] * 12)
    assert (watched.times, len(set(tiles))) == (1, 1)


def test_only_so_many_pixels_are_decoded_at_a_time(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    monkeypatch.setattr(media_routes, "read_pixels", watched)
    pictures = Pictures(project)
    pictures._room = PictureRoom(pixels=125_000)
    shown = [pictures.media(n) for n in range(1, 5)]
    all_at_once([lambda media=media: pictures.crop(media, (0, 0, 9, 9), 64, "ann") for media in shown])
    assert (watched.times, watched.most) == (4, 120_000)


def test_a_picture_larger_than_all_room_is_opened_alone() -> None:
    room = PictureRoom(pixels=100, patience=0.05)
    with room.decoding(1000), pytest.raises(NoRoom, match="shown in a moment"), room.decoding(1):
        pass
    with room.decoding(1000):
        pass


def test_one_person_cannot_take_all_places() -> None:
    room, held = PictureRoom(), []
    for _ in range(picture_room.OF_ONE_PERSON):
        held.append(room.asking("ann"))
        held[-1].__enter__()
    with pytest.raises(NoRoom), room.asking("ann"):
        pass
    with room.asking("bob"):
        pass
    held.pop().__exit__(None, None, None)
    with room.asking("ann"):
        pass


def test_where_there_is_no_room_the_answer_says_when_to_ask_again(
    project: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_room, "OF_ONE_PERSON", 0)
    with client_of(project) as client:
        answer = client.get("/media/1/thumb")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"].endswith("this one is shown in a moment.")


@pytest.mark.parametrize(
    ("mime", "side", "pixels"),
    [("image/png", 256, 24_000_000), ("image/jpeg", 2048, 6_000_000), ("image/jpeg", 1024, 1_500_000),
     ("image/jpeg", 256, 375_000)],
)  # fmt: skip
def test_a_copy_takes_the_room_of_what_is_decoded_for_it(mime: str, side: int, pixels: int) -> None:
    media = Media("d", mime, 6000, 4000, 1, 8, 1, 1, "")
    assert media_routes._pixels_of(media, side) == pixels


def test_a_kept_picture_makes_place_before_the_next_is_decoded(
    project: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_routes, "_KEPT_PIXELS", 100_000)
    pictures = Pictures(project)
    for number in (1, 2, 3):
        pictures.pixels(pictures.media(number))
    assert list(pictures._kept) == [pictures.media(3).digest]
