"""The demo project of photographs as a new user meets it: boxes accepted, relabelled, resized, a mask from clicks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.demo.photos import build_photos
from assistant.session import Session
from assistant.store.checks.verify import verify
from tests.e2e.driving import first_page, say
from tests.ui.pages import Watched
from tests.ui.pictures.picture_page import Stage
from tools.geometry.masks import mask_of_record
from tools.records import Actor, Draft, RunIdentity

pytestmark = pytest.mark.browser
# The picture in the README: ASSISTANT_PHOTO_SCREENSHOT=docs/image.png pytest tests/e2e/test_photographs.py
SCREENSHOT = os.environ.get("ASSISTANT_PHOTO_SCREENSHOT", "")
HOST = Actor("demo", "lead", "cli", "demo")
MOTORCYCLE = {"id": "m", "label": "animal", "box": [120.0, 80.0, 600.0, 450.0]}
SHELF = {"id": "s", "label": "thing", "box": [330.0, 0.0, 700.0, 300.0]}
GHOST = {"id": "g", "label": "person", "box": [10.0, 300.0, 90.0, 480.0]}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    build_photos(tmp_path / "photos")
    with closing(Session.open(tmp_path / "photos")) as opened:
        opened.store.settings.put("blind_share", 0, HOST)
        opened.store.settings.put("retrain", False, HOST)
        _propose(opened, "motorcycle_right.png", [MOTORCYCLE, SHELF, GHOST])
        yield opened


def _propose(session: Session, key: str, boxes: list[dict[str, Any]]) -> None:
    """What a detector might have found: one wrong label, one right, one that is not there."""
    store = session.store
    (item_id,) = store.items.resolve([key])
    run = store.runs.start(RunIdentity("prelabel", 1, "test:detector", "1", {}), {}, "things", 1, HOST)
    drafts = [Draft(item_id, "things", {"boxes": boxes})]
    store.runs.add_drafts(run, drafts, store.schema, 1, {item_id: key}, sizes=store.items.sizes([item_id]))
    session.queues.stir()


@pytest.fixture
def page(session: Session, chromium: Any) -> Iterator[Watched]:
    with first_page(session, chromium) as watched:
        yield watched


def go_to(page: Watched, field: str, key: str) -> None:
    page.page.locator("#aa-review button", has_text=field).first.click()
    page.wait_card(key)
    page.page.wait_for_function("document.querySelector('.aa-stage-state')?.hidden")


def last_review(session: Session) -> tuple[str, dict[str, Any], dict[str, str]]:
    sql = "SELECT verdict, value, regions FROM reviews WHERE reviewer = 'lead' ORDER BY review_id DESC LIMIT 1"
    verdict, value, regions = session.store.database.rows(sql)[0]
    return verdict, json.loads(value), json.loads(regions)


def wait_preview(page: Watched) -> None:
    page.page.wait_for_function("document.querySelector('.aa-status').innerText.startsWith('Preview by')")


def test_boxes_are_relabelled_resized_and_dropped_and_a_mask_is_clicked(session: Session, page: Watched) -> None:
    go_to(page, "Things", "motorcycle_right.png")
    stage = Stage(page, 741, 500)
    # The first box has the wrong label and is too narrow, the third is nothing.
    stage.click(150, 120)
    stage.drag((600, 265), (650, 265))
    page.press("3")
    page.press("a", "a", "x", "n")
    page.wait_saved()
    verdict, value, regions = last_review(session)
    assert (verdict, regions) == ("edit", {"m": "edit", "s": "accept", "g": "reject"})
    assert [one["label"] for one in value["boxes"]] == ["machine", "thing"]
    assert value["boxes"][0]["box"] == pytest.approx([120, 80, 650, 450], abs=2)
    assert value["boxes"][1]["box"] == SHELF["box"]

    page.press("z")
    page.wait_card("motorcycle_right.png")
    assert session.store.database.rows("SELECT count(*) FROM live_reviews WHERE reviewer = 'lead'") == [(0,)]

    go_to(page, "Outline", "astronaut.png")
    stage = Stage(page, 512, 512)
    page.press("m")
    stage.click(230, 310)
    wait_preview(page)
    stage.click(60, 30)
    page.page.wait_for_timeout(1500)
    # The flag was a mistake: one step back takes the click, not the whole mask.
    page.press("u")
    page.page.wait_for_timeout(300)
    stage.click(220, 120)
    page.page.wait_for_timeout(1500)
    if SCREENSHOT:
        page.page.screenshot(path=SCREENSHOT)
    page.press("Enter", "1", "Enter", "n")
    page.wait_saved()
    _, value, _ = last_review(session)
    (mask,) = value["masks"]
    drawn = mask_of_record(mask)
    assert [click[:2] for click in mask["prompts"]["clicks"]] == [
        [pytest.approx(230, abs=1), pytest.approx(310, abs=1)],
        [pytest.approx(220, abs=1), pytest.approx(120, abs=1)],
    ]
    assert (drawn[310, 230], drawn[120, 220], drawn[30, 60], drawn[60, 420]) == (True, True, False, False)

    assert "motorcycle_right.png" in say(page, "find items with motorcycle", "motorcycle_right.png")
    assert [check.name for check in verify(session.store.database) if not check.holds] == []
    assert page.errors == []
    assert page.hosts == {page.address.removeprefix("http://")}
