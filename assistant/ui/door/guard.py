"""The door of the page: which hosts and origins may ask, who is signed in, and the headers on every answer."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.ui.door.logins import Logins
from assistant.ui.door.own_names import is_address
from assistant.ui.problems import problem

# gr.HTML and the page's own start script need inline script and eval; everything else comes from this server only.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'self'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with that, browsers send the origin of a form as "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_OWN = {name.lower().encode(): value.encode() for name, value in HEADERS.items()}
PUBLIC = ("/login",)
UPLOAD = "/page/files/upload"
_UNKNOWN_HOST = (
    "This server does not answer to that name. Whoever started it can allow it: assistant serve PROJECT "
    "--allow-host NAME, or in the project: assistant set PROJECT allowed_hosts '[\"NAME\"]'."
)
_MOST_BYTES = 4 * 1024 * 1024
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Parts of gradio that this page does not use: uploads into a cache that all users share, proxies, developer aids.
_CLOSED = (
    "/gradio_api/upload",
    "/gradio_api/proxy",
    "/gradio_api/file",
    "/gradio_api/run-history",
    "/gradio_api/vibe",
    "/gradio_api/undo-vibe",
    "/gradio_api/info",
    "/gradio_api/openapi",
    "/gradio_api/deep_link",
    "/gradio_api/process_recording",
    "/gradio_api/component_server",
    "/gradio_api/runs",
    "/monitoring",
    "/openapi.json",
    "/docs",
    "/redoc",
    "/logout/",
    "/pwa_icon",
    "/manifest.json",
)


class Guard:
    """ASGI middleware around everything, the mounted gradio app included."""

    def __init__(self, app: ASGIApp, logins: Logins, hosts: Iterable[str], any_address: bool = False) -> None:
        """``hosts`` are names without a port by which this server may be called; with ``any_address`` so is every bare
        address, behind which no name of a foreign site can hide."""
        self._app = app
        self._logins = logins
        self._hosts = frozenset(host.casefold() for host in hosts)
        self._any_address = any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the headers added."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        path, method = scope["path"], scope["method"]
        host = _host_name(headers.get("host", ""))
        if host not in self._hosts and not (self._any_address and is_address(host)):
            return problem(400, "NotAllowed", _UNKNOWN_HOST)
        if method not in _SAFE_METHODS and not _is_same_origin(headers):
            return problem(403, "NotAllowed", "The request came from another site and was refused.")
        if any(path.startswith(closed) for closed in _CLOSED):
            return problem(404, "NotFound", "There is nothing here.")
        if method not in _SAFE_METHODS and path != UPLOAD and not _is_small(headers):
            return problem(413, "InputError", "The request is too large.")
        return self._stranger(scope, headers, path, method)

    def _stranger(self, scope: Scope, headers: Headers, path: str, method: str) -> Response | None:
        name = self._logins.cookie_name(scope.get("scheme") == "https")
        if path in PUBLIC or self._logins.actor(cookie_of(headers, name)) is not None:
            return None
        wants_page = method == "GET" and "text/html" in headers.get("accept", "")
        if path == "/" and b"token=" in scope.get("query_string", b""):
            return None
        if wants_page and self._logins.users.exist():
            return RedirectResponse(f"/login?next={quote(path)}", status_code=303)
        if wants_page:
            return HTMLResponse(_CLOSED_PAGE, status_code=401)
        return JSONResponse({"error": "You are not signed in.", "kind": "NotSignedIn"}, status_code=401)


def cookie_of(headers: Headers, name: str) -> str | None:
    """The value of one cookie of a request."""
    jar = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return None
    return jar[name].value if name in jar else None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            # As bytes: this is done for every answer, and setting each by name looks through all the others.
            others = [pair for pair in message.get("headers", ()) if pair[0].lower() not in _OWN]
            message["headers"] = [*others, *_OWN.items()]
            headers = MutableHeaders(scope=message)
            if "cache-control" not in headers and headers.get("content-type", "").startswith("application/json"):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return sending


def _host_name(host: str) -> str:
    """``[::1]:80`` and ``localhost:80`` without their port, lower case."""
    return (urlsplit(f"//{host}").hostname or "").casefold() if host else ""


def _is_same_origin(headers: Headers) -> bool:
    """Browsers send both headers with every request that could do harm; other clients carry no foreign cookie."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def _is_small(headers: Headers) -> bool:
    length = headers.get("content-length", "")
    return length.isdigit() and int(length) <= _MOST_BYTES


_CLOSED_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Annotation assistant</title>
<body style="font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem">
<h1 style="font-size:1.2rem">This page is locked</h1>
<p>Open the address that the program printed when it started; it carries the key to this page.</p></body></html>"""
OUT_OF_DATE_PAGE = _CLOSED_PAGE.replace("This page is locked", "This address is out of date").replace(
    "Open the address that the program printed when it started; it carries the key to this page.",
    "The program was started again since. Open the address that it printed last; it carries the key to this page.",
)
