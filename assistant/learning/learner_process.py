"""The process that learns beside the owner of a project: ``python -m assistant.learning.learner_process``.

It is nice to everything else, holds few threads and has no project open. What a step of work wants to know, the owner
reads for it through the ports of a tool's context; what it made goes back as one value. Messages are pickled pairs on
standard input and output, between this process and the one that started it, and nobody else. When the owner is gone,
in whatever way, the input ends and so does this process, in the middle of a calculation too.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from assistant.arrays import DiskArrays
from tools.content import Content
from tools.content import texts as as_contents
from tools.context import Answer, Found, IdArray, LabelTable
from tools.errors import AssistantError, BackendFailed
from tools.filters import ItemFilter
from tools.records import Actor, Draft, Item, JsonValue, Proposal
from tools.results import Artefact, Prepared, ToolResult
from tools.schema import LabelSchema
from tools.spec import LearningWork, ToolArgs, ToolSpec

NICENESS = 10
"""Behind whatever else runs, but with a share of a busy machine: at the very end of the queue it would never learn."""

MOST_TEXTS = 300_000
"""Texts that are kept from step to step, so that the owner need not read them each time; beyond, all are let go."""

_TEXTS_AT_A_TIME = 2000
_LOOK_SECONDS = 0.5
PORTS = ("items", "labels", "proposals", "context")
"""What a step may ask of the owner: three readers, and the context itself for queries, filters and prompts."""

Ask = Callable[..., Any]


@dataclass(frozen=True)
class Surface:
    """What a context says without being asked."""

    schema: LabelSchema
    schema_version: int
    actor: Actor
    now: datetime
    seed: int
    settings: Mapping[str, JsonValue]
    arrays: Path


@dataclass(frozen=True)
class Order:
    """One step to be done: ``name`` of the step, of the tool, and what else the step takes."""

    step: str
    tool: str
    given: tuple[Any, ...]
    surface: Surface


class AskedItems:
    """Items, read by the owner."""

    def __init__(self, ask: Ask, texts: dict[int, str], are_files: bool = False) -> None:
        """``ask(port, method, *arguments)`` is answered by the owner; ``texts`` are those that it gave before."""
        self._ask = ask
        self._are_files = are_files
        self._texts = texts

    def count(self) -> int:
        """How many items there are."""
        return int(self._ask("items", "count"))

    def all_ids(self) -> IdArray:
        """Every item id, ascending."""
        ids: IdArray = self._ask("items", "all_ids")
        return ids

    def get(self, item_ids: Sequence[int]) -> list[Item]:
        """The items, in the order of the ids."""
        return list(self._ask("items", "get", [int(one) for one in item_ids]))

    def texts(self, item_ids: Sequence[int]) -> list[str]:
        """Their texts, in the order of the ids."""
        wanted = [int(one) for one in item_ids]
        if len(self._texts) + len(wanted) > MOST_TEXTS:
            self._texts.clear()
        missing = [one for one in dict.fromkeys(wanted) if one not in self._texts]
        # Some at a time: while the owner reads and packs them, somebody may press a key.
        for start in range(0, len(missing), _TEXTS_AT_A_TIME):
            part = missing[start : start + _TEXTS_AT_A_TIME]
            self._texts.update(zip(part, self._ask("items", "texts", part), strict=True))
        return [self._texts[one] for one in wanted]

    def contents(self, item_ids: Sequence[int]) -> list[Content]:
        """What a model reads of each: texts are kept here, and files are asked for each time."""
        if not self._are_files:
            return as_contents(self.texts(item_ids))
        return list(self._ask("items", "contents", [int(one) for one in item_ids]))

    def find(self, where: ItemFilter, limit: int | None = None, offset: int = 0) -> Found:
        """Ids of the items that pass ``where``."""
        found: Found = self._ask("items", "find", where, limit, offset)
        return found

    def resolve(self, references: Sequence[str]) -> list[int]:
        """Ids for keys or numbers."""
        return list(self._ask("items", "resolve", list(references)))


class AskedLabels:
    """Decisions of people, read by the owner."""

    def __init__(self, ask: Ask) -> None:
        """``ask`` as in :class:`AskedItems`."""
        self._ask = ask

    def training(self, field: str) -> LabelTable:
        """What may train."""
        table: LabelTable = self._ask("labels", "training", field)
        return table

    def seen(self, field: str) -> LabelTable:
        """What may train and be seen."""
        table: LabelTable = self._ask("labels", "seen", field)
        return table

    def gold(self, field: str) -> LabelTable:
        """Values marked as gold."""
        table: LabelTable = self._ask("labels", "gold", field)
        return table


class AskedProposals:
    """Proposals, read by the owner."""

    def __init__(self, ask: Ask) -> None:
        """``ask`` as in :class:`AskedItems`."""
        self._ask = ask

    def latest(self, field: str, item_ids: Sequence[int]) -> dict[int, Proposal]:
        """The active proposal of each item."""
        return dict(self._ask("proposals", "latest", field, [int(one) for one in item_ids]))

    def of_run(self, run_id: int) -> list[Proposal]:
        """All proposals of a run."""
        return list(self._ask("proposals", "of_run", run_id))

    def calibration_of(self, run_id: int) -> str:
        """How the scores of the run were calibrated."""
        return str(self._ask("proposals", "calibration_of", run_id))


class AskedContext:
    """The :class:`tools.context.ToolContext` of a step: what is not known here is asked of the owner."""

    def __init__(self, surface: Surface, ask: Ask, texts: dict[int, str]) -> None:
        """Arrays are read and written on the disk, by both processes; ``texts`` of items never change."""
        self._ask = ask
        self.schema = surface.schema
        self.schema_version = surface.schema_version
        self.actor = surface.actor
        self.now = surface.now
        self.seed = surface.seed
        self.settings = surface.settings
        self.items = AskedItems(ask, texts, surface.schema.modality.has_file)
        self.labels = AskedLabels(ask)
        self.proposals = AskedProposals(ask)
        self.cache = DiskArrays(surface.arrays)

    def ask(self, query: str, **params: JsonValue) -> Answer:
        """Run a named query of the host."""
        answer: Answer = self._ask("context", "ask", query, **params)
        return answer

    def saved_filter(self, name: str) -> ItemFilter:
        """A filter saved by name."""
        found: ItemFilter = self._ask("context", "saved_filter", name)
        return found

    def own_prompt(self, name: str) -> str | None:
        """Text of a prompt file in the project's own folder."""
        found: str | None = self._ask("context", "own_prompt", name)
        return found

    def known_reply(self, key: str) -> str | None:
        """The raw reply stored for a paid call."""
        found: str | None = self._ask("context", "known_reply", key)
        return found


def run_tool(spec: ToolSpec, context: AskedContext, arguments: ToolArgs) -> ToolResult:
    """The tool itself."""
    return spec.run(arguments, context)


def prepare(spec: ToolSpec, context: AskedContext, artefact: Artefact) -> Prepared:
    """What the units of a job share: the fit."""
    assert isinstance(spec.work, LearningWork)
    return spec.work.prepare(context, artefact)


def draft(spec: ToolSpec, context: AskedContext, unit: Sequence[int], artefact: Artefact) -> list[Draft]:
    """One unit of a job, loading included; it may make no paid calls."""
    from tools.backends.registry import NoPaidCalls

    assert spec.work is not None
    return spec.work.compute(spec.work.load(context, unit, artefact), artefact, NoPaidCalls())


def greet(spec: ToolSpec, context: AskedContext) -> str:
    """Nothing but the name of the tool: shows that the process answers."""
    return spec.name


STEPS: Mapping[str, Callable[..., Any]] = {
    "tool": run_tool,
    "prepare": prepare,
    "draft": draft,
    "greet": greet,
}


class Wire:
    """Pairs of a word and a value, one after the other, over two streams."""

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        """Read from ``source``, write to ``target``."""
        self._source = source
        self._target = target

    def send(self, word: str, value: Any) -> None:
        """Write one pair."""
        pickle.dump((word, value), self._target, protocol=pickle.HIGHEST_PROTOCOL)
        self._target.flush()

    def receive(self) -> tuple[str, Any]:
        """Read one pair; ``EOFError`` where the other side is gone."""
        word, value = pickle.load(self._source)  # noqa: S301 - written by our own other half, over a pipe of its own
        return word, value


def portable(error: Exception) -> AssistantError:
    """An error that arrives as what it was, or at least with its sentence."""
    if not isinstance(error, AssistantError):
        return BackendFailed(f"{type(error).__name__}: {error}")
    try:
        copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - an error class may refuse to travel in any way
        return BackendFailed(str(error))
    return copied if type(copied) is type(error) and str(copied) == str(error) else BackendFailed(str(error))


def work(wire: Wire, specs: Mapping[str, ToolSpec]) -> None:
    """Do the steps that come in until the input ends."""
    texts: dict[int, str] = {}

    def ask(port: str, method: str, *arguments: Any, **named: Any) -> Any:
        wire.send("read", (port, method, arguments, named))
        word, value = wire.receive()
        if word == "refused":
            raise value
        return value

    while True:
        try:
            order: Order = wire.receive()[1]
        except EOFError:
            return
        try:
            made = STEPS[order.step](specs[order.tool], AskedContext(order.surface, ask, texts), *order.given)
        except Exception as error:  # noqa: BLE001 - every defect must reach the owner as a sentence
            wire.send("failed", portable(error))
        else:
            wire.send("done", made)


def main() -> None:
    """Be nice, watch the owner, and work."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # Ctrl+C in the terminal is meant for the owner, who ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    source, target = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not get between the messages.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    from tools.catalog import CATALOG

    work(Wire(source, target), {spec.name: spec for spec in CATALOG})


def _end_with(owner: int) -> None:
    """A killed owner says nothing: another parent means that it is gone."""
    while os.getppid() == owner:
        time.sleep(_LOOK_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
