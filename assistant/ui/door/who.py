"""The person behind a request, resolved from the cookie each time; never from anything the page says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request

from assistant.ui.door.logins import Logins
from assistant.ui.problems import NotSignedIn
from tools.records import Actor, Via

WINDOW = "x-window"
"""Header in which a window of the page says which one it is: a random name, worth nothing to anybody else."""
_WINDOW = re.compile(r"[0-9a-f]{8,32}\Z")


class Who:
    """Dependencies for routes."""

    def __init__(self, logins: Logins) -> None:
        """Keep whom the cookies stand for."""
        self._logins = logins

    def by_key(self, request: Request) -> Actor:
        """The actor of a key or button; :class:`NotSignedIn` without a valid cookie."""
        return self.of_cookie(self.cookie(request), "key")

    def at_window(self, request: Request) -> Actor:
        """The same, told apart by the window of the browser: each has cards of its own in hand."""
        actor = self.by_key(request)
        window = request.headers.get(WINDOW, "")
        return replace(actor, session=f"{actor.session}.{window}") if _WINDOW.match(window) else actor

    def by_chat(self, cookie: str | None) -> Actor:
        """The actor of a line in the chat."""
        return self.of_cookie(cookie, "chat")

    def of_cookie(self, cookie: str | None, via: Via) -> Actor:
        """The person behind a cookie."""
        actor = self._logins.actor(cookie, via)
        if actor is None:
            raise NotSignedIn("You are not signed in.")
        return actor

    def name(self, request: Request) -> str | None:
        """The person's name for gradio's own check, ``None`` where nobody is signed in."""
        actor = self._logins.actor(self.cookie(request))
        return None if actor is None else actor.person

    def cookie(self, request: Request) -> str | None:
        """The raw cookie."""
        return request.cookies.get(self._logins.cookie_name(request.url.scheme == "https"))

    def has_users(self) -> bool:
        """Whether people sign in with a password."""
        return self._logins.users.exist()


def person_at_window(request: Request) -> Actor:
    """The person behind a request to a route of the card, and which of their windows asks."""
    who: Who = request.app.state.who
    return who.at_window(request)


def person_of(request: Request) -> Actor:
    """The person behind a request to one of our routes; the app keeps the :class:`Who` in its state."""
    who: Who = request.app.state.who
    return who.by_key(request)


PersonAtWindow = Annotated[Actor, Depends(person_at_window)]
"""The same for routes of the card, where windows count."""

Person = Annotated[Actor, Depends(person_of)]
"""Type of a route's argument that is the signed-in person."""
