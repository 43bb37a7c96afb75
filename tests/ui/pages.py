"""Serving a project on loopback and opening it in a browser."""

from __future__ import annotations

import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from tests.ui.projects import Opened
from tests.ui.scripted_chat import ScriptedConversation

TOKEN = "a-token-for-tests"


@contextmanager
def serving(
    project: Opened, factory: Callable[[Any], Any] = ScriptedConversation, port: int = 0, token: str = TOKEN
) -> Iterator[str]:
    """The address of the running page; at a free port, or at that one."""
    # gradio counts its events with options that pandas is about to drop.
    for words in (".*no_silent_downcasting.*", "The copy keyword is deprecated.*"):
        warnings.filterwarnings("ignore", message=words)
    from assistant.ui.app import build_app

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = port or probe.getsockname()[1]
    app = build_app(project, factory, token=token, person="lead")
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
        assert thread.is_alive(), "the server did not start"
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


PERSONS_PACE = 150


@dataclass
class Watched:
    """A browser page with everything it complained about and everything it asked for."""

    page: Any
    address: str
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("window.reviewCard ? window.reviewCard.state() : {ready: false}")
        return found

    def wait_card(self, key: str | None = None) -> None:
        """Wait until a card (of this item) is shown."""
        test = "window.reviewCard && window.reviewCard.state().exposure !== null"
        if key is not None:
            test = f"window.reviewCard && window.reviewCard.state().itemKey === {key!r}"
        self.page.wait_for_function(test)

    def wait_saved(self) -> None:
        self.page.wait_for_function("window.reviewCard.state().unsent === 0")

    def press(self, *keys: str) -> None:
        """Keys one after the other, as a quick person presses them: letters in a burst would be text."""
        for key in keys:
            self.page.keyboard.press(key)
            if len(key) == 1:
                self.page.wait_for_timeout(PERSONS_PACE)

    def status(self) -> str:
        return str(self.page.locator(".aa-status").inner_text())


def open_page(browser: Any, address: str, token: str = TOKEN, **context: Any) -> Watched:
    """A fresh browser context on the page, signed in with the token."""
    made = browser.new_context(viewport=context.pop("viewport", {"width": 1280, "height": 800}), **context)
    page = made.new_page()
    page.set_default_timeout(15_000)
    watched = Watched(page, address)
    watch(watched)
    page.goto(f"{address}/?token={token}" if token else address)
    return watched


def watch(watched: Watched) -> None:
    """Keep console errors, exceptions and the hosts of all requests."""
    page = watched.page
    page.on("console", lambda message: watched.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.on("request", lambda request: watched.hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
