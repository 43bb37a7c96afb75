"""Pictures for which there is no room just now: the page asks again when told to, and says so only at the end."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.ui.routes.static_routes import static_files
from tests.ui.modules import ORIGIN, run
from tests.ui.pictures.pictures import PHOTOS

pytestmark = pytest.mark.browser

SHOW = """
    const image = new Image();
    const heard = [];
    m.showPatiently(image, given);
    const end = new Promise((done) => {
      image.addEventListener("load", () => done("load"));
      image.addEventListener("error", () => (heard.push("error"), setTimeout(() => done("error"), 300)));
    });
    return { end: await end, heard, width: image.naturalWidth };
"""
TWICE = """
    const states = [];
    const end = new Promise((done) => {
      const pixels = new m.Pixels({ id: 7 }, {
        onChange: () => done(pixels.image.naturalWidth),
        onState: (words, isError) => states.push([words, isError]),
      });
    });
    return [await end, states];
"""


class Busy:
    """A server that has no room for so many requests, and then answers in one way."""

    def __init__(self, browser: Any, refusals: int, status: int = 200) -> None:
        self.asked, self._refusals, self._status = 0, refusals, status
        self.page = browser.new_context().new_page()
        self.page.route("**/*", self._answer)
        self.page.goto(f"{ORIGIN}/")

    def _answer(self, route: Any) -> None:
        path, files = route.request.url.removeprefix(ORIGIN), static_files()
        name = path.removeprefix("/")
        if name in files:
            route.fulfill(body=files[name][0], content_type=files[name][1])
        elif not path.startswith("/media"):
            route.fulfill(body="<!doctype html><body></body>", content_type="text/html")
        else:
            self._picture(route)

    def _picture(self, route: Any) -> None:
        self.asked += 1
        if self.asked <= self._refusals:
            route.fulfill(status=503, headers={"Retry-After": "0.05"}, json={"error": "Many large pictures …"})
        elif self._status == 200:
            route.fulfill(body=(PHOTOS / "chelsea.png").read_bytes(), content_type="image/png")
        else:
            route.fulfill(status=self._status, json={"error": "no"})


def test_a_picture_without_room_is_asked_for_again_and_shown_without_an_error(chromium: Any) -> None:
    busy = Busy(chromium, refusals=5)
    assert run(busy.page, "base/patient_image.js", SHOW, "/media/7/thumb") == {"end": "load", "heard": [], "width": 451}
    assert busy.asked == 6
    busy.page.context.close()


def test_a_picture_that_is_gone_is_an_error_once_and_is_not_asked_for_again_and_again(chromium: Any) -> None:
    busy = Busy(chromium, refusals=0, status=404)
    found = run(busy.page, "base/patient_image.js", SHOW, "/media/7/thumb")
    assert (found["end"], found["heard"], busy.asked) == ("error", ["error"], 2)
    busy.page.context.close()


def test_a_server_that_never_has_room_is_given_up_on_in_the_end(chromium: Any) -> None:
    busy = Busy(chromium, refusals=1000)
    found = run(busy.page, "base/patient_image.js", SHOW, "/media/7/thumb")
    assert (found["end"], found["heard"], busy.asked) == ("error", ["error"], 60)
    busy.page.context.close()


def test_the_stage_says_that_the_picture_is_on_its_way_until_there_is_room(chromium: Any) -> None:
    busy = Busy(chromium, refusals=3)
    width, states = run(busy.page, "canvas/canvas_pixels.js", TWICE)
    assert width == 451
    assert states == [["The picture is on its way…", False], ["", False]]
    busy.page.context.close()
