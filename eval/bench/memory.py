"""What a served project holds in memory after hundreds of sentences in its chat and a thousand crops of a picture.

The server is a process of its own, asked over HTTP as the page asks it.
"""

from __future__ import annotations

import http.client
import io
import itertools
import json
import os
import random
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from assistant.store.project import ProjectStore
from eval.bench.batches import items_only
from eval.bench.corpus import SCHEMA, texts_of
from eval.bench.measure import Line, Outcome
from eval.bench.reviewers import megabytes, peak_megabytes, served
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.records import Actor
from tools.schema import schema_from_labels

TURNS, TILES = 300, 1000
_LEAD = Actor("lea", "lead", "cli", "s")
_SIDES = (6000, 4000)
_TILE = 512
_PATIENCE = 120.0
_MOST_GROWTH = 100
"""Megabytes; what the first sentences load (the sentence model above all) stays, and is told apart."""

_WARM = 100
_LARGE = 13_000
_AT_ONCE = 12
_MOST_AT_ONCE = 3000
SENTENCES = (
    "how far are we?",
    "show 20 items",
    "which labels are rare?",
    "suggest labels for 5 items",
    "how good are the labels?",
    "show undecided items",
    "what should I label next?",
    "help",
    "how many labels do I still need?",
    "undo that",
)


def memory(folder: Path, is_quick: bool) -> Outcome:
    """Memory before and after chat turns and crops."""
    turns, tiles = (20, 40) if is_quick else (TURNS, TILES)
    lines = [*_chat(folder / "chat", turns), *_crops(folder / "crops", tiles)]
    if not is_quick:
        lines += _at_once(folder / "large")
    told = f"{turns} sentences of {len(SENTENCES)} kinds; {tiles} crops of {_SIDES[0] * _SIDES[1] // 10**6} megapixels"
    return Outcome("memory", "", tuple(lines), (told, f"load average {os.getloadavg()[0]:.1f}"))


def _chat(place: Path, turns: int) -> list[Line]:
    store = ProjectStore.create(place, "chat", SCHEMA, "lea")
    store.take_in(items_only(texts_of(np.arange(1, 501)).to_pylist()), _LEAD, {})
    store.close()
    with served(place) as (address, server):
        visitor = Visitor(address)
        visitor.say(SENTENCES[0])
        warm = megabytes(server, "VmRSS:")
        lines = [Line("after the first sentence", warm, "MB")]
        for number, sentence in zip(range(2, turns + 1), itertools.cycle(SENTENCES), strict=False):
            visitor.say(sentence)
            if number % 100 == 0 or number == turns:
                lines.append(Line(f"after {number}", megabytes(server, "VmRSS:"), "MB"))
            if number == _WARM:
                warm = lines[-1].ours
        grown = megabytes(server, "VmRSS:") - warm
        return [*lines, Line(f"  grown after the first {min(_WARM, turns)}", grown, "MB", bar=_MOST_GROWTH)]


def _crops(place: Path, tiles: int) -> list[Line]:
    _project_of(place, "photo.jpg", _photo())
    with served(place) as (address, server):
        visitor, draw = Visitor(address), random.Random(0)
        before = megabytes(server, "VmRSS:")
        for _ in range(tiles):
            x, y = draw.randrange(_SIDES[0] - _TILE), draw.randrange(_SIDES[1] - _TILE)
            visitor.fetch(f"/media/1/tile?x={x}&y={y}&w={_TILE}&h={_TILE}&side=512")
        grown = megabytes(server, "VmRSS:") - before
        return [
            Line("before the first crop", before, "MB"),
            Line(f"  grown by {tiles} crops", grown, "MB", bar=_MOST_GROWTH),
            Line("  most at any time", peak_megabytes(server), "MB"),
        ]


def _at_once(place: Path) -> list[Line]:
    """Twelve people ask for the whole of a picture that unpacks from kilobytes to half a gigabyte."""
    held = io.BytesIO()
    Image.new("RGB", (_LARGE, _LARGE), (40, 90, 160)).save(held, "PNG", optimize=False)
    _project_of(place, "large.png", held.getvalue())
    with served(place) as (address, server):
        crowd = [Visitor(address) for _ in range(_AT_ONCE)]
        path = f"/media/1/tile?x=0&y=0&w={_LARGE}&h={_LARGE}&side=1024"
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(lambda one: one.fetch(path), crowd))
        what = f"{_AT_ONCE} at once of {_LARGE**2 // 10**6} megapixels, most at any time"
        return [Line(what, peak_megabytes(server), "MB", bar=_MOST_AT_ONCE)]


def _project_of(place: Path, name: str, picture: bytes) -> None:
    pictures = place.parent / f"{place.name} pictures"
    pictures.mkdir(parents=True)
    (pictures / name).write_bytes(picture)
    schema = schema_from_labels(["thing"], images="boxes")
    store = ProjectStore.create(place, place.name, schema, "lea")
    store.take_in(read_file(pictures, schema, ImportOptions()), _LEAD, {})
    store.close()


def _photo() -> bytes:
    """A JPEG of 24 megapixels with some detail in it."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)
    held = io.BytesIO()
    Image.fromarray(small).resize(_SIDES, Image.Resampling.BICUBIC).save(held, "JPEG", quality=85)
    return held.getvalue()


class Visitor:
    """The local owner at a browser."""

    def __init__(self, address: str) -> None:
        """Open the printed address."""
        parts = urlsplit(address)
        self._line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
        answer = self._ask("GET", f"/?{parts.query}")
        self._cookie = str(answer.headers.get("Set-Cookie", "")).split(";")[0]

    def say(self, words: str) -> None:
        """Say something and wait until it is answered."""
        taken = self._ask("POST", "/page/chat/say", {"text": words, "number": secrets.token_hex(16)})
        if taken.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{words!r} was refused with {taken.status}.")
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            state = json.loads(self._ask("GET", "/page/chat/state").content)
            if not state["running"] and not state["waiting"]:
                return
            time.sleep(0.02)
        raise RuntimeError(f"{words!r} was not answered within {_PATIENCE:.0f} s.")

    def fetch(self, path: str) -> None:
        """Read one file, again later where there is no room for it now."""
        answer = self._ask("GET", path)
        until = time.monotonic() + _PATIENCE
        while answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE and time.monotonic() < until:
            time.sleep(float(answer.headers.get("Retry-After", "1")))
            answer = self._ask("GET", path)
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} was answered with {answer.status}.")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json", "Cookie": getattr(self, "_cookie", "")}
        self._line.request(method, path, None if body is None else json.dumps(body), headers)
        answer: Any = self._line.getresponse()
        answer.content = answer.read()
        return answer
