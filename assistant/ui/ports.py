"""What the page needs of the open project. The session has all of it; a test may bring a double."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from assistant.executor import Outcome
from assistant.jobs import JobStatus
from assistant.learning.encoder import Encoder
from assistant.store.actions import PendingAction
from assistant.store.people.users import SignIn, User
from tools.records import Actor, JsonValue, Role
from tools.results import ToolResult
from tools.schema import LabelSchema
from tools.spec import ToolSpec


class Users(Protocol):
    """People who may log in."""

    @property
    def changes(self) -> int:
        """Grows whenever what is known of somebody, or of a way in, may have become wrong."""

    def exist(self) -> bool:
        """Whether anybody was added."""

    def check(self, name: str, password: str) -> str | None:
        """The person's name if the password is right."""

    def sign_in(self, name: str, password: str, address: str = "", browser: str = "") -> tuple[str, str] | None:
        """The person's name and a fresh secret for the cookie, if the password is right."""

    def role(self, name: str) -> Role:
        """The person's role; ``NotFound`` if there is no such person."""

    def find(self, name: str) -> User:
        """Who bears the name; ``NotFound`` if nobody does."""

    def everyone(self) -> list[User]:
        """All who were ever added."""

    def whose(self, token: str) -> str | None:
        """Who holds the secret, while it is valid."""

    def log_out(self, token: str) -> None:
        """Make the secret worthless."""

    def knows_device(self, name: str, token: str) -> bool:
        """Whether the person has signed in with this browser before."""

    def remember_device(self, name: str) -> str:
        """A fresh secret by which a browser is known again."""

    def note(self, person: str, kind: str, about: dict[str, JsonValue]) -> None:
        """Write into the record of the project what somebody did."""

    def add(self, name: str, role: str, password: str, actor: Actor) -> str:
        """Add somebody; returns what has to be said about the name."""

    def set_role(self, name: str, role: str, actor: Actor) -> str:
        """Give somebody another role."""

    def set_password(self, name: str, password: str, actor: Actor, keep: str = "") -> str:
        """Give somebody another password."""

    def set_active(self, name: str, is_active: bool, actor: Actor) -> str:
        """Shut somebody out, or let them in again."""

    def remove(self, name: str, actor: Actor) -> str:
        """Take somebody's way in for good."""

    def only_admin(self) -> str:
        """The admin's name where there is exactly one."""

    def sign_ins(self, name: str) -> list[SignIn]:
        """The ways in that somebody holds now."""

    def sign_out(self, name: str, actor: Actor, number: str = "", keep: str = "") -> int:
        """End one way in of somebody, or all."""


class Tools(Protocol):
    """The one door to every tool."""

    def call(self, name: str, args: Mapping[str, Any], actor: Actor) -> Outcome:
        """Run a tool."""

    def preview(self, name: str, args: Mapping[str, Any], actor: Actor, session: str) -> Any:
        """What a tool would propose, to be looked at."""

    def confirm(self, action_id: int, actor: Actor) -> Outcome:
        """Carry out a pending change."""

    def dismiss(self, action_id: int, actor: Actor) -> None:
        """Answer a pending change with no."""

    def steer(self, what: str, job_id: int, actor: Actor) -> None:
        """Pause, resume or cancel a job."""

    def specs(self, role: Role) -> list[ToolSpec]:
        """Tools this role may call."""

    def pending(self) -> list[PendingAction]:
        """Changes nobody has answered."""

    def pending_for(self, actor: Actor) -> list[PendingAction]:
        """Those that the person asked for or may confirm."""

    def withdrawn(self) -> list[tuple[PendingAction, str]]:
        """Changes nobody has answered that can no longer be carried out, with the reason."""


class BackgroundJobs(Protocol):
    """Work that takes longer."""

    def recent(self, limit: int = 20) -> list[JobStatus]:
        """The newest first."""

    def status(self, job_id: int) -> JobStatus:
        """Where the job stands."""


class TurnEvent(Protocol):
    """One thing that happens in a turn of the conversation."""

    kind: str
    text: str
    tool: str
    arguments: Mapping[str, Any]
    result: ToolResult | None
    options: tuple[str, ...]
    action_id: int | None
    job_id: int | None
    run_id: int | None
    exposure_id: int | None
    seconds: float


class Talker(Protocol):
    """A conversation with one person."""

    def turn(
        self,
        text: str,
        actor: Actor,
        exposure_id: int | None = None,
        is_changed: bool = False,
        said: int | None = None,
    ) -> Iterator[Any]:
        """Events of one turn, as they happen; ``is_changed`` where the card shows changes that were not saved, ``said``
        the message as which the sentence is stored already.
        """


class OpenProject(Protocol):
    """The session, as the page sees it."""

    @property
    def path(self) -> Path:
        """The project's folder."""

    @property
    def executor(self) -> Tools:
        """The one door to every tool."""

    @property
    def jobs(self) -> BackgroundJobs:
        """Work that takes longer."""

    @property
    def desk(self) -> Any:
        """The review desk."""

    @property
    def encoder(self) -> Encoder:
        """Encodes images ahead."""

    @property
    def users(self) -> Users:
        """People who may log in."""

    @property
    def store(self) -> Any:
        """The stored state."""

    @property
    def schema(self) -> LabelSchema:
        """The schema in force."""


ConversationFactory = Callable[[Any], Talker]
Rows = Sequence[Mapping[str, Any]]
