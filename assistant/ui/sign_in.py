"""Signing in and out: the form for users, and the printed address for the local lead."""

from __future__ import annotations

import html
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from assistant.ui.logins import IDLE_SECONDS, Logins
from assistant.ui.problems import status_of
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
<label for="name">Name</label><input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button><!-- words --></form></body></html>"""

# A redirect would be part of the navigation that another program or site began, and a SameSite=strict cookie is not
# sent along with that. A page of our own that goes on by itself is a navigation of this site.
_GO_ON = """<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/">
<title>Annotation assistant</title><p>One moment… <a href="/">go on</a></p></html>"""


def sign_in_router(logins: Logins) -> APIRouter:
    """Routes that anybody may call."""
    router = APIRouter()

    @router.get("/login")
    def form() -> Response:
        if not logins.users.exist():
            return RedirectResponse("/", status_code=303)
        return HTMLResponse(_PAGE, headers={"Cache-Control": "no-store"})

    @router.post("/login")
    def log_in(
        request: Request,
        name: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=1000)],
    ) -> Response:
        address = request.client.host if request.client else "unknown"
        try:
            cookie = logins.open_with_password(name, password, address)
        except AssistantError as error:
            page = _PAGE.replace("<!-- words -->", f"<p role='alert'>{html.escape(str(error))}</p>")
            return HTMLResponse(page, status_code=status_of(error), headers={"Cache-Control": "no-store"})
        return with_cookie(HTMLResponse(_GO_ON), logins, cookie, request)

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        logins.close(request.cookies.get(logins.cookie))
        answer = JSONResponse({})
        answer.delete_cookie(logins.cookie, path="/")
        return answer

    return router


def token_page(request: Request, logins: Logins, token: str) -> Response | None:
    """The answer to ``/?token=…``: a cookie and the way on, or ``None`` for a wrong token."""
    cookie = logins.open_with_token(token)
    if cookie is None:
        return None
    return with_cookie(HTMLResponse(_GO_ON, headers={"Cache-Control": "no-store"}), logins, cookie, request)


def with_cookie(answer: Response, logins: Logins, cookie: str, request: Request) -> Response:
    """Set the session cookie: never sent by other sites, never read by scripts, https only where the page is https."""
    answer.set_cookie(
        logins.cookie,
        cookie,
        max_age=IDLE_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer
