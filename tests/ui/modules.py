"""The page's modules without a server: imported in an empty page and called with plain values."""

from __future__ import annotations

from typing import Any

from assistant.ui.routes.static_routes import static_files

ORIGIN = "http://127.0.0.1:9"


def module_page(browser: Any) -> Any:
    """An empty page of an origin that serves our static files, without any server behind it."""
    files = static_files()

    def answer(route: Any) -> None:
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        if name in files:
            content, media_type, _ = files[name]
            route.fulfill(body=content, content_type=media_type)
        else:
            route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

    page = browser.new_context().new_page()
    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/")
    return page


def run(page: Any, module: str, body: str, given: Any = None) -> Any:
    """Result of ``body`` with the module's exports as ``m`` and the argument as ``given``."""
    return page.evaluate(f"async (given) => {{ const m = await import('/{module}'); {body} }}", given)
