"""The review card over recordings, with its server scripted: the card's own JavaScript, real sound, no project."""

from __future__ import annotations

import io
import json
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from assistant.ui.routes.static_routes import static_files
from tests.ui.pages import Watched, watch

ORIGIN = "http://127.0.0.1:9"
RATE = 8000
FILES = static_files()
STEP = 10
_STYLES = "".join(
    f'<link rel="stylesheet" href="/static/card/{name}.css">'
    for name in ("page", "card", "text", "audio", "panels", "saving")
)
_PAGE = (
    f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{_STYLES}<body>'
    '<div id="aa"><div id="aa-top"></div>'
    '<div id="aa-review" style="height: calc(100vh - 60px); max-width: 900px"></div></div>'
    '<script type="module" src="/static/card/card.js"></script>'
)
SPEAKERS = [
    {"id": "ann", "name": "Ann", "key": "1", "color": "#1d4ed8", "description": "", "group": ""},
    {"id": "bob", "name": "Bob", "key": "2", "color": "#c2410c", "description": "", "group": ""},
]


def samples(length: int) -> np.ndarray[Any, Any]:
    """A hum that swells and fades every second: ``length`` milliseconds of it."""
    time = np.arange(length * RATE // 1000) / RATE
    return np.sin(2 * np.pi * 220 * time) * np.abs(np.sin(np.pi * time)) * 0.8


def as_wav(length: int) -> bytes:
    """The hum as a WAV file."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples(length) * 32767).astype("<i2").tobytes())
    return made.getvalue()


def peaks(length: int) -> dict[str, Any]:
    """What the route of peaks answers about the hum."""
    loud = np.abs(samples(length)).reshape(-1, RATE * STEP // 1000).max(axis=1)
    return {"length": length, "step": STEP, "peaks": [int(one) for one in np.rint(loud * 255)]}


def segment(number: int, start: int, end: int, text: str, **more: Any) -> dict[str, Any]:
    """A suggested segment."""
    return {"id": f"r{number}", "start": start, "end": end, "text": text, **more}


@dataclass
class SoundServer:
    """Answers what the card asks: a recording for each of ``suggestions``, ``None`` where nothing is suggested."""

    suggestions: Sequence[Sequence[dict[str, Any]] | None]
    length: int = 8000
    labels: Sequence[dict[str, Any]] = ()
    overlap: bool = False
    decided: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """One card for each recording."""
        self.field = {
            "id": "words", "name": "Words", "kind": "segments", "key": "segments", "verdict": "edit",
            "one": "segment", "many": "segments", "question": "What is said?", "guideline": "", "required": True,
            "labels": list(self.labels), "overlap": self.overlap, "over": None,
        }  # fmt: skip
        self.cards = [self._card(number, one) for number, one in enumerate(self.suggestions, start=1)]
        self.sound = as_wav(self.length)

    def answer(self, route: Any) -> None:
        """One request of the page."""
        path = urlsplit(route.request.url).path
        if path == "/":
            route.fulfill(body=_PAGE, content_type="text/html")
        elif path.startswith("/static/card/"):
            content, kind, _ = FILES[path.removeprefix("/static/card/")]
            route.fulfill(body=content, content_type=kind)
        elif path.endswith("/sound"):
            self._send_sound(route)
        elif path.endswith("/peaks"):
            route.fulfill(json=peaks(self.length))
        else:
            body = json.loads(route.request.post_data) if route.request.post_data else {}
            found = self._spoken(path, body)
            route.fulfill(status=404 if found is None else 200, json={"error": "no"} if found is None else found)

    def _send_sound(self, route: Any) -> None:
        asked = re.match(r"bytes=(\d+)-(\d*)", route.request.headers.get("range", "bytes=0-"))
        assert asked is not None
        first, last = int(asked[1]), int(asked[2] or len(self.sound) - 1)
        told = f"bytes {first}-{last}/{len(self.sound)}"
        headers = {"Content-Range": told, "Accept-Ranges": "bytes", "Content-Type": "audio/wav"}
        route.fulfill(status=206, headers=headers, body=self.sound[first : last + 1])

    def _spoken(self, path: str, body: Any) -> Any:
        plain: dict[str, Any] = {
            "/card/project": {
                "project": "Calls", "project_id": "calls", "content": "audio", "person": "lead", "role": "lead",
                "fields": [self.field], "guideline": "", "reasons": ["wrong words"],
            },
            "/card/painted": {},
            "/card/release": {},
            "/page/actions": {"actions": []},
            "/page/chat/state": {"version": 0, "running": False, "waiting": 0, "signals": [], "signal_count": 0},
            "/page/runs/live": {"jobs": []},
        }  # fmt: skip
        if path == "/card/next":
            gone = {*body["held"], *(one["exposure"] for one in self.decided)}
            cards = [card for card in self.cards if card["exposure"] not in gone]
            return {"cards": cards, "left": len(cards), "done": len(self.decided), "finished": not cards, "message": ""}
        if path == "/card/decide":
            self.decided.append(body)
            return {"left": len(self.cards) - len(self.decided), "done": len(self.decided)}
        if path == "/card/open":
            return {"card": next(card for card in self.cards if card["item"]["id"] == body["item"])}
        return plain.get(path)

    def _card(self, number: int, suggested: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
        suggestion = {
            "proposal": number, "value": {"segments": suggested}, "score": None, "score_source": "none", "reason": "",
            "alternatives": [], "backend": "builtin:test",
        }  # fmt: skip
        return {
            "exposure": number * 10,
            "ticket": "t",
            "kind": "blind" if suggested is None else "suggested",
            "item": {
                "id": number, "key": f"call{number}.wav", "kind": "audio", "content": "audio",
                "text": f"call{number}.wav", "parts": [], "meta": {},
                "media": {"width": 0, "height": 0, "mime": "audio/wav", "bits": 16, "length": self.length},
            },
            "field": self.field,
            "suggestion": None if suggested is None else suggestion,
            "standing": None,
            "spans": [],
            "why": "",
        }  # fmt: skip


def open_recordings(browser: Any, server: SoundServer, **context: Any) -> Watched:
    """The card in a fresh browser context, with its first recording ready to be heard."""
    made = browser.new_context(viewport=context.pop("viewport", {"width": 1000, "height": 860}), **context)
    page = made.new_page()
    page.set_default_timeout(15_000)
    page.route("**/*", server.answer)
    watched = Watched(page, ORIGIN)
    watch(watched)
    page.goto(f"{ORIGIN}/")
    watched.wait_card()
    watched.press("Escape")  # somebody has the focus on the card
    return watched


@dataclass
class Waveform:
    """Places on the waveform while the whole recording is shown."""

    watched: Watched
    length: int

    def at(self, time: int) -> tuple[float, float]:
        """Where a time is on the page."""
        box = self.watched.page.locator(".aa-wave-canvas").bounding_box()
        return box["x"] + box["width"] * time / self.length, box["y"] + box["height"] * 0.6

    def click(self, time: int) -> None:
        self.watched.page.mouse.click(*self.at(time))

    def drag(self, start: int, end: int) -> None:
        """Press at one time, let go at another."""
        mouse = self.watched.page.mouse
        mouse.move(*self.at(start))
        mouse.down()
        mouse.move(*self.at(end), steps=6)
        mouse.up()
