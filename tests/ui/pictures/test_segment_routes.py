"""Segmenting in the card, without a browser: what is checked, what is answered, and that nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from assistant.executor import Executor
from tests.pictures import draw, ground, save
from tests.ui.clients import client_of, sign_in
from tests.ui.projects import LEAD, Opened
from tools.geometry.masks import decode, encode
from tools.segment.tool import segment

MASKS = "name: Things\nitem: image\nfields:\n  - {id: things, kind: masks, labels: [thing]}\n"


@pytest.fixture
def project(made: Callable[..., Opened], tmp_path: Path) -> Opened:
    rng = np.random.default_rng(2)
    items = []
    for number in range(3):
        pixels = ground(rng)
        draw(pixels, "disc", (40, 30, 100, 90), "red")
        items.append({"key": f"p{number}", "image": save(pixels, tmp_path / "pictures" / f"{number}.png")})
    opened = made(MASKS, items)
    opened.executor = Executor(opened.store, (segment,))
    return opened


@pytest.fixture
def client(project: Opened) -> Iterator[TestClient]:
    with client_of(project) as found:
        yield found


def card(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/card/next", json={"field": "things", "count": 1}).json()["cards"][0]
    return found


def ask(client: TestClient, path: str, **body: Any) -> tuple[int, Any]:
    answer = client.post(f"/card/segment/{path}", json=body)
    return answer.status_code, answer.json()


def test_without_an_encoder_the_picture_is_ready_at_once(client: TestClient) -> None:
    status, found = ask(client, "encode", exposure=card(client)["exposure"])
    assert (status, found) == (200, {"state": "ready", "seconds": 0.0, "backend": "builtin:grabcut"})


def test_a_click_is_answered_with_mask_box_and_outline(client: TestClient) -> None:
    status, found = ask(client, "preview", exposure=card(client)["exposure"], clicks=[[70, 60, 1]])
    assert status == 200
    mask = decode(found["counts"], tuple(found["size"]))
    assert found["size"] == [120, 160] and mask[60, 70] and 2400 < mask.sum() < 3200
    assert found["box"] == pytest.approx([40, 30, 101, 91], abs=3)
    assert len(found["parts"]) == 1 and found["backend"] == "builtin:grabcut" and found["milliseconds"] >= 0


def test_scribbles_box_and_earlier_mask_are_taken(client: TestClient) -> None:
    earlier = np.zeros((120, 160), dtype=np.bool_)
    earlier[30:90, 40:100] = True
    body = {
        "clicks": [[70, 60, 1], [98, 33, 0]],
        "box": [38, 28, 103, 93],
        "scribbles": {"object": [[[60, 60], [80, 60]]], "background": [[[5, 5], [150, 5]]]},
        "region": {"size": [120, 160], "counts": encode(earlier)},
    }
    status, found = ask(client, "preview", exposure=card(client)["exposure"], **body)
    mask = decode(found["counts"], tuple(found["size"]))
    assert status == 200 and mask[60, 70] and not mask[33, 98]


def test_a_preview_writes_no_row(client: TestClient, project: Opened) -> None:
    exposure = card(client)["exposure"]
    before = counts(project)
    assert ask(client, "preview", exposure=exposure, clicks=[[70, 60, 1]])[0] == 200
    assert counts(project) == before


def counts(project: Opened) -> dict[str, int]:
    rows = project.store.database.rows(
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    )
    return {name: project.store.database.rows(f"SELECT count(*) FROM {name}")[0][0] for (name,) in rows}


def test_clicks_are_kept_with_the_region_that_is_decided(client: TestClient, project: Opened) -> None:
    shown = card(client)
    exposure = shown["exposure"]
    found = ask(client, "preview", exposure=exposure, clicks=[[70, 60, 1]])[1]
    prompts = {"backend": found["backend"], "clicks": [[70, 60, 1]]}
    region = {"id": "r1", "label": "thing", "size": found["size"], "counts": found["counts"], "prompts": prompts}
    client.post("/card/painted", json={"exposure": exposure})
    known = {"project": project.store.project_id, "ticket": shown["ticket"], "item": shown["item"]["id"]}
    body = {**known, "exposure": exposure, "key": "0123456789", "verdict": "edit", "value": {"masks": [region]}}
    assert client.post("/card/decide", json=body).status_code == 200
    stored = project.store.reviews.latest_of("lead", 1)[0].value
    assert stored is not None and stored["masks"][0]["prompts"] == prompts


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "Nothing says where"),
        ({"clicks": [[900, 4, 1]]}, "outside the image of 160 × 120"),
        ({"clicks": [[9, 4, 5]]}, "1 on the object or 0"),
        ({"clicks": [[9, 4]]}, "clicks"),
        ({"box": [50, 50, 20, 20]}, "left < right"),
        ({"clicks": [[9, 4, 1]], "region": {"size": [3, 3], "counts": "9"}}, "the size [120, 160]"),
        ({"clicks": [[9, 4, 1]], "region": {"size": [120, 160], "counts": "~~"}}, "mask"),
        ({"clicks": [[9, 4, 1]], "what": 1}, "what"),
        ({"clicks": [[9, 4, 1]], "backend": "builtin:magic"}, "no segmenter"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(client: TestClient, body: dict[str, Any], told: str) -> None:
    status, found = ask(client, "preview", exposure=card(client)["exposure"], **body)
    assert status in (404, 422) and told in found["error"] and "\n" not in found["error"]


def test_a_card_of_somebody_else_is_refused(made: Callable[..., Opened], project: Opened) -> None:
    project.users.add("ann", "reviewer", "a long password", LEAD)
    project.users.add("bob", "reviewer", "another password", LEAD)
    with client_of(project, signed_in=False) as client:
        sign_in(client, "ann", "a long password")
        exposure = card(client)["exposure"]
        sign_in(client, "bob", "another password")
        for path in ("encode", "preview"):
            status, found = ask(client, path, exposure=exposure)
            assert status == 403 and "was shown to ann" in found["error"]


def test_a_reviewer_cannot_name_a_model_to_be_loaded(project: Opened) -> None:
    project.users.add("ann", "reviewer", "a long password", LEAD)
    with client_of(project, signed_in=False) as client:
        sign_in(client, "ann", "a long password")
        status, found = ask(client, "encode", exposure=card(client)["exposure"], backend="hub:/etc")
    assert status == 422 and "is chosen by an engineer" in found["error"]


def test_an_item_of_text_is_no_image(made: Callable[..., Opened]) -> None:
    opened = made("name: T\nfields:\n  - {id: kind, kind: choice, labels: [a, b]}\n", [{"text": "words"}])
    with client_of(opened) as client:
        exposure = client.post("/card/next", json={"field": "kind", "count": 1}).json()["cards"][0]["exposure"]
        status, found = ask(client, "preview", exposure=exposure, clicks=[[1, 1, 1]])
    assert status == 422 and "is no image" in found["error"]
