"""Whether an endpoint is there and knows the key and the model, asked before any work begins and without cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tools.backends.remote.request import Passing, RequestRefused
from tools.errors import BackendFailed, BackendMissing

if TYPE_CHECKING:
    import httpx

    from tools.backends.remote.endpoint import Endpoint

SECONDS = 5.0
"""A server that is busy answers later than that, which says nothing of whether it is there."""

_NAMED = 5


def refuse_absent(endpoint: Endpoint) -> None:
    """Raise the sentence that says what is missing; return where the endpoint is there or cannot be told.

    The list of models is read first. Not every server lists all that it takes, and a key may be good for questions
    only, so a model that is not listed is asked nothing at all: that is refused without cost, and with which status
    shows whether model and key are known.
    """
    listed = _asked(endpoint, "GET", "models")
    if listed is None:
        return
    names = _names(listed) if listed.is_success else []
    if listed.is_success and (not names or endpoint.model in names):
        return
    if not listed.is_success and listed.status_code not in (401, 403, 404):
        return
    nothing = {"model": endpoint.model, "messages": [], "max_tokens": 1}
    asked = _asked(endpoint, "POST", "chat/completions", nothing)
    if asked is None or asked.status_code not in (401, 403, 404):
        return
    problem = str(endpoint.judge(asked.status_code, asked.text, asked.headers)).rstrip(".")
    more = f"; it lists {', '.join(names[:_NAMED])}" if names and asked.status_code == 404 else ""
    raise BackendFailed(f"{problem}{more}. Nothing was started.")


def _asked(endpoint: Endpoint, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response | None:
    """A response, ``None`` where none came; :class:`BackendMissing` where nobody is at the address."""
    try:
        return endpoint.send(method, path, body, seconds=SECONDS)
    except Passing as trouble:
        if not trouble.is_down:
            return None
        raise BackendMissing(
            f"{trouble}, so nothing was started.", "Start the server, or set OPENAI_BASE_URL to where it is."
        ) from None
    except RequestRefused:
        return None


def _names(listed: httpx.Response) -> list[str]:
    try:
        found = listed.json()
    except ValueError:
        return []
    data = found.get("data") if isinstance(found, Mapping) else None
    return (
        [str(one["id"]) for one in data if isinstance(one, Mapping) and one.get("id")] if isinstance(data, list) else []
    )
