"""Errors as the page reads them: one sentence, the name of its kind, and a status; never a traceback."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tools.errors import (
    AssistantError,
    BackendError,
    Conflict,
    DiskFull,
    InputError,
    NotAllowed,
    NotFound,
    ProjectDamaged,
    ProjectGone,
)
from tools.writable import HALF_CHARACTER

_LOG = logging.getLogger(__name__)
# The page tries again after 5xx, so only what may pass by itself is one; a back-end that failed is told, not retried.
_STATUS: tuple[tuple[type[AssistantError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (InputError, 422),
    (BackendError, 424),
    (ProjectGone, 503),
    (ProjectDamaged, 500),
    (DiskFull, 507),
)


class NotSignedIn(AssistantError):
    """The request carries no valid cookie."""


class TooManyTries(AssistantError):
    """Somebody tries passwords faster than a person would; ``seconds`` is how long to wait."""

    def __init__(self, message: str, seconds: int = 60) -> None:
        """Keep the wait apart from the sentence, which already says it."""
        super().__init__(message)
        self.seconds = seconds


def status_of(error: AssistantError) -> int:
    """HTTP status of an error raised on purpose."""
    if isinstance(error, NotSignedIn):
        return 401
    if isinstance(error, TooManyTries):
        return 429
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)


def headers_of(error: AssistantError) -> dict[str, str]:
    """Headers that go with a refusal."""
    return {"Retry-After": str(error.seconds)} if isinstance(error, TooManyTries) else {}


def problem(status: int, kind: str, sentence: str) -> JSONResponse:
    """The one form of a refusal."""
    return JSONResponse({"error": sentence, "kind": kind}, status_code=status)


def add_problem_handlers(app: FastAPI) -> None:
    """Turn every exception of the routes into that form."""

    async def on_purpose(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AssistantError)
        answer = problem(status_of(error), type(error).__name__, str(error))
        answer.headers.update(headers_of(error))
        return answer

    async def unreadable(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem(422, "InputError", _sentence(error))

    async def unwritable(_request: Request, error: Exception) -> JSONResponse:
        return problem(400, "InputError", HALF_CHARACTER)

    async def plain(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        kind = "NotFound" if error.status_code == 404 else "HTTPException"
        return problem(error.status_code, kind, f"{error.detail}.")

    async def defect(request: Request, error: Exception) -> JSONResponse:
        number = secrets.token_hex(4)
        _LOG.error("defect %s at %s", number, request.url.path, exc_info=error)
        return problem(500, "Defect", f"Something went wrong inside; the log names it defect {number}.")

    app.add_exception_handler(AssistantError, on_purpose)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(UnicodeEncodeError, unwritable)
    app.add_exception_handler(Exception, defect)


def _sentence(error: RequestValidationError) -> str:
    first: dict[str, Any] = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body") or "the request"
    return f"{where}: {first['msg']}."
