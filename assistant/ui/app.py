"""The FastAPI application around the page, and serving it."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.ui.blocks import build_blocks, mount
from assistant.ui.chat.chats import Chats
from assistant.ui.door.connections import raise_file_limit, served_by
from assistant.ui.door.guard import OUT_OF_DATE_PAGE, UPLOAD, Guard
from assistant.ui.door.logins import Logins
from assistant.ui.door.own_names import own_names
from assistant.ui.door.proxy import Proxied
from assistant.ui.door.sign_in import sign_in_router, token_page
from assistant.ui.door.slow_door import SlowDoor
from assistant.ui.door.who import Who
from assistant.ui.ports import ConversationFactory, OpenProject
from assistant.ui.problems import add_problem_handlers, problem
from assistant.ui.routes.card_routes import card_router
from assistant.ui.routes.chat_routes import chat_router
from assistant.ui.routes.express import Express
from assistant.ui.routes.file_routes import file_router
from assistant.ui.routes.media_routes import media_router
from assistant.ui.routes.neighbours import Turnstile, neighbour_router
from assistant.ui.routes.page_routes import page_router
from assistant.ui.routes.people_routes import people_router
from assistant.ui.routes.plain_bodies import PlainBodies
from assistant.ui.routes.segment_routes import segment_router
from assistant.ui.routes.sound_routes import sound_router
from assistant.ui.routes.static_routes import static_router
from tools.errors import InputError

# Open event streams of the page would otherwise keep a server alive that somebody asked to stop.
_PATIENCE_SECONDS = 2


@dataclass(frozen=True)
class Doors:
    """How the page is reached: further names of this server, whether by any bare address, proxies that are believed,
    and whether everybody comes by https."""

    allowed: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    https: bool = False
    any_address: bool = False


LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


def build_app(
    session: OpenProject,
    conversation_factory: ConversationFactory,
    *,
    token: str,
    hosts: Iterable[str] = (),
    person: str = "",
    turnstile: Turnstile | None = None,
    doors: Doors | None = None,
) -> FastAPI:
    """The page of one open project.

    ``conversation_factory(session)`` makes the conversation of one login. ``token`` opens the page for the one local
    lead, called ``person``, while there are no users. ``hosts`` are names by which the server may be called, beside
    this computer's own.
    """
    app = build_routes(session, token=token, hosts=hosts, person=person, turnstile=turnstile, doors=doors)
    chats = Chats(session, conversation_factory)
    app.include_router(chat_router(chats, app.state.who))
    # In a thread of its own: whoever calls may be inside an event loop already, as in browser tests.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, _add_blocks(app, session, chats)).result()
    return app


def build_routes(
    session: OpenProject,
    *,
    token: str,
    hosts: Iterable[str] = (),
    person: str = "",
    turnstile: Turnstile | None = None,
    doors: Doors | None = None,
) -> FastAPI:
    """Everything of the page but its layout and the chat: the door, the routes and the static files."""
    logins = Logins(session.users, session.path, token, person)
    who = Who(logins)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.who, app.state.logins = who, logins
    door, doors = SlowDoor(), doors or Doors()
    add_problem_handlers(app)
    app.include_router(sign_in_router(logins, door))
    app.include_router(people_router(logins, door))
    app.include_router(static_router())
    cards = card_router(session, who)
    app.include_router(cards)
    app.include_router(page_router(session))
    app.include_router(media_router(session))
    app.include_router(sound_router(session))
    app.include_router(segment_router(session))
    app.include_router(file_router(session))
    app.include_router(neighbour_router(session, turnstile or Turnstile()))
    # With a CORS policy of the outer app gradio adds none of its own, which would echo any origin.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(Express, routes=cards.routes, who=who, host=app)
    app.add_middleware(PlainBodies, raw=(UPLOAD,))
    app.add_middleware(TokenDoor, logins=logins)
    known = (*LOCAL_HOSTS, *hosts, *doors.allowed)
    app.add_middleware(Guard, logins=logins, hosts=known, any_address=doors.any_address)
    app.add_middleware(Proxied, trusted=doors.trusted, always_https=doors.https)
    return app


async def _add_blocks(app: FastAPI, session: OpenProject, chats: Chats) -> None:
    # Where no event loop runs, gradio makes one for every lock it creates and never closes it.
    who: Who = app.state.who
    mount(app, build_blocks(session, chats, who), who)


class TokenDoor:
    """Answers ``/?token=…``; everything else passes."""

    def __init__(self, app: ASGIApp, logins: Logins) -> None:
        """Keep who may open the door."""
        self._app, self._logins = app, logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open with the right token, refuse with a wrong one."""
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET":
            request = Request(scope)
            token = request.query_params.get("token")
            if token is not None:
                await self._answer(request, token)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _answer(self, request: Request, token: str) -> Response:
        found = token_page(request, self._logins, token)
        if found is not None:
            return found
        name = self._logins.cookie_name(request.url.scheme == "https")
        if self._logins.actor(request.cookies.get(name)) is not None:
            # An address of an earlier start, in a browser that is let in anyway.
            return RedirectResponse("/", status_code=303)
        if "text/html" in request.headers.get("accept", ""):
            has_users = self._logins.users.exist()
            return RedirectResponse("/login", 303) if has_users else HTMLResponse(OUT_OF_DATE_PAGE, 401)
        return problem(401, "NotSignedIn", "This address is out of date; open the one the program printed last.")


def serve(
    session: OpenProject,
    conversation_factory: ConversationFactory,
    host: str = "127.0.0.1",
    port: int = 7860,
    *,
    hosts: Iterable[str] = (),
    person: str = "",
    announce: Callable[[str], None] = print,
    token: str = "",
    doors: Doors | None = None,
) -> Path | None:
    """Serve the page until it is interrupted; ``announce`` gets the address to open.

    Returns the project that somebody chose to go over to, ``None`` where it ended for good. Raises
    :class:`InputError` where others could reach the page and nobody has to sign in.
    """
    refuse_open_door(host, session.users.exist())
    secret = token or secrets.token_urlsafe(24)
    turnstile = Turnstile(entrance="/" if session.users.exist() else f"/?token={secret}")
    app = build_app(
        session,
        conversation_factory,
        token=secret,
        hosts=(*hosts, host, *(own_names() if _is_everywhere(host) else ())),
        person=person,
        turnstile=turnstile,
        doors=replace(doors or Doors(), any_address=not is_loopback(host)),
    )
    shown = host if not _is_everywhere(host) else "127.0.0.1"
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", server_header=False, proxy_headers=False,
        http=served_by(raise_file_limit()),
        timeout_graceful_shutdown=_PATIENCE_SECONDS,
    )  # fmt: skip
    server = _Announced(config, lambda: announce(address if session.users.exist() else f"{address}?token={secret}"))
    turnstile.leave = lambda: setattr(server, "should_exit", True)
    server.run()
    app.state.logins.failed.write()
    return turnstile.chosen


class _Announced(uvicorn.Server):
    """Tells its address once it listens: who hears it may come at once, and may ask it to end at once."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def refuse_open_door(host: str, has_users: bool) -> None:
    """Others may reach this address: then everybody signs in."""
    if has_users or is_loopback(host):
        return
    raise InputError(
        f"Serving on {host} would let others in without a password; add a user first (assistant user add NAME), "
        f"or serve on 127.0.0.1."
    )


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach the address."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_everywhere(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
