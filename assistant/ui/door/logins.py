"""Who is behind a cookie: users with passwords, or the one local lead who holds the printed token."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.store.people.passwords import MOST
from assistant.store.people.person_names import person_key
from assistant.ui.door.failed_tries import FailedTries
from assistant.ui.door.local_sign_ins import LOCAL_IDLE_SECONDS, LocalSignIns
from assistant.ui.door.throttle import Throttle
from assistant.ui.ports import Users
from assistant.ui.problems import TooManyTries
from tools.errors import NotAllowed, NotFound
from tools.records import Actor, Role, Via

IDLE_SECONDS = 8 * 3600
_MOST_KEYS = 10_000
_FRESH_SECONDS = 2.0
_KNOWN_SECONDS = 30.0
"""Whom a cookie stands for while nothing about people changes; looking it up asks the database three times."""


def local_person() -> str:
    """Name under which the one local lead decides: the account of this computer."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "lead"


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a cookie stood for, when that was looked up, and which change to people was the last by then."""

    changes: int
    at: float
    person: tuple[str, Role] | None

    def is_old(self, changes: int, now: float) -> bool:
        """Whether it has to be looked up again: nobody may be somebody soon, somebody's time runs out."""
        return changes != self.changes or now - self.at > (_FRESH_SECONDS if self.person is None else _KNOWN_SECONDS)


class Logins:
    """Cookies and the people they stand for. As soon as users exist, the local lead's cookies are worthless."""

    def __init__(
        self,
        users: Users,
        project: Path,
        token: str,
        person: str = "",
        role: Role = "lead",
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """``token`` is the secret of the printed address; ``person`` and ``role`` are the local lead's."""
        self.users = users
        self.throttle = Throttle(clock)
        self.failed = FailedTries(users, clock)
        # Cookies are shared between the ports of one host: each project has a name of its own.
        self.cookie = f"assistant_{_digest(str(project.resolve()))[:10]}"
        self._token = token
        self._person = person or local_person()
        self._role = role
        self._local = LocalSignIns(project / "cache", wall)
        self._clock = clock
        # A page load asks for dozens of files: who asks is looked up once, not for each.
        self._known: dict[str, _Known] = {}

    def open_with_token(self, token: str) -> str | None:
        """A fresh cookie for the holder of the printed token, ``None`` if it is wrong or users exist."""
        if self.users.exist() or not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        return self._local.open()

    @property
    def cookie_seconds(self) -> int:
        """How long a browser keeps the cookie without coming back."""
        return IDLE_SECONDS if self.users.exist() else LOCAL_IDLE_SECONDS

    def open_with_password(
        self, name: str, password: str, address: str, device: str = "", browser: str = ""
    ) -> tuple[str, str]:
        """A fresh cookie for the person, and one by which this browser is known again, empty where it has that.

        Raises :class:`NotAllowed` with one sentence for any wrong pair. Slow on purpose: not for an event loop.
        """
        known = device if self.users.knows_device(name, device) else ""
        try:
            one = self.throttle.take(person_key(name), _network(address), _digest(known) if known else "")
        except TooManyTries:
            self.failed.note(name, address)
            raise
        found = self.users.sign_in(name, password, address, browser) if len(password) <= MOST else None
        if found is None:
            self.failed.note(name, address)
            raise NotAllowed("Wrong name or password.")
        self.throttle.give_back(one)
        self.failed.write()
        person, cookie = found
        return cookie, "" if known else self.users.remember_device(person)

    def prove(self, actor: Actor, password: str) -> None:
        """Whoever sits at a signed-in page still has to know the password to change it."""
        one = self.throttle.take(person_key(actor.person), "", actor.session)
        if len(password) > MOST or self.users.check(actor.person, password) is None:
            self.failed.note(actor.person, "")
            raise NotAllowed("This is not your password of now.")
        self.throttle.give_back(one)

    def cookie_name(self, is_secure: bool) -> str:
        """Behind https the browser itself sees to it that no other host and no plain page can set the cookie."""
        return f"__Host-{self.cookie}" if is_secure else self.cookie

    def forget_known(self) -> None:
        """Ask again who holds a cookie: somebody's ways in were ended."""
        self._known.clear()

    def actor(self, cookie: str | None, via: Via = "key") -> Actor | None:
        """The person behind the cookie, with the role that holds now."""
        if not cookie:
            return None
        key = _digest(cookie)
        known = self._known.get(key)
        if known is None or known.is_old(self.users.changes, self._clock()):
            known = _Known(self.users.changes, self._clock(), self._look_up(cookie))
            self._remember(key, known)
        person = known.person
        return None if person is None else Actor(person[0], person[1], via, key[:16])

    def _look_up(self, cookie: str) -> tuple[str, Role] | None:
        if not self.users.exist():
            return (self._person, self._role) if self._local.is_live(cookie) else None
        name = self.users.whose(cookie)
        if name is None:
            return None
        try:
            return name, self.users.role(name)
        except NotFound:
            return None

    def _remember(self, key: str, found: _Known) -> None:
        if len(self._known) > _MOST_KEYS:
            self._known.clear()
        self._known[key] = found

    def close(self, cookie: str | None) -> None:
        """Make the cookie worthless."""
        if not cookie:
            return
        self._local.close(cookie)
        self._known.pop(_digest(cookie), None)
        if self.users.exist():
            self.users.log_out(cookie)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _network(address: str) -> str:
    """An IPv6 line has more addresses than anybody can count: it is known by its network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{found}/64", strict=False)) if found.version == 6 else address
