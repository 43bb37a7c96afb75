"""Fixtures of the page's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.ui.pages import Watched, open_page, serving
from tests.ui.pictures.picture_page import PictureServer, Stage, open_pictures
from tests.ui.pictures.pictures import photo, schema
from tests.ui.projects import Opened, make_project


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Makes projects and closes them at the end."""
    with ExitStack() as stack:

        def make(schema: str, items: list[dict[str, Any]], **about: Any) -> Opened:
            project = make_project(tmp_path / f"project{len(list(tmp_path.iterdir()))}", schema, items, **about)
            stack.callback(project.close)
            return project

        yield make


@pytest.fixture
def opened(made: Callable[..., Opened], chromium: Any) -> Iterator[Callable[..., tuple[Opened, Watched]]]:
    """Makes a project, serves it and opens it in the browser."""
    with ExitStack() as stack:

        def make(schema: str, items: list[dict[str, Any]], prepare: Any = None, **about: Any) -> tuple[Opened, Watched]:
            project = made(schema, items, **about)
            if prepare is not None:
                prepare(project)
            watched = open_page(chromium, stack.enter_context(serving(project)))
            stack.callback(watched.page.context.close)
            watched.wait_card()
            watched.press("Escape")  # somebody has the focus on the card
            return project, watched

        yield make


@pytest.fixture
def pictures(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens the card on photographs with a scripted server: kind of field, suggested regions, and more about both."""
    with ExitStack() as stack:

        def make(kind: str, *suggested: Any, photos: Any = ("astronaut.png",), more: str = "", **about: Any) -> Any:
            known = {name: one for name, one in about.items() if name in ("radius", "encoding")}
            context = {name: one for name, one in about.items() if name not in known}
            opened = {name: photo(name) for name in photos}
            values = {1: {kind: list(suggested)}} if suggested else {}
            server = PictureServer(schema(kind, more), opened, values, **known)
            watched = open_pictures(chromium, server, **context)
            stack.callback(watched.page.context.close)
            return server, Stage(watched, *next(iter(opened.values())).size)

        yield make
