"""Rules about the page's own JavaScript that need no browser."""

from __future__ import annotations

import re
from os.path import normpath
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.ui.routes.static_routes import static_files, static_router


@pytest.mark.parametrize("name", sorted(name for name in static_files() if name.endswith(".js")))
def test_no_module_writes_html(name: str) -> None:
    source = static_files()[name][0].decode()
    found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", source)
    assert found == []


@pytest.mark.parametrize("name", sorted(name for name in static_files() if name.endswith(".js")))
def test_every_import_of_a_module_is_there(name: str) -> None:
    files = static_files()
    imported = re.findall(r'(?:from |import\()"(\.[^"]+)"', files[name][0].decode())
    assert [one for one in imported if normpath(f"{name}/../{one}") not in files] == []


def test_a_file_below_a_folder_is_served_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "static" / "image").mkdir(parents=True)
    (tmp_path / "static" / "page.css").write_text("p {}")
    (tmp_path / "static" / "image" / "draw.js").write_text("export {};")
    (tmp_path / "static" / "image" / "notes.txt").write_text("not for the page")
    monkeypatch.setattr("assistant.ui.routes.static_routes.resources.files", lambda package: tmp_path)
    app = FastAPI()
    app.include_router(static_router())
    client = TestClient(app)
    assert client.get("/static/card/image/draw.js").text == "export {};"
    assert client.get("/static/card/page.css").headers["content-type"].startswith("text/css")
    for path in ("image/notes.txt", "image", "draw.js", "image/../../x.js", "image/%2e%2e/page.css"):
        assert client.get(f"/static/card/{path}").status_code == 404
