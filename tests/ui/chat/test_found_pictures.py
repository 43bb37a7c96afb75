"""The pictures of an answer: shown small above the chat, one click away from the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.chat.test_chat_page import say
from tests.ui.modules import module_page, run
from tests.ui.pages import Watched
from tests.ui.pictures.picture_page import Stage
from tests.ui.pictures.pictures import PHOTOS, schema
from tests.ui.projects import Opened

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[Opened, Watched]]
ITEMS = [{"image": PHOTOS / name, "key": name} for name in ("astronaut.png", "coffee.png", "chelsea.png")]
SCENES = """
name: Scenes
item: image
fields:
  - {id: scene, name: Scene, kind: choice, labels: [Person, Cup, Cat]}
"""
OFFER = """
    const picked = [];
    const onPick = (id) => picked.push(id);
    const found = new m.FoundItems({ onOpen: () => picked.push("all"), onPick, isPicture: given.isPicture });
    found.offer(given.ids);
    const shown = [...found.element.querySelectorAll("img")];
    shown[1]?.closest("button").click();
    return { shown: shown.map((one) => one.getAttribute("src")), picked, words: found.element.textContent };
"""


def test_the_first_twelve_pictures_of_an_answer_are_shown_and_open_by_a_click(chromium: Any) -> None:
    page = module_page(chromium)
    told = run(page, "card/found.js", OFFER, {"ids": list(range(1, 15)), "isPicture": True})
    assert told["shown"] == [f"/media/{one}/thumb" for one in range(1, 13)]
    assert told["picked"] == [2]
    assert "14 pictures in this answer" in told["words"]
    page.context.close()


def test_items_of_text_have_no_pictures(chromium: Any) -> None:
    page = module_page(chromium)
    told = run(page, "card/found.js", OFFER, {"ids": [1, 2], "isPicture": False})
    assert (told["shown"], told["picked"]) == ([], [])
    assert "2 items in this answer" in told["words"]
    page.context.close()


def test_a_picture_of_an_answer_opens_in_the_card(opened: Opener) -> None:
    _, watched = opened(SCENES, ITEMS)
    say(watched, "how good?", "25.0 % of the items")
    pictures = watched.page.locator(".aa-found-picture img")
    pictures.nth(2).wait_for()
    watched.page.wait_for_function(
        "[...document.querySelectorAll('.aa-found-picture img')].every((one) => one.complete && one.naturalWidth > 0)"
    )
    pictures.nth(2).click()
    watched.wait_card("chelsea.png")
    assert watched.errors == []


def test_the_chat_knows_whether_the_card_has_drawings_that_are_not_saved(opened: Opener) -> None:
    _, watched = opened(schema("boxes"), ITEMS[:1])
    in_hand = "async () => await window.reviewCard.inHand()"
    assert watched.page.evaluate(in_hand)[1] == 0
    watched.page.wait_for_function("document.querySelector('.aa-stage-state')?.hidden")
    stage = Stage(watched, 512, 512)
    watched.press("1")
    stage.drag((100, 100), (200, 200))
    assert watched.page.evaluate(in_hand)[1] == 1
    say(watched, "say hello there", "hello there")
    assert watched.errors == []
