"""What the command line can ask about the people of a project."""

from __future__ import annotations

from typing import Any

from assistant.session import Session
from assistant.store.people.users import UserStore
from tools.errors import NotAllowed, NotFound
from tools.records import Actor, Role

Record = dict[str, Any]


class PeopleOwner:
    """The people of the project, for somebody at a terminal."""

    def __init__(self, session: Session) -> None:
        """Keep the open project."""
        self.session = session

    def people(self, actor: Actor) -> Record:
        """Everybody who was ever added; whoever manages nobody is shown their own line."""
        everyone = self.session.users.everyone()
        shown = everyone if actor.may("lead") else [one for one in everyone if one.name == actor.person]
        return {"users": [person_record(one) for one in shown]}

    def add_user(self, actor: Actor, name: str, role: str, password: str) -> Record:
        """Add somebody."""
        _refuse(actor)
        said = self.session.users.add(name, role, password, actor)
        return {"said": said, **self.people(actor)}

    def set_role(self, actor: Actor, name: str, role: str) -> Record:
        """Give somebody another role."""
        _refuse(actor)
        admin = self.session.users.only_admin()
        return self._done(admin, self.session.users.set_role(name, role, actor))

    def set_password(self, actor: Actor, name: str, password: str) -> Record:
        """Give somebody another password; everybody may change their own."""
        users = self.session.users
        if users.find(name).name != actor.person:
            _refuse(actor)
        return self._done("", users.set_password(name, password, actor))

    def set_active(self, actor: Actor, name: str, is_active: bool) -> Record:
        """Shut somebody out, or let them in again."""
        _refuse(actor)
        admin = self.session.users.only_admin()
        return self._done(admin, self.session.users.set_active(name, is_active, actor))

    def remove_user(self, actor: Actor, name: str) -> Record:
        """Take somebody's way in for good."""
        _refuse(actor)
        admin = self.session.users.only_admin()
        name = self.session.users.remove(name, actor)
        return {"decisions": self.session.users.decisions(name), **self._done(admin, name)}

    def sign_ins(self, actor: Actor, name: str) -> Record:
        """The ways in that somebody holds now."""
        users = self.session.users
        if users.find(name).name != actor.person:
            _refuse(actor)
        rows = users.sign_ins(name)
        return {
            "sign_ins": [
                {"id": one.number, "began": one.began.isoformat(), "ends": one.ends.isoformat()}
                | {"address": one.address, "browser": one.browser}
                for one in rows
            ]
        }

    def sign_out(self, actor: Actor, name: str, number: str = "") -> Record:
        """End one way in of somebody, or all."""
        users = self.session.users
        if users.find(name).name != actor.person:
            _refuse(actor)
        ended = users.sign_out(name, actor, number)
        if number and not ended:
            raise NotFound(f"{users.find(name).name} has no sign-in {number!r}.")
        return {"ended": ended, "name": users.find(name).name}

    def _done(self, admin_before: str, name: str) -> Record:
        """What was done to whom, and what it means for those who are left."""
        users = self.session.users
        warning = ""
        if not users.exist():
            warning = "Nobody is left who may sign in: the page opens with the key in the printed address again."
        elif admin_before == name and not users.only_admin():
            warning = (
                f"{name} was the only admin: nobody can manage people in the page now. You still can here, for "
                "example with 'assistant user role PROJECT NAME --role admin'."
            )
        return {"name": name, "warning": warning}


def person_record(user: Any) -> Record:
    """A person in plain JSON."""
    return {"name": user.name, "role": user.role, "state": user.state, "same_as": user.same_as}


def acting_user(users: UserStore, name: str) -> tuple[str, Role]:
    """Name and role of the user as whom somebody acts; the error says how to act as oneself."""
    try:
        return users.find(name).name, users.role(name)
    except NotFound as error:
        raise NotFound(f"{error} Without --as you act as the owner of the project's folder.") from None


def _refuse(actor: Actor) -> None:
    if not actor.may("admin"):
        raise NotAllowed(f"Managing people needs the role admin; {actor.person} is {actor.role}.")


PEOPLE_METHODS = (
    "people",
    "add_user",
    "set_role",
    "set_password",
    "set_active",
    "remove_user",
    "sign_ins",
    "sign_out",
)
