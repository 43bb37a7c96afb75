"""The page's own JavaScript and CSS: a fixed set of files, found by name, never by path."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from fastapi.responses import Response

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
# gradio serves its fonts below /static; ours have a folder of their own there.
PREFIX = "/static/card"


def static_files() -> dict[str, tuple[bytes, str, str]]:
    """Name of each file below the folder, as in ``image/edit_box.js``, to (content, media type, entity tag)."""
    return dict(_files_in(resources.files("assistant.ui").joinpath("static"), ""))


def _files_in(folder: Traversable, above: str) -> Iterator[tuple[str, tuple[bytes, str, str]]]:
    for entry in folder.iterdir():
        name = above + entry.name
        ending = "." + entry.name.rpartition(".")[2]
        if entry.is_dir():
            yield from _files_in(entry, name + "/")
        elif ending in _TYPES:
            content = entry.read_bytes()
            yield name, (content, _TYPES[ending], f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def static_router() -> APIRouter:
    """Serves the files, and nothing else; a browser asks again each time and is told when nothing changed."""
    router = APIRouter(prefix=PREFIX)
    files = static_files()

    @router.get("/{name:path}")
    def file(name: str, request: Request) -> Response:
        if name not in files:
            return Response(status_code=404)
        content, media_type, tag = files[name]
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    return router
