"""``user``: the people who may sign in to a project."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Annotated, Any

import typer

from assistant.cli.link import Link
from assistant.cli.printing import say, show_json
from assistant.cli.projects import As, AsJson, Project
from tools.errors import InputError
from tools.sentences import count_of

Name = Annotated[str, typer.Argument(help="The person's name.")]
NewRole = Annotated[str, typer.Option(help="reviewer, engineer, lead or admin.")]


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    people = typer.Typer(help="People who may sign in to a project.", no_args_is_help=True)
    people.command("add")(add)
    people.command("list")(list_)
    people.command("role")(role)
    people.command("password")(password)
    people.command("disable")(disable)
    people.command("enable")(enable)
    people.command("remove")(remove)
    people.command("sign-ins")(sign_ins)
    people.command("sign-out")(sign_out)
    app.add_typer(people, name="user")


def add(
    project: Project,
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: NewRole = "reviewer",
    person: As = "",
) -> None:
    """Add somebody; the password is asked for, or read from the input where it is piped."""
    secret = _ask_password(name)
    with Link(project, person) as link:
        answer = link.ask("add_user", name=name, role=role, password=secret)
    users = [one for one in answer["users"] if one["state"] == "active"]
    if answer["said"]:
        say(answer["said"])
    say("People of this project: " + ", ".join(map(_line, users)) + ".")
    say("From now on everybody signs in to the page with name and password.")
    if not any(one["role"] == "admin" for one in users):
        say("You manage people here, as the owner of the folder; an admin can do it in the page too.")


def list_(project: Project, as_json: AsJson = False, person: As = "") -> None:
    """List the people of a project with their roles."""
    with Link(project, person) as link:
        people = link.ask("people")["users"]
    if as_json:
        show_json(people)
    elif people:
        say("\n".join(map(_line, people)))
        for one in people:
            if one["same_as"]:
                say(
                    f"{one['name']!r} is the same name as {one['same_as']!r} and cannot sign in: remove "
                    f"{one['name']!r} and add the person under another name."
                )
    if not as_json and not any(one["state"] == "active" for one in people):
        say("There are no users: whoever starts the page is the one local lead.")


def role(
    project: Project,
    name: Name,
    new: Annotated[str, typer.Argument(help="reviewer, engineer, lead or admin.")] = "",
    option: Annotated[str, typer.Option("--role", help="The same, as an option.")] = "",
    person: As = "",
) -> None:
    """Give somebody another role."""
    wanted = new or option
    if not wanted:
        raise InputError(f"Say which role: assistant user role {project} {name} lead.")
    with Link(project, person) as link:
        answer = link.ask("set_role", name=name, role=wanted)
    _tell(answer, f"{answer['name']} is {wanted} now and signs in again.")


def password(project: Project, name: Name, person: As = "") -> None:
    """Give somebody another password, asked for or read from the input; their sign-ins end."""
    secret = _ask_password(name)
    with Link(project, person) as link:
        answer = link.ask("set_password", name=name, password=secret)
    _tell(answer, f"{answer['name']} has a new password; who signed in with the old one signs in again.")


def disable(project: Project, name: Name, person: As = "") -> None:
    """Shut somebody out until they are enabled again; everything they did stays."""
    with Link(project, person) as link:
        answer = link.ask("set_active", name=name, is_active=False)
    _tell(answer, f"{answer['name']} cannot sign in now; 'assistant user enable {project} NAME' lets them in again.")


def enable(project: Project, name: Name, person: As = "") -> None:
    """Let somebody in again who was disabled, with the password of before."""
    with Link(project, person) as link:
        answer = link.ask("set_active", name=name, is_active=True)
    _tell(answer, f"{answer['name']} can sign in again, with the password of before.")


def remove(project: Project, name: Name, person: As = "") -> None:
    """Remove somebody; their decisions stay under their name."""
    with Link(project, person) as link:
        answer = link.ask("remove_user", name=name)
    kept = answer["decisions"]
    stays = f" {count_of(kept, 'decision')} under this name {'stays' if kept == 1 else 'stay'}." if kept else ""
    _tell(answer, f"{answer['name']} was removed.{stays}")


def sign_ins(project: Project, name: Name, as_json: AsJson = False, person: As = "") -> None:
    """List where somebody is signed in now."""
    with Link(project, person) as link:
        found = link.ask("sign_ins", name=name)["sign_ins"]
    if as_json:
        show_json(found)
        return
    for one in found:
        where = " ".join(part for part in (one["browser"], f"from {one['address']}" if one["address"] else "") if part)
        say(f"{one['id']}  since {one['began'][:16].replace('T', ' ')} UTC  {where}".rstrip())
    if not found:
        say(f"{name} is signed in nowhere.")


def sign_out(
    project: Project,
    name: Name,
    number: Annotated[str, typer.Option("--id", help="Only this one, as 'user sign-ins' names it.")] = "",
    person: As = "",
) -> None:
    """Sign somebody out everywhere, or end one sign-in."""
    with Link(project, person) as link:
        answer = link.ask("sign_out", name=name, number=number)
    say(f"Ended {count_of(answer['ended'], 'sign-in')} of {answer['name']}.")


def _tell(answer: dict[str, Any], sentence: str) -> None:
    say(sentence)
    if answer["warning"]:
        say(answer["warning"])


def _line(one: dict[str, Any]) -> str:
    return f"{one['name']} ({one['role']}{'' if one['state'] == 'active' else ', ' + one['state']})"


def _ask_password(name: str) -> str:
    """Asked twice at a terminal, where nobody sees what is typed; one line of the input where it is piped."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    secret = getpass(f"Password for {name}: ")
    if getpass("Again: ") != secret:
        raise InputError("The two passwords differ; nothing was changed.")
    return secret
