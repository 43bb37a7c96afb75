"""Signing in and out: the form for users, and the printed address for the local lead."""

from __future__ import annotations

import html
import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from assistant.ui.door.logins import Logins
from assistant.ui.door.slow_door import SlowDoor
from assistant.ui.problems import headers_of, status_of
from tools.errors import AssistantError

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Sign in</title><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;display:grid;place-items:center;
min-height:100vh;background:light-dark(#f6f7f9,#111318);color:light-dark(#1b1f24,#e6e8eb)}
form{width:20rem;padding:2rem;border-radius:12px;background:light-dark(#fff,#1a1d23);
border:1px solid light-dark(#e2e5ea,#2b3038)}h1{font-size:1.15rem;margin:0 0 1rem}
label{display:block;margin:.7rem 0 .25rem;font-size:.9rem}
input{box-sizing:border-box;width:100%;padding:.55rem .7rem;font:inherit;border-radius:7px;
border:1px solid light-dark(#c6ccd4,#3b424d);background:transparent;color:inherit}
button{margin-top:1.2rem;width:100%;padding:.6rem;font:inherit;font-weight:600;border:0;border-radius:7px;
background:#1d4ed8;color:#fff;cursor:pointer}p{color:light-dark(#b42318,#ff9a90);margin:.8rem 0 0;font-size:.9rem}
</style></head><body><form method="post" action="/login"><h1>Annotation assistant</h1>
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" required value="<!-- name -->"<!-- at name -->>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required<!-- at password -->>
<button>Sign in</button><!-- words --></form></body></html>"""

_LONGEST_NAME = 200
_KINDS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)

# A redirect would be part of the navigation that another program or site began, and a SameSite=strict cookie is not
# sent along with that. A page of our own that goes on by itself is a navigation of this site.
_GO_ON = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/">
<title>Annotation assistant</title><p>One moment… <a href="/">go on</a></p></html>"""


_NO_STORE = {"Cache-Control": "no-store"}
_DEVICE_SECONDS = 180 * 24 * 3600


def sign_in_router(logins: Logins, door: SlowDoor) -> APIRouter:
    """Routes that anybody may call."""
    router = APIRouter()

    @router.get("/login")
    def form() -> Response:
        if not logins.users.exist():
            return RedirectResponse("/", status_code=303)
        return HTMLResponse(_form(), headers=_NO_STORE)

    @router.post("/login")
    async def log_in(
        request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
    ) -> Response:
        def opened() -> tuple[str, str]:
            device = request.cookies.get(_device_name(logins, request), "")
            return logins.open_with_password(
                name[:_LONGEST_NAME], password, address_of(request), device, browser_of(request)
            )

        try:
            cookie, device = await door.run(opened)
        except AssistantError as error:
            page = _form(name, str(error))
            return HTMLResponse(page, status_code=status_of(error), headers={**_NO_STORE, **headers_of(error)})
        answer = with_cookie(HTMLResponse(_GO_ON, headers=_NO_STORE), logins, cookie, request)
        if device:
            _set(answer, _device_name(logins, request), device, _DEVICE_SECONDS, request)
        return answer

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        return _closed(JSONResponse({}), logins, request)

    @router.get("/logout")
    def leave(request: Request) -> Response:
        # No other site can have this asked with the cookie, which is sent along from this one only.
        return _closed(RedirectResponse("/", status_code=303), logins, request)

    return router


def _form(name: str = "", words: str = "") -> str:
    """The form, with the name that was typed and what was wrong; the cursor stands where something is missing."""
    told = f"<p role='alert'>{html.escape(words)}</p>" if words else ""
    here, there = ("", " autofocus") if name else (" autofocus", "")
    parts = {"name": html.escape(name[:_LONGEST_NAME]), "at name": here, "at password": there, "words": told}
    return re.sub("<!-- (name|at name|at password|words) -->", lambda found: parts[found[1]], _PAGE)


def address_of(request: Request) -> str:
    """From where a request comes."""
    return request.client.host if request.client else "unknown"


def browser_of(request: Request) -> str:
    """The browser in a few words, as in "Firefox on Linux"."""
    said = request.headers.get("user-agent", "")
    kind = next((name for mark, name in _KINDS if mark in said), "another program" if said else "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    return f"{kind} on {system}" if kind and system else kind


def _closed(answer: Response, logins: Logins, request: Request) -> Response:
    name = logins.cookie_name(is_https(request))
    logins.close(request.cookies.get(name))
    answer.delete_cookie(name, path="/", secure=is_https(request), httponly=True, samesite="strict")
    return answer


def token_page(request: Request, logins: Logins, token: str) -> Response | None:
    """The answer to ``/?token=…``: a cookie and the way on, or ``None`` for a wrong token."""
    cookie = logins.open_with_token(token)
    if cookie is None:
        return None
    return with_cookie(HTMLResponse(_GO_ON, headers=_NO_STORE), logins, cookie, request)


def with_cookie(answer: Response, logins: Logins, cookie: str, request: Request) -> Response:
    """Set the session cookie: never sent by other sites, never read by scripts, https only where the page is https."""
    _set(answer, logins.cookie_name(is_https(request)), cookie, logins.cookie_seconds, request)
    return answer


def is_https(request: Request) -> bool:
    """Whether the person came by https, perhaps to a proxy before this."""
    return request.url.scheme == "https"


def _device_name(logins: Logins, request: Request) -> str:
    return f"{logins.cookie_name(is_https(request))}_device"


def _set(answer: Response, name: str, value: str, seconds: int, request: Request) -> None:
    answer.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=is_https(request)
    )
