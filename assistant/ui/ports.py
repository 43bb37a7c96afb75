"""What the page needs of the open project. The session has all of it; a test may bring a double."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from assistant.encoder import Encoder
from assistant.executor import Outcome
from assistant.jobs import JobStatus
from assistant.store.actions import PendingAction
from tools.records import Actor, Role
from tools.results import ToolResult
from tools.schema import LabelSchema
from tools.spec import ToolSpec


class Users(Protocol):
    """People who may log in."""

    def exist(self) -> bool:
        """Whether anybody was added."""

    def check(self, name: str, password: str) -> Role | None:
        """The person's role if the password is right."""

    def role(self, name: str) -> Role:
        """The person's role; ``NotFound`` if there is no such person."""

    def log_in(self, name: str) -> str:
        """A fresh secret for the person's cookie."""

    def whose(self, token: str) -> str | None:
        """Who holds the secret, while it is valid."""

    def log_out(self, token: str) -> None:
        """Make the secret worthless."""


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

    def specs(self, role: Role) -> list[ToolSpec]:
        """Tools this role may call."""

    def pending(self) -> list[PendingAction]:
        """Changes nobody has answered."""


class BackgroundJobs(Protocol):
    """Work that takes longer."""

    def recent(self, limit: int = 20) -> list[JobStatus]:
        """The newest first."""

    def status(self, job_id: int) -> JobStatus:
        """Where the job stands."""

    def pause(self, job_id: int) -> None:
        """Stop after the batch in hand."""

    def resume(self, job_id: int) -> None:
        """Go on."""

    def cancel(self, job_id: int) -> None:
        """Stop for good."""


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

    def turn(self, text: str, actor: Actor, exposure_id: int | None = None, is_changed: bool = False) -> Iterator[Any]:
        """Events of one turn, as they happen; ``is_changed`` where the card shows changes that were not saved."""


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
