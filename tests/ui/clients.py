"""A client that speaks to the app without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from tests.ui.projects import Opened
from tests.ui.scripted_chat import ScriptedConversation

TOKEN = "a-token-for-tests"
BASE = "http://127.0.0.1:7860"


@contextmanager
def client_of(project: Opened, *, signed_in: bool = True, whole: bool = False, **about: Any) -> Iterator[TestClient]:
    """A client of the project's page; ``signed_in`` as the local lead.

    Without ``whole`` there is no chat and no layout, which take a second to build.
    """
    from assistant.ui.app import build_app, build_routes

    known = {"token": TOKEN, "person": "lead", **about}
    app = build_app(project, ScriptedConversation, **known) if whole else build_routes(project, **known)
    with TestClient(app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False) as client:
        if signed_in:
            client.get("/", params={"token": TOKEN})
        yield client


def sign_in(client: TestClient, name: str, password: str) -> int:
    """Status of signing in through the form."""
    client.cookies.clear()
    return client.post("/login", data={"name": name, "password": password}).status_code
