"""Routes of the people panel: one's own password and sign-ins, and for admins everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from assistant.store.people.users import User
from assistant.ui.door.logins import Logins
from assistant.ui.door.sign_in import is_https
from assistant.ui.door.slow_door import SlowDoor
from assistant.ui.door.who import Person
from assistant.ui.routes.card_routes import Body, Name
from tools.errors import InputError, NotAllowed, NotFound
from tools.records import Actor

Secret = Annotated[str, Field(max_length=20_000)]
_ROLES = ("reviewer", "engineer", "lead", "admin")


class PasswordBody(Body):
    """The password of now and the one to come."""

    current: Secret
    new: Secret


class SignInBody(Body):
    """One sign-in; all others where none is named."""

    id: Annotated[str, Field(max_length=64)] = ""


class PersonBody(Body):
    """Somebody of the project."""

    name: Name


class AddBody(PersonBody):
    """Somebody new."""

    role: Annotated[str, Field(max_length=20)] = "reviewer"
    password: Secret


class RoleBody(PersonBody):
    """Another role for somebody."""

    role: Annotated[str, Field(max_length=20)]


class GivenBody(PersonBody):
    """Another password for somebody."""

    password: Secret


def people_router(logins: Logins, door: SlowDoor) -> APIRouter:
    """The routes under ``/page/account`` and ``/page/people``."""
    router = APIRouter(prefix="/page")
    _add_own(router, logins, door)
    _add_everybodys(router, logins, door)
    _add_ways_in(router, logins)
    return router


def _add_own(router: APIRouter, logins: Logins, door: SlowDoor) -> None:
    users = logins.users

    @router.get("/account")
    def account(actor: Person) -> dict[str, Any]:
        if not users.exist():
            return {"has_password": False, "manages": actor.may("lead"), "sign_ins": []}
        return {"has_password": True, "manages": actor.may("admin"), "sign_ins": _sign_ins(logins, actor)}

    @router.post("/account/password")
    async def change(body: PasswordBody, request: Request, actor: Person) -> dict[str, Any]:
        cookie = request.cookies.get(logins.cookie_name(is_https(request)), "")

        def changed() -> None:
            _own(logins, actor)
            logins.prove(actor, body.current)
            if body.new == body.current:
                raise InputError("This is the password that you have; choose another one.")
            users.set_password(actor.person, body.new, actor, keep=cookie)

        await door.run(changed)
        logins.forget_known()
        return {"text": "Your password is changed; you are signed out everywhere else."}

    @router.post("/account/sign-out")
    def sign_out(body: SignInBody, request: Request, actor: Person) -> dict[str, Any]:
        _own(logins, actor)
        keep = "" if body.id else request.cookies.get(logins.cookie_name(is_https(request)), "")
        ended = users.sign_out(actor.person, actor, body.id, keep)
        logins.forget_known()
        if body.id and not ended:
            raise NotFound("This sign-in has ended already.")
        return {"ended": ended}


def _add_everybodys(router: APIRouter, logins: Logins, door: SlowDoor) -> None:
    users = logins.users

    def managed(actor: Actor, act: Callable[[], str]) -> dict[str, Any]:
        """Do it as an admin."""
        _refuse(logins, actor)
        act()
        logins.forget_known()
        return _everybody(logins)

    @router.get("/people")
    def people(actor: Person) -> dict[str, Any]:
        _refuse(logins, actor)
        return _everybody(logins)

    @router.post("/people/add")
    async def add(body: AddBody, actor: Person) -> dict[str, Any]:
        _refuse(logins, actor)
        said = await door.run(lambda: users.add(body.name, body.role, body.password, actor))
        logins.forget_known()
        return {"said": said, **_everybody(logins)}

    @router.post("/people/role")
    def role(body: RoleBody, actor: Person) -> dict[str, Any]:
        return managed(actor, lambda: users.set_role(body.name, body.role, actor))

    @router.post("/people/disable")
    def disable(body: PersonBody, actor: Person) -> dict[str, Any]:
        return managed(actor, lambda: users.set_active(body.name, False, actor))

    @router.post("/people/enable")
    def enable(body: PersonBody, actor: Person) -> dict[str, Any]:
        return managed(actor, lambda: users.set_active(body.name, True, actor))

    @router.post("/people/remove")
    def remove(body: PersonBody, actor: Person) -> dict[str, Any]:
        return managed(actor, lambda: users.remove(body.name, actor))

    @router.post("/people/password")
    async def password(body: GivenBody, actor: Person) -> dict[str, Any]:
        _refuse(logins, actor)
        if users.find(body.name).name == actor.person:
            raise InputError("Your own password is changed with the one of now, under “Your password”.")
        await door.run(lambda: users.set_password(body.name, body.password, actor))
        logins.forget_known()
        return _everybody(logins)


def _add_ways_in(router: APIRouter, logins: Logins) -> None:
    @router.post("/people/sign-out")
    def sign_out(body: PersonBody, actor: Person) -> dict[str, Any]:
        _refuse(logins, actor)
        logins.users.sign_out(body.name, actor)
        logins.forget_known()
        return _everybody(logins)


def _everybody(logins: Logins) -> dict[str, Any]:
    return {"people": [_record(logins, one) for one in logins.users.everyone()], "roles": list(_ROLES)}


def _record(logins: Logins, one: User) -> dict[str, Any]:
    is_there = one.state == "active" and not one.same_as
    return {
        "name": one.name,
        "role": one.role,
        "state": one.state,
        "same_as": one.same_as,
        "sign_ins": len(logins.users.sign_ins(one.name)) if is_there else 0,
    }


def _sign_ins(logins: Logins, actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "id": one.number,
            "began": one.began.isoformat(),
            "ends": one.ends.isoformat(),
            "where": " ".join(part for part in (one.browser, one.address) if part),
            "is_here": one.number == actor.session,
        }
        for one in logins.users.sign_ins(actor.person)
    ]


def _own(logins: Logins, actor: Actor) -> None:
    """Whoever opened the page with its printed address has no password."""
    if not logins.users.exist():
        raise NotAllowed("Without users nobody has a password: the printed address opens the page.")


def _refuse(logins: Logins, actor: Actor) -> None:
    if not actor.may("admin" if logins.users.exist() else "lead"):
        raise NotAllowed(f"Managing people needs the role admin; {actor.person} is {actor.role}.")
