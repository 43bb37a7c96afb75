"""Files in and out of the page: uploads under names of our own, exports as attachments; never a path from outside."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import time
import unicodedata
import zipfile
from pathlib import Path
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from assistant.agent.planner.change_builders import export_target
from assistant.store.file.private import make_like
from assistant.ui.chat.showing import outcome_record
from assistant.ui.door.who import Person
from assistant.ui.ports import OpenProject
from assistant.ui.routes.card_routes import Body
from tools.errors import ArgumentsRefused, InputError, NotAllowed, NotFound
from tools.records import Actor

MOST_BYTES = 512 * 1024 * 1024
MOST_FILES = 5000
"""Files and folders in one upload."""

_GONE = "The uploaded file is gone; drop it again."
_DEEPEST = 8
_LONGEST_NAME = 200
"""Bytes of a name; file systems take 255, and a suffix may come to it."""

_KEPT_SECONDS = 24 * 3600
_UPLOAD = re.compile(r"[0-9a-f]{32}\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\Z")


class ImportBody(Body):
    """An upload and how to read it."""

    upload: Annotated[str, Field(max_length=32)]
    options: dict[str, Any] = Field(default_factory=dict)


class ExportBody(Body):
    """What an export shall hold."""

    options: dict[str, Any] = Field(default_factory=dict)


class Shelf:
    """Two folders of the project: what was dropped on the page, and what can be downloaded."""

    def __init__(self, project: Path) -> None:
        """The folders are made when they are first needed."""
        self.uploads = project / "uploads"
        self.exports = project / "exports"

    def new_upload(self, name: str, number: str = "") -> tuple[str, Path]:
        """A fresh place for a file, in the upload ``number`` where it belongs to one with several files.

        ``name`` may hold folders. What is kept on disk of it is in a form that is known safe.
        """
        if number:
            folder = self._folder(number)
        else:
            self._forget_old()
            number = secrets.token_hex(16)
            folder = self.uploads / number
            make_like(folder, self.uploads.parent)
        place = folder.joinpath(*safe_parts(name))
        if place.exists():
            raise InputError(f"Two of the files are called {place.name}; rename one of them.")
        if sum(1 for _ in folder.rglob("*")) >= MOST_FILES:
            raise InputError(f"Up to {MOST_FILES:,} files can be dropped at once; use the command line for more.")
        place.parent.mkdir(parents=True, exist_ok=True)
        return number, place

    def upload(self, number: str) -> Path:
        """The file of an upload, or its folder where it has several."""
        folder = self._folder(number)
        found = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        if not found:
            raise NotFound(_GONE)
        return found[0] if len(found) == 1 and found[0].parent == folder else _top_folder(folder)

    def _folder(self, number: str) -> Path:
        if not _UPLOAD.match(number) or not (self.uploads / number).is_dir():
            raise NotFound(_GONE)
        return self.uploads / number

    def new_export(self) -> str:
        """A fresh place for an export, without ending."""
        make_like(self.exports, self.exports.parent)
        return str(self.exports / f"export-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}")

    def listed(self) -> list[Path]:
        """Exports, newest first."""
        if not self.exports.is_dir():
            return []
        found = [path for path in self.exports.iterdir() if _NAME.match(path.name) and not path.is_symlink()]
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def export(self, name: str) -> Path:
        """One export by name."""
        place = self.exports / name
        if not _NAME.match(name) or place.is_symlink() or not place.exists():
            raise NotFound("There is no export of that name.")
        return place

    def _forget_old(self) -> None:
        if not self.uploads.is_dir():
            return
        for folder in self.uploads.iterdir():
            if _UPLOAD.match(folder.name) and time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def size_of(place: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    if place.is_dir():
        return sum(path.stat().st_size for path in _files_of(place))
    return place.stat().st_size


def pack(folder: Path, to: Path | IO[bytes]) -> None:
    """Write the files below a folder into a zip archive."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files_of(folder):
            archive.write(path, path.relative_to(folder))


def _files_of(folder: Path) -> list[Path]:
    """The files below a folder; a link could lead to any file of this computer and is left out."""
    found = []
    for here, below, names in os.walk(folder):
        below[:] = sorted(below)
        found += [path for name in sorted(names) if (path := Path(here, name)).is_file() and not path.is_symlink()]
    return found


def safe_name(name: str) -> str:
    """A file name of letters and digits of any script, dots and dashes only, with the ending kept."""
    written = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    # Marks belong to letters in many scripts; without them two names become one.
    kept = (one if one in "._-" or unicodedata.category(one)[0] in "LNM" else "-" for one in written)
    plain = re.sub("-+", "-", "".join(kept)).strip(".-")
    while len(plain.encode()) > _LONGEST_NAME:
        plain = plain[1:]
    return plain.lstrip(".-") or "file"


def safe_parts(name: str) -> tuple[str, ...]:
    """The folders and the file name of a relative path as a browser gives it, each made safe; none leads upwards."""
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    return tuple(safe_name(part) for part in parts[-_DEEPEST:]) or ("file",)


def _top_folder(folder: Path) -> Path:
    """The folder that was dropped: the only thing in the upload, where that is one."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def file_router(session: OpenProject) -> APIRouter:
    """The routes under ``/page/files``."""
    router = APIRouter(prefix="/page/files")
    shelf = Shelf(session.path)
    _add_incoming(router, session, shelf)
    _add_outgoing(router, session, shelf)
    return router


def _add_incoming(router: APIRouter, session: OpenProject, shelf: Shelf) -> None:
    @router.post("/upload")
    async def upload(
        request: Request,
        actor: Person,
        name: Annotated[str, Query(min_length=1, max_length=1000)],
        upload: Annotated[str, Query(max_length=32)] = "",
    ) -> dict[str, Any]:
        _refuse_without_tool(session, "import_data", actor)
        number, place = await run_in_threadpool(shelf.new_upload, name, upload)
        try:
            size = await _receive(request, place)
        except BaseException:
            # A file that did not come whole takes its whole upload with it, so that nobody imports half a folder.
            await run_in_threadpool(shutil.rmtree, shelf.uploads / number, True)
            raise
        return {"upload": number, "bytes": size}

    @router.post("/import")
    def take(body: ImportBody, actor: Person) -> dict[str, Any]:
        arguments = {**_without_places(body.options), "path": str(shelf.upload(body.upload))}
        return outcome_record(session.executor.call("import_data", arguments, actor))


def _add_outgoing(router: APIRouter, session: OpenProject, shelf: Shelf) -> None:
    @router.post("/export")
    def give(body: ExportBody, actor: Person) -> dict[str, Any]:
        format_ = str(body.options.get("format", ""))
        arguments = {**_without_places(body.options), "target": export_target(shelf.new_export(), format_)}
        return outcome_record(session.executor.call("export_data", arguments, actor))

    @router.get("/exports")
    def exports(actor: Person) -> dict[str, Any]:
        _refuse_without_tool(session, "export_data", actor)
        return {"exports": [{"name": one.name, "bytes": size_of(one)} for one in shelf.listed()[:50]]}

    @router.get("/exports/{name}")
    def download(name: str, actor: Person) -> Response:
        _refuse_without_tool(session, "export_data", actor)
        place = shelf.export(name)
        session.users.note(actor.person, "download", {"export": name, "bytes": size_of(place)})
        if place.is_dir():
            return _zipped(place)
        return FileResponse(place, filename=place.name, media_type="application/octet-stream")


def _zipped(folder: Path) -> Response:
    """A folder as one file, thrown away when it was sent."""
    work = Path(tempfile.mkdtemp(prefix="export-"))
    packed = work / f"{folder.name}.zip"
    pack(folder, packed)
    remove = BackgroundTask(shutil.rmtree, work, True)
    return FileResponse(packed, filename=f"{folder.name}.zip", media_type="application/zip", background=remove)


def _without_places(given: dict[str, Any]) -> dict[str, Any]:
    """The page never says where a file lies."""
    for name in ("path", "target", "overwrite"):
        if name in given:
            raise ArgumentsRefused(f"{name!r} is not the page's to choose.")
    return given


def _refuse_without_tool(session: OpenProject, tool: str, actor: Actor) -> None:
    if tool not in {spec.name for spec in session.executor.specs(actor.role)}:
        raise NotAllowed(f"{actor.person} is {actor.role} and may not do this here.")


async def _receive(request: Request, place: Path) -> int:
    """Write the body to disk, piece by piece, up to the limit."""
    size = 0
    with place.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_BYTES:
                raise InputError("Files up to 512 MB can be dropped here; use the command line for larger ones.")
            await run_in_threadpool(file.write, piece)
    if size == 0:
        raise InputError("The file is empty.")
    return size
