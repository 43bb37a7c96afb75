"""The people who may sign in to a project: who they are, what they may do, and the ways in that they hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from assistant.store.chain.sign_in_rows import ENDED, begin_sign_in, end_sign_ins, number_of_sign_in
from assistant.store.checks.user_rows import row_told
from assistant.store.file.clock import stored_time, utc_now
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from assistant.store.people.passwords import hash_password, is_outdated, is_right, refuse_weak
from assistant.store.people.person_names import clean_name, person_key
from tools.errors import InputError, NotAllowed, NotFound
from tools.records import ROLE_RANK, Actor, JsonValue, Role
from tools.sentences import count_of

LOGIN_HOURS = 8
_MOST_DEVICES = 20
_LONGEST_ABOUT = 200
UserState = Literal["active", "disabled", "removed"]


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of the project. ``same_as`` names the person whose name this one's is too, from before names were
    compared: that one keeps it, and this one cannot sign in."""

    name: str
    role: Role
    state: UserState
    made_at: datetime
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One way in that somebody holds at the moment."""

    number: str
    name: str
    began: datetime
    ends: datetime
    address: str
    browser: str


class UserStore:
    """People who may sign in. Without any there is one local lead."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database
        self._changes = 0
        self._kept: tuple[int, list[User]] | None = None

    @property
    def changes(self) -> int:
        """Grows whenever somebody is added or changed, or a way in ends: what was read before may be wrong then."""
        return self._changes

    @contextmanager
    def _changing(self) -> Iterator[Transaction]:
        with self._database.write() as transaction:
            transaction.after(self._changed)
            yield transaction

    def _changed(self) -> None:
        self._changes += 1

    def exist(self) -> bool:
        """Whether anybody may sign in."""
        return any(one.state == "active" for one in self.everyone())

    def names(self) -> list[tuple[str, str]]:
        """Those who may sign in as (name, role), by name."""
        return sorted((one.name, one.role) for one in self.everyone() if one.state == "active" and not one.same_as)

    def everyone(self) -> list[User]:
        """All who were ever added, the oldest first."""
        now, kept = self._changes, self._kept
        if kept is None or kept[0] != now:
            # A change that comes while they are read is not known to be in them: the number is that of before.
            kept = self._kept = (now, self._read())
        return list(kept[1])

    def _read(self) -> list[User]:
        rows = self._database.rows("SELECT name, role, is_active, password, made_at FROM users ORDER BY made_at, name")
        found = [
            User(name, role, _state(active, kept), at.replace(tzinfo=UTC)) for name, role, active, kept, at in rows
        ]
        holders: dict[str, str] = {}
        # Who can sign in holds the name; between two of them the older one does.
        for one in sorted(found, key=lambda user: user.state != "active"):
            holders.setdefault(person_key(one.name), one.name)
        return [_beside(one, holders[person_key(one.name)]) for one in found]

    def find(self, name: str) -> User:
        """Who bears the name, however it is spelled; :class:`NotFound` says who there is."""
        key = person_key(name)
        for one in self.everyone():
            if person_key(one.name) == key and not one.same_as:
                return one
        there = ", ".join(one for one, _ in self.names())
        raise NotFound(f"There is no user {name!r}." + (f" There are: {there}." if there else ""))

    def role(self, name: str) -> Role:
        """The role of somebody who may sign in; :class:`NotFound` if there is no such person."""
        found = self.find(name)
        if found.state != "active":
            raise NotFound(f"{found.name} was {found.state} and may not sign in.")
        return found.role

    def canonical(self, name: str) -> str:
        """The spelling under which somebody of that name is known here: as a user, else by earlier decisions."""
        key = person_key(name)
        known = [one.name for one in self.everyone() if not one.same_as]
        known += [str(row[0]) for row in self._database.rows("SELECT DISTINCT reviewer FROM reviews ORDER BY 1")]
        return next((one for one in known if person_key(one) == key), name)

    def decisions(self, name: str) -> int:
        """How many decisions stand under the name, in whatever spelling."""
        rows = self._database.rows("SELECT reviewer, count(*) FROM reviews GROUP BY reviewer")
        return sum(int(count) for reviewer, count in rows if person_key(str(reviewer)) == person_key(name))

    def only_admin(self) -> str:
        """The name of the admin where there is exactly one, else empty."""
        admins = [name for name, role in self.names() if role == "admin"]
        return admins[0] if len(admins) == 1 else ""

    def add(self, name: str, role: str, password: str, actor: Actor) -> str:
        """Add somebody; returns a sentence where the name has a past here, else nothing."""
        _refuse_unknown_role(role)
        name = clean_name(name)
        refuse_weak(password, name, self._project())
        before = next((one for one in self.everyone() if person_key(one.name) == person_key(name)), None)
        if before is not None and before.state != "removed":
            raise InputError(_there_already(before))
        name = before.name if before is not None else self.canonical(name)
        past = self.decisions(name)
        kept = hash_password(password)
        with self._changing() as transaction:
            ended = _forget(transaction, name)
            transaction.execute("DELETE FROM users WHERE name = ?", [name])
            at = stored_time(transaction.now)
            transaction.insert("users", name=name, role=role, password=kept, is_active=True, made_at=at)
            _tell(transaction, actor, "user", {"name": name, "role": role, **ended})
        return _past(name, past, before is not None)

    def set_role(self, name: str, role: str, actor: Actor) -> str:
        """Give somebody another role; it holds from the next thing they do. Returns the name."""
        _refuse_unknown_role(role)
        person = self._present(name)
        with self._changing() as transaction:
            self._keep_an_admin(person.name, role, actor)
            transaction.execute("UPDATE users SET role = ? WHERE name = ?", [role, person.name])
            # Whoever got in with the old role signs in again.
            about: dict[str, JsonValue] = {"name": person.name, "role": role, "before": person.role}
            _tell(transaction, actor, "user_role", {**about, **_forget(transaction, person.name)})
        return person.name

    def set_password(self, name: str, password: str, actor: Actor, keep: str = "") -> str:
        """Give somebody another password. Every way in made with the old one ends but the one of token ``keep``."""
        person = self._present(name)
        refuse_weak(password, person.name, self._project())
        kept = hash_password(password)
        with self._changing() as transaction:
            transaction.execute("UPDATE users SET password = ? WHERE name = ?", [kept, person.name])
            ended = _forget(transaction, person.name, _digest(keep) if keep else "")
            _tell(transaction, actor, "user_password", {"name": person.name, **ended})
        return person.name

    def set_active(self, name: str, is_active: bool, actor: Actor) -> str:
        """Shut somebody out for a while, or let them in again; everything of theirs stays."""
        person = self._present(name)
        with self._changing() as transaction:
            if not is_active:
                self._keep_an_admin(person.name, "", actor)
            transaction.execute("UPDATE users SET is_active = ? WHERE name = ?", [is_active, person.name])
            kind = "user_enabled" if is_active else "user_disabled"
            _tell(transaction, actor, kind, {"name": person.name, **_forget(transaction, person.name)})
        return person.name

    def remove(self, name: str, actor: Actor) -> str:
        """Take somebody's way in for good. The name stays with their decisions, and means the same person for ever."""
        twin = next((one for one in self.everyone() if one.name == name and one.same_as), None)
        person = twin or self._present(name)
        with self._changing() as transaction:
            self._keep_an_admin(person.name, "", actor)
            if twin is not None:
                transaction.execute("DELETE FROM users WHERE name = ?", [twin.name])
            else:
                sql = "UPDATE users SET is_active = false, password = '' WHERE name = ?"
                transaction.execute(sql, [person.name])
            _tell(transaction, actor, "user_removed", {"name": person.name, **_forget(transaction, person.name)})
        return person.name

    def check(self, name: str, password: str) -> str | None:
        """The person's name if the password is right; takes the same time if there is no such person."""
        person, stored = self._secret(name)
        return person if is_right(password, stored) and person else None

    def sign_in(self, name: str, password: str, address: str = "", browser: str = "") -> tuple[str, str] | None:
        """The person's name and a fresh secret for their cookie, ``None`` for a wrong pair.

        Slow on purpose: to be called outside of any event loop.
        """
        person, stored = self._secret(name)
        if not is_right(password, stored) or not person:
            return None
        renewed = hash_password(password) if is_outdated(stored) else stored
        token = secrets.token_urlsafe(32)
        with self._database.write() as transaction:
            # Whoever changed the password or shut the person out while it was being checked comes first.
            sql = "SELECT 1 FROM users WHERE name = ? AND password = ? AND is_active"
            if not transaction.rows(sql, [person, stored]):
                return None
            about: dict[str, JsonValue] = {"address": address, "login": number_of_sign_in(_digest(token))}
            if renewed != stored:
                transaction.execute("UPDATE users SET password = ? WHERE name = ?", [renewed, person])
                about.update(row_told(transaction, person))
            about.update(_open(transaction, person, token, address, browser))
            transaction.record(person, "sign_in", about)
        return person, token

    def log_in(self, name: str) -> str:
        """A fresh secret token for the person's cookie; only its digest is stored."""
        token = secrets.token_urlsafe(32)
        with self._database.write() as transaction:
            transaction.record(name, "sign_in", _open(transaction, name, token, "", ""))
        return token

    def whose(self, token: str) -> str | None:
        """Name of the person who holds the token, while it is valid and the person may sign in."""
        sql = "SELECT name FROM logins WHERE token_hash = ? AND until > ?"
        rows = self._database.rows(sql, [_digest(token), stored_time(utc_now())])
        name = str(rows[0][0]) if rows else ""
        return name if any(name == one for one, _ in self.names()) else None

    def log_out(self, token: str) -> None:
        """Make the token worthless."""
        with self._changing() as transaction:
            found = transaction.rows("SELECT name FROM logins WHERE token_hash = ?", [_digest(token)])
            ended = end_sign_ins(transaction, "token_hash = ?", [_digest(token)])
            if found:
                about = {"login": number_of_sign_in(_digest(token)), **ended}
                transaction.record(str(found[0][0]), "sign_out", about)

    def sign_ins(self, name: str) -> list[SignIn]:
        """The ways in that somebody holds now, the newest first."""
        person = self.find(name).name
        sql = """SELECT substr(token_hash, 1, 16), name, made_at, until, address, browser FROM logins
            WHERE name = ? AND until > ? ORDER BY made_at DESC"""
        rows = self._database.rows(sql, [person, stored_time(utc_now())])
        return [
            SignIn(number, who, began.replace(tzinfo=UTC), ends.replace(tzinfo=UTC), address or "", browser or "")
            for number, who, began, ends, address, browser in rows
        ]

    def sign_out(self, name: str, actor: Actor, number: str = "", keep: str = "") -> int:
        """End one way in of somebody, or all of them but the one of token ``keep``; returns how many ended."""
        person = self.find(name).name
        with self._changing() as transaction:
            which = "name = ? AND token_hash <> ? AND ? IN ('', substr(token_hash, 1, 16))"
            told = end_sign_ins(transaction, which, [person, _digest(keep) if keep else "", number])
            ended = len(told.get(ENDED, ()))
            if ended:
                transaction.record(actor.person, "signed_out", {"name": person, "count": ended, **told})
        return ended

    def remember_device(self, name: str) -> str:
        """A fresh secret by which a browser is known again in which the person has signed in; the oldest give way."""
        token = secrets.token_urlsafe(32)
        with self._database.write() as transaction:
            at = stored_time(transaction.now)
            transaction.insert("devices", token_hash=_digest(token), name=name, made_at=at)
            sql = """DELETE FROM devices WHERE name = ? AND token_hash NOT IN
                (SELECT token_hash FROM devices WHERE name = ? ORDER BY made_at DESC LIMIT ?)"""
            with transaction.changing("devices", "name = ?", [name]):
                transaction.execute(sql, [name, name, _MOST_DEVICES])
        return token

    def knows_device(self, name: str, token: str) -> bool:
        """Whether the person has signed in with this browser before."""
        rows = self._database.rows("SELECT name FROM devices WHERE token_hash = ?", [_digest(token)]) if token else []
        return bool(rows) and person_key(str(rows[0][0])) == person_key(name)

    def note(self, person: str, kind: str, about: dict[str, JsonValue]) -> None:
        """Write into the record of the project what somebody did that changed nothing in it."""
        with self._database.write() as transaction:
            transaction.record(person, kind, about)

    def _secret(self, name: str) -> tuple[str, str]:
        """(name, stored password) of somebody who may sign in, empty if nobody of that name may."""
        try:
            person = self.find(name)
        except NotFound:
            return "", ""
        if person.state != "active":
            return "", ""
        rows = self._database.rows("SELECT password FROM users WHERE name = ?", [person.name])
        return (person.name, str(rows[0][0])) if rows else ("", "")

    def _keep_an_admin(self, name: str, role: str, actor: Actor) -> None:
        """The last admin stays one, whatever the way: only the owner of the folder could undo it, and may do it."""
        if role != "admin" and not actor.owns_project and self.only_admin() == name:
            raise NotAllowed(
                f"{name} is the only admin; make somebody else admin first. "
                "Whoever owns the project's folder can also do it with 'assistant user'."
            )

    def _present(self, name: str) -> User:
        person = self.find(name)
        if person.state == "removed":
            raise NotFound(f"{person.name} was removed; add {person.name} again first.")
        return person

    def _project(self) -> str:
        rows = self._database.rows("SELECT value FROM project WHERE key = 'name'")
        return str(rows[0][0]) if rows else ""


def _state(is_active: bool, password: str) -> UserState:
    if is_active:
        return "active"
    return "disabled" if password else "removed"


def _beside(user: User, holder: str) -> User:
    return user if user.name == holder else User(user.name, user.role, user.state, user.made_at, holder)


def _refuse_unknown_role(role: str) -> None:
    if role not in ROLE_RANK:
        raise InputError(f"There is no role {role!r}; there are {', '.join(ROLE_RANK)}.")


def _there_already(user: User) -> str:
    name = user.name
    if user.state == "disabled":
        return f"{name} is in this project and was disabled; enable {name} to let them in again."
    return (
        f"{name} is in this project already, as {user.role}. Give {name} another role or password, or choose another "
        "name for somebody else."
    )


def _past(name: str, decisions: int, was_removed: bool) -> str:
    if not decisions and not was_removed:
        return ""
    made = f"{count_of(decisions, 'decision')} here {'is' if decisions == 1 else 'are'} {name}'s" if decisions else ""
    gone = f"{name} was here before" if was_removed else ""
    return f"{' and '.join(part for part in (gone, made) if part)}: this is taken to be the same person."


def _tell(transaction: Transaction, actor: Actor, kind: str, about: dict[str, JsonValue]) -> None:
    """Record what became of somebody, with a digest of what is stored of them now."""
    transaction.record(actor.person, kind, {**about, **row_told(transaction, str(about["name"]))})


def _open(transaction: Transaction, name: str, token: str, address: str, browser: str) -> dict[str, JsonValue]:
    """Let somebody in; what the event has to tell of it."""
    now = transaction.now
    return begin_sign_in(
        transaction,
        token_hash=_digest(token),
        name=name,
        made_at=stored_time(now),
        until=stored_time(now + timedelta(hours=LOGIN_HOURS)),
        address=address[:_LONGEST_ABOUT],
        browser=browser[:_LONGEST_ABOUT],
    )


def _forget(transaction: Transaction, name: str, kept: str = "") -> dict[str, JsonValue]:
    """End the ways in of somebody, and what their browsers are known by; what the event has to tell of it."""
    with transaction.changing("devices", "name = ?", [name]):
        transaction.execute("DELETE FROM devices WHERE name = ?", [name])
    return end_sign_ins(transaction, "name = ? AND token_hash <> ?", [name, kept])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
