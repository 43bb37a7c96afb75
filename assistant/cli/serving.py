"""``demo`` and ``serve``: the page."""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from assistant.agent.turn.conversation import Conversation
from assistant.cli.link import local_name
from assistant.cli.owner import Owner
from assistant.cli.printing import say
from assistant.cli.projects import Project
from assistant.cli.warming import warming
from assistant.cli.wire import WireServer
from assistant.demo.photos import build_photos
from assistant.demo.project import build_demo, demo_is_whole
from assistant.session import Session
from tools.errors import InputError
from tools.records import JsonValue

Port = Annotated[int, typer.Option(help="Port; the next free one is taken if it is in use.")]
Host = Annotated[str, typer.Option(help="Address to listen on; any other than this computer needs users.")]
Model = Annotated[str, typer.Option(help="Chat model as provider:name; the built-in planner where not given.")]
Browser = Annotated[bool, typer.Option(help="Open the page in the browser.")]


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("demo")(demo)
    app.command("serve")(serve)


def demo(
    folder: Annotated[Path | None, typer.Option("--dir", help="Where the demo project lies.")] = None,
    photos: Annotated[bool, typer.Option("--photos", help="Open the project of photographs first.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over: the demo projects there are removed.")] = False,
    port: Port = 7860,
    model: Model = "",
    browser: Browser = True,
) -> None:
    """Open the demo in a browser: 300 customer messages, and beside them a project of photographs."""
    place = folder or Path(platformdirs.user_data_dir("annotation-assistant")) / "demo"
    pictures = place.with_name(f"{place.name}-photos")
    for project, build in ((place, build_demo), (pictures, build_photos)):
        if fresh or not demo_is_whole(project):
            say(f"Making the demo project in {project} …")
            build(project)
    _serve(pictures if photos else place, "127.0.0.1", port, model, browser, Entrance())


def serve(
    project: Project,
    host: Host = "127.0.0.1",
    port: Port = 7860,
    model: Model = "",
    browser: Browser = False,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A further name by which people call this server.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option("--trusted-proxy", help="Address or network of a proxy whose word is taken for who asks."),
    ] = None,
    https: Annotated[bool, typer.Option("--https", help="Everybody comes by https, through a proxy.")] = False,
) -> None:
    """Serve the page of a project until Ctrl+C."""
    from assistant.ui.door.proxy import read_networks

    read_networks(trusted_proxy or ())
    asked = Entrance(tuple(allow_host or ()), tuple(trusted_proxy or ()), https)
    _serve(project, host, port, model, browser, asked)


@dataclass(frozen=True)
class Entrance:
    """What was said on the command line about how the page is reached."""

    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    https: bool = False


def _serve(project: Path, host: str, port: int, model: str, browser: bool, asked: Entrance) -> None:
    """Serve a project, and after it the one that somebody chose in the page, under the same address."""
    free, token = free_port(host, port), secrets.token_urlsafe(24)
    following: Path | None = project
    while following is not None:
        following = _serve_one(following, host, free, token, model, browser, asked)
        browser = False


def _serve_one(
    project: Path, host: str, port: int, token: str, model: str, browser: bool, asked: Entrance
) -> Path | None:
    # Late: the page brings gradio, which no other command should wait for.
    from assistant.ui.app import Doors
    from assistant.ui.app import serve as serve_page

    with Session.open(project) as session:
        resumed = session.jobs.resume_interrupted()
        if resumed:
            say(f"Going on with {len(resumed)} interrupted {'job' if len(resumed) == 1 else 'jobs'}.")
        session.retraining.begin()
        session.keeping.begin()
        wire = WireServer(Owner(session, model))
        try:
            with warming(session):
                return serve_page(
                    session,
                    lambda opened: Conversation(opened, model),
                    host,
                    port,
                    person=local_name(),
                    announce=lambda address: _announce(address, browser, host, port),
                    token=token,
                    doors=Doors(*_names_and_proxies(session, asked), https=asked.https),
                )
        finally:
            wire.close()


def _names_and_proxies(session: Session, asked: Entrance) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was said on the command line, and what the project says for every time."""
    settings = session.store.settings.all()
    kept = {key: tuple(str(one) for one in _list(settings[key])) for key in ("allowed_hosts", "trusted_proxies")}
    return asked.hosts + kept["allowed_hosts"], asked.proxies + kept["trusted_proxies"]


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _announce(address: str, browser: bool, host: str, port: int) -> None:
    say(f"The page is at {address}")
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        say(f"Others reach it by this computer's name or address, for example http://{socket.gethostname()}:{port}/")
    say("Stop with Ctrl+C; nothing that was saved is lost.")
    if browser:
        # The server needs a moment before it answers.
        threading.Timer(1.5, webbrowser.open, [address]).start()


def free_port(host: str, wanted: int) -> int:
    """``wanted``, or one of the next twenty if it is taken."""
    for port in range(wanted, wanted + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise InputError(f"No port from {wanted} to {wanted + 19} is free on {host}; name another with --port.")
