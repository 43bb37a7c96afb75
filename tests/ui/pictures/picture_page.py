"""The review card over pictures, with its server scripted: the card's own JavaScript, real photographs, no project.

Requests are answered in the browser's own process, so that a test can hold one back, refuse it, or look at it. Tests of
the whole way, through store and routes, are in ``test_pictures_in_a_project.py``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image

from assistant.cards import field_record
from assistant.ui.routes.static_routes import static_files
from tests.ui.pages import Watched, watch
from tools.geometry.masks import box_of_runs, encode, runs_of
from tools.geometry.polygons import polygons_of
from tools.schema import read_schema

ORIGIN = "http://127.0.0.1:9"
_STYLES = "".join(
    f'<link rel="stylesheet" href="/static/card/{name}.css">'
    for name in ("page", "card", "text", "image", "regions", "panels", "saving")
)
_PAGE = (
    f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{_STYLES}<body>'
    '<div id="aa"><div id="aa-top"></div>'
    '<div id="aa-review" style="height: calc(100vh - 60px); max-width: 760px"></div></div>'
    '<script type="module" src="/static/card/card.js"></script>'
)


@dataclass
class PictureServer:
    """Answers what the card asks. ``segments`` maps no prompt: a disc of ``radius`` pixels around positive clicks,
    less the one around negative clicks, is found; without it the routes of segmentation are absent."""

    schema: str
    pictures: Mapping[str, Image.Image]
    suggestions: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    radius: int = 0
    encoding: int = 0
    decided: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the schema, and one card for each picture and field."""
        self.fields = [field_record(spec) for spec in read_schema(self.schema).fields]
        self.cards = [
            self._card(number, name, picture, one)
            for number, (name, picture) in enumerate(self.pictures.items(), start=1)
            for one in self.fields
        ]

    def answer(self, route: Any) -> None:
        """One request of the page."""
        address = urlsplit(route.request.url)
        body = json.loads(route.request.post_data) if route.request.post_data else {}
        if address.path == "/":
            route.fulfill(body=_PAGE, content_type="text/html")
        elif address.path.startswith("/static/card/"):
            content, kind, _ = static_files()[address.path.removeprefix("/static/card/")]
            route.fulfill(body=content, content_type=kind)
        elif address.path.startswith("/media/"):
            self._picture(route, address.path, parse_qs(address.query))
        else:
            self.asked.append((address.path, body))
            found = self._spoken(address.path, body)
            route.fulfill(
                status=200 if found is not None else 404, json=found if found is not None else {"error": "no"}
            )

    def previews(self) -> list[dict[str, Any]]:
        """What the segmenter was asked, oldest first."""
        return [body for path, body in self.asked if path.endswith("preview")]

    def _spoken(self, path: str, body: Any) -> Any:
        plain: dict[str, Any] = {
            "/card/project": {
                "project": "Pictures",
                "project_id": "pictures",
                "content": "image",
                "person": "lead",
                "role": "lead",
                "fields": self.fields,
            },
            "/card/painted": {},
            "/card/release": {},
            "/page/actions": {"actions": []},
            "/page/chat/state": {"version": 0, "running": False, "waiting": 0, "signals": [], "signal_count": 0},
            "/page/runs/live": {"jobs": []},
        }
        if path == "/card/next":
            return self._next(body)
        if path == "/card/decide":
            self.decided.append(body)
            return {"left": self._left(), "done": len(self.decided)}
        if path == "/card/open":
            found = (one for one in self.cards if one["item"]["id"] == body["item"])
            return {"card": next(one for one in found if one["field"]["id"] == body["field"])}
        if path.startswith("/card/segment/"):
            return self._segment(path, body) if self.radius else None
        return plain.get(path)

    def _next(self, body: Any) -> dict[str, Any]:
        gone = {*body["held"], *(one["exposure"] for one in self.decided)}
        cards = [card for card in self.cards if card["exposure"] not in gone][: body["count"]]
        return {"cards": cards, "left": self._left(), "done": len(self.decided), "finished": not cards, "message": ""}

    def _left(self) -> int:
        return len(self.cards) - len(self.decided)

    def _segment(self, path: str, body: Any) -> Any:
        if path.endswith("encode"):
            self.encoding -= 1
            return {"state": "encoding" if self.encoding >= 0 else "ready", "seconds": 1.0, "backend": "builtin:discs"}
        card = next(one for one in self.cards if one["exposure"] == body["exposure"])
        size = (card["item"]["media"]["height"], card["item"]["media"]["width"])
        return segmented(body["clicks"], size, self.radius)

    def _card(self, number: int, name: str, picture: Image.Image, spec: dict[str, Any]) -> dict[str, Any]:
        value = self.suggestions.get(number)
        suggestion = {"proposal": number, "value": value, "score": None, "score_source": "none", "reason": ""}
        return {
            "exposure": number * 10 + self.fields.index(spec),
            "kind": "suggested" if value else "blind",
            "item": {
                "id": number,
                "key": name,
                "kind": "image",
                "content": "image",
                "text": name,
                "parts": [],
                "meta": {},
                "media": {"width": picture.width, "height": picture.height, "mime": "image/jpeg", "bits": 8},
            },
            "field": spec,
            "suggestion": {**suggestion, "alternatives": [], "backend": "builtin:test"} if value else None,
            "standing": None,
            "spans": [],
            "why": "",
        }

    def _picture(self, route: Any, path: str, query: Mapping[str, Sequence[str]]) -> None:
        number, what = int(path.split("/")[2]), path.split("/")[3]
        picture = list(self.pictures.values())[number - 1]
        self.asked.append((path, {key: float(values[0]) for key, values in query.items()}))
        if what == "tile":
            x, y, w, h = (int(query[key][0]) for key in "xywh")
            picture = picture.crop((x, y, x + w, y + h))
        made = picture.convert("RGB")
        made.thumbnail((int(query["side"][0]),) * 2)
        content = io.BytesIO()
        made.save(content, "JPEG", quality=90)
        route.fulfill(body=content.getvalue(), content_type="image/jpeg")


def segmented(clicks: Sequence[Sequence[float]], size: tuple[int, int], radius: int) -> dict[str, Any]:
    """What the scripted segmenter finds, as the route answers."""
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    found = np.zeros(size, dtype=bool)
    for x, y, is_object in clicks:
        disc = np.hypot(columns - x, rows - y) <= radius
        found = found | disc if is_object else found & ~disc
    runs = runs_of(found)
    box = list(box_of_runs(runs, size)) if found.any() else [0, 0, 0, 0]
    parts = polygons_of(found, 1.0) if found.any() else []
    answer = {"size": list(size), "counts": encode(found), "box": box, "parts": parts, "score": 0.93}
    return {**answer, "backend": "builtin:discs", "milliseconds": 5}


def open_pictures(browser: Any, server: PictureServer, **context: Any) -> Watched:
    """The card in a fresh browser context, with its first picture loaded."""
    made = browser.new_context(viewport=context.pop("viewport", {"width": 800, "height": 800}), **context)
    page = made.new_page()
    page.set_default_timeout(10_000)
    page.route("**/*", server.answer)
    watched = Watched(page, ORIGIN)
    watch(watched)
    page.goto(f"{ORIGIN}/")
    watched.wait_card()
    page.wait_for_function("document.querySelector('.aa-stage-state')?.hidden")
    watched.press("Escape")  # somebody has the focus on the card
    return watched


@dataclass
class Stage:
    """Places on the stage, in pixels of the full-size picture."""

    watched: Watched
    width: int
    height: int

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where an image pixel is on the page while the whole picture is shown."""
        box = self.watched.page.locator(".aa-stage").bounding_box()
        scale = min((box["width"] - 24) / self.width, (box["height"] - 24) / self.height, 6)
        left = box["x"] + (box["width"] - self.width * scale) / 2
        top = box["y"] + (box["height"] - self.height * scale) / 2
        return left + x * scale, top + y * scale

    def click(self, x: float, y: float, **about: Any) -> None:
        self.watched.page.mouse.click(*self.at(x, y), **about)

    def drag(self, *points: tuple[float, float], button: Literal["left", "middle", "right"] = "left") -> None:
        """Press at the first point, go through the others, let go at the last."""
        mouse = self.watched.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=4)
        mouse.up(button=button)


def saved(server: PictureServer, stage: Stage) -> dict[str, Any]:
    """The decision that was sent last."""
    stage.watched.wait_saved()
    return server.decided[-1]


def preview_shown(stage: Stage) -> None:
    """Wait for the answer to the last click."""
    stage.watched.page.wait_for_function(
        """[...document.querySelectorAll('.aa-stage-tools button')]
            .some((button) => button.textContent.startsWith('Keep') && !button.disabled)"""
    )


def until(stage: Stage, is_there: Callable[[], bool]) -> None:
    """Let the page work until something is so on the server's side; fail after ten seconds."""
    for _ in range(200):
        if is_there():
            return
        stage.watched.page.wait_for_timeout(50)
    raise AssertionError("it did not happen within ten seconds")
