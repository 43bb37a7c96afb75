"""How a tool is declared: once, and read by the agent, the command line, the page and the evaluation suite."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, get_type_hints, runtime_checkable

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.context import CallLog, ToolContext
from tools.errors import ArgumentsRefused
from tools.records import Draft, Role
from tools.results import Artefact, Prepared, ToolResult

Effect = Literal["read", "propose", "change"]
MAX_ARGUMENTS = 8
_LARGEST = 2**53
_LONGEST_SHOWN = 200


class ToolArgs(BaseModel):
    """Base of all argument classes: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Work(Protocol):
    """How one unit of a :class:`~tools.results.WorkPlan` becomes drafts.

    ``load`` runs in the owner and may read; ``compute`` is pure but for the call log, importable by name and gets
    only picklable arguments. Both must be safe to repeat.
    """

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> Any:
        """Everything ``compute`` needs to know of these items."""

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """One draft for each item of the unit, no more and no fewer."""


@runtime_checkable
class LearningWork(Work, Protocol):
    """Work that learns first: what takes seconds or minutes belongs in the job, not into the call that plans it."""

    def prepare(self, ctx: ToolContext, artefact: Artefact) -> Prepared:
        """What all units share, from what the plan carried. Runs once a job; its result survives a restart."""


@runtime_checkable
class PatientWork(Work, Protocol):
    """Work that may spend its time waiting for others, so that several units are better computed side by side."""

    def units_at_once(self, artefact: Artefact) -> int:
        """How many; 1 where the work keeps this machine busy."""


@runtime_checkable
class SteadyWork(Work, Protocol):
    """Work that keeps some settings as they were when it began, whatever is set since."""

    def kept(self, ctx: ToolContext, artefact: Artefact) -> str:
        """Which of them differ from what is set now, in a sentence; ``""`` where none does."""


@dataclass(frozen=True)
class Preview:
    """What a tool answers while somebody points and looks: arguments of its own, an answer that is shown, no rows.

    ``is_wanted`` says whether anybody still waits: a run may take long, and a newer question makes it worthless.
    """

    arguments: type[ToolArgs]
    run: Callable[[Any, ToolContext, Callable[[], bool]], Any]


@dataclass(frozen=True)
class ToolSpec:
    """One tool as everybody reads it.

    ``summary`` is the first paragraph of the docstring, written for a model. ``items`` are the sorts of content that it
    is for (:attr:`tools.modalities.contract.Modality.content`), empty for all.
    """

    name: str
    effect: Effect
    version: int
    summary: str
    arguments: type[ToolArgs]
    run: Callable[[Any, ToolContext], ToolResult]
    work: Work | None = None
    role: Role = "reviewer"
    preview: Preview | None = None
    items: frozenset[str] = frozenset()

    def is_for(self, content: str) -> bool:
        """Whether the tool can do anything with items of this sort of content."""
        return not self.items or content in self.items

    def read_arguments(self, given: dict[str, Any]) -> ToolArgs:
        """Validate ``given`` or raise :class:`ArgumentsRefused` with one sentence."""
        return _read(self.name, self.arguments, given)

    def read_preview(self, given: dict[str, Any]) -> ToolArgs:
        """The same for a preview; :class:`ArgumentsRefused` where the tool has none."""
        if self.preview is None:
            raise ArgumentsRefused(f"{self.name} has no preview.")
        return _read(self.name, self.preview.arguments, given)


def _read(name: str, arguments: type[ToolArgs], given: dict[str, Any]) -> ToolArgs:
    for key, value in given.items():
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise ArgumentsRefused(f"{name}: argument {key!r} is too large a number; there is nothing so many.")
    try:
        return arguments.model_validate(given)
    except ValidationError as error:
        raise ArgumentsRefused(_sentence(name, arguments, error)) from None


Run = TypeVar("Run", bound=Callable[[Any, ToolContext], ToolResult])


def tool(
    *,
    effect: Effect,
    version: int,
    work: Work | None = None,
    role: Role = "reviewer",
    preview: Preview | None = None,
    items: tuple[str, ...] = (),
) -> Callable[[Run], ToolSpec]:
    """Turn ``run(args, ctx) -> ToolResult`` into a :class:`ToolSpec`; a bad declaration fails at import."""

    def declare(run: Run) -> ToolSpec:
        name = run.__name__
        arguments = next(iter(get_type_hints(run).values()))
        summary = inspect.cleandoc(run.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        if not summary:
            raise TypeError(f"tool {name} needs a docstring: its first paragraph is what a model reads")
        _check_arguments(name, arguments)
        return ToolSpec(name, effect, version, summary, arguments, run, work, role, preview, frozenset(items))

    return declare


def _check_arguments(name: str, arguments: Any) -> None:
    if not (isinstance(arguments, type) and issubclass(arguments, ToolArgs)):
        raise TypeError(f"tool {name}: the first parameter must be annotated with a ToolArgs class")
    if len(arguments.model_fields) > MAX_ARGUMENTS:
        raise TypeError(f"tool {name} has more than {MAX_ARGUMENTS} arguments; small models cannot fill them")
    for key, field in arguments.model_fields.items():
        if not field.description:
            raise TypeError(f"tool {name}: argument {key} needs a description")


def _sentence(name: str, arguments: type[ToolArgs], error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = ", ".join(arguments.model_fields) or "none"
        return f"{name} takes no argument {where!r}; it takes {known}."
    if first["type"] == "missing":
        return f"{name} needs the argument {where!r}."
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{name}: argument {where!r}: {message}; got {_shown(first['input'])}."


def _shown(given: Any) -> str:
    written = repr(given)
    return written if len(written) <= _LONGEST_SHOWN else f"{written[:_LONGEST_SHOWN]}…"
