"""How quickly the page shows the next item: keys in a real browser, the demo project served by another process.

What is measured is what a person waits for: from the time stamp that the browser gives the key press to the first
moment after the frame that shows the next card.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.demo.project import build_demo
from eval.bench.measure import Line, Outcome

PAINTED_MS = 50
KEYS = ("a", "2", "a", "1", "3")
_COMMANDS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# A quick person; with no pause at all the page would stop at five decisions that are on their way.
_GAP_MS = 250
_SERVE = "from assistant.cli.main import main; main()"


def page(folder: Path, is_quick: bool) -> Outcome:
    """Items decided one after the other by keys, in one browser window."""
    missing = missing_browser()
    if missing:
        return Outcome("page", "", (), (missing,))
    build_demo(folder / "demo")
    with serving(folder / "demo") as address, browsing(address) as tab:
        found = press_keys(tab, 10 if is_quick else 60)
    lines = (
        Line("key to next card painted, median", statistics.median(found["painted"]) / 1000, "ms", bar=PAINTED_MS),
        Line("  19 of 20 below", _p95(found["painted"]) / 1000, "ms"),
        Line("  of it until the card is in the page, median", statistics.median(found["swap"]) / 1000, "ms"),
        Line("  of it our own code, median", statistics.median(found["work"]) / 1000, "ms"),
    )
    return Outcome("page", "", lines, (f"{len(found['painted'])} items, one key each, {_GAP_MS} ms between keys",))


def press_keys(tab: Any, count: int) -> dict[str, list[float]]:
    """Decide ``count`` items with one key each; milliseconds as the page measured them."""
    for number in range(count):
        tab.wait_for_function("window.reviewCard?.state().exposure && !window.reviewCard.state().full")
        tab.keyboard.press(KEYS[number % len(KEYS)])
        tab.wait_for_timeout(_GAP_MS)
    tab.wait_for_function("window.reviewCard.state().unsent === 0")
    found: dict[str, list[float]] = tab.evaluate("window.reviewCard.timings()")
    return found


@contextlib.contextmanager
def serving(project: Path, program: str = _SERVE) -> Iterator[str]:
    """The address, with its token, of a project that a process of its own serves."""
    quiet = {**os.environ, "ASSISTANT_WARM_UP": "0", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", program, "serve", str(project), "--port", "7960"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=quiet)
    try:
        assert child.stdout is not None
        for line in child.stdout:
            if "http://" in line:
                yield line[line.index("http://") :].strip()
                return
        raise RuntimeError("The page did not start.")
    finally:
        child.terminate()
        child.wait(30)


@contextlib.contextmanager
def browsing(address: str) -> Iterator[Any]:
    """A browser window on the page, with the first card shown."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(_FLAGS))
        tab = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        _open(tab, address)
        tab.wait_for_function("window.reviewCard?.state().exposure")
        # The page settles: its first minute is not what a person decides in.
        tab.wait_for_timeout(1500)
        yield tab
        browser.close()


def _open(tab: Any, address: str) -> None:
    for attempt in range(40):
        try:
            tab.goto(address)
            return
        except Exception:
            if attempt == 39:
                raise
            time.sleep(0.25)


def chromium() -> str | None:
    """The command of a browser, or ``None``."""
    return os.environ.get("ASSISTANT_CHROMIUM") or next(filter(None, map(shutil.which, _COMMANDS)), None)


def missing_browser() -> str:
    """Why nothing can be measured in a browser here; empty where it can."""
    if importlib.util.find_spec("playwright") is None:
        return "Not measured: playwright is not installed; pip install 'annotation-assistant[dev]' brings it."
    if chromium() is None:
        return "Not measured: no Chromium was found; install it, or set ASSISTANT_CHROMIUM to its command."
    return ""


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]
