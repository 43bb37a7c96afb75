"""What a run is settled on: which field, which back-end, which prompt. A run keeps it and goes on as it began."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from tools.backends.contract import Labeller, ReplyLog
from tools.backends.registry import Resources, open_labeller, split_reference
from tools.backends.remote.labeller import RemoteSettings
from tools.backends.remote.prompts import Prompt, read_prompt
from tools.records import JsonValue, to_json
from tools.results import Artefact
from tools.schema import FieldSpec

_KEY = "plan"
_MOST_OPEN = 2
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Settled:
    """All that a job needs to open its back-end. ``item`` is what the items are; ``embedder`` is empty where none is
    used, ``prompt`` where nothing is asked in words. ``notes`` are sentences about the choice of the embedder.
    """

    spec: FieldSpec
    reference: str
    item: str = "text"
    embedder: str = ""
    prompt: Prompt | None = None
    remote: RemoteSettings = field(default_factory=RemoteSettings)
    notes: tuple[str, ...] = ()

    @property
    def is_remote(self) -> bool:
        """Whether a service elsewhere is asked."""
        return split_reference(self.reference)[0] == "remote"

    def to_json(self) -> dict[str, JsonValue]:
        """JSON-able form; :meth:`from_json` reads it back."""
        return {
            "field": self.spec.model_dump(mode="json", by_alias=True),
            "reference": self.reference,
            "item": self.item,
            "embedder": self.embedder,
            "prompt": self.prompt.name if self.prompt else "",
            "prompt_source": self.prompt.source if self.prompt else "",
            "remote": asdict(self.remote),
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Settled:
        """What :meth:`to_json` wrote; runs of before say neither the kind of items nor how a service is asked."""
        return cls(
            spec=FieldSpec.model_validate(given["field"]),
            reference=str(given["reference"]),
            item=str(given.get("item", "text")),
            embedder=str(given["embedder"]),
            prompt=read_prompt(given["prompt"], given["prompt_source"]) if given["prompt"] else None,
            remote=RemoteSettings(**given.get("remote", {})),
            notes=tuple(given.get("notes", ())),
        )


def planned(settled: Settled) -> Artefact:
    """What the plan of the work carries."""
    return Artefact({_KEY: settled.to_json()})


def with_plan(learned: Artefact, settled: Settled) -> Artefact:
    """What was learned, with what it was settled on."""
    return Artefact({**learned.json, _KEY: settled.to_json()}, learned.arrays)


def settled_in(artefact: Artefact) -> Settled:
    """What the work with this artefact is settled on."""
    return _read(to_json(artefact.json[_KEY]))


@lru_cache(maxsize=8)
def _read(written: str) -> Settled:
    return Settled.from_json(json.loads(written))


_OPEN: dict[tuple[FieldSpec, str, str], Labeller] = {}


def open_anew(settled: Settled, calls: ReplyLog, secret: int) -> Labeller:
    """The labeller at the beginning of a job: as files and settings are now."""
    labeller = open_labeller(
        settled.reference,
        settled.spec,
        Resources(settled.embedder, settled.prompt, calls, secret, settled.remote),
    )
    if not settled.is_remote:
        with _LOCK:
            _OPEN.pop(_key(settled), None)
            while len(_OPEN) >= _MOST_OPEN:
                _OPEN.pop(next(iter(_OPEN)))
            _OPEN[_key(settled)] = labeller
    return labeller


def open_kept(settled: Settled, calls: ReplyLog, secret: int) -> Labeller:
    """The labeller for one batch: the one that the job was begun with, where it is still there.

    One that asks a service is made for its own log of calls.
    """
    with _LOCK:
        kept = _OPEN.get(_key(settled))
    return open_anew(settled, calls, secret) if kept is None else kept


def _key(settled: Settled) -> tuple[FieldSpec, str, str]:
    """What makes one labeller another that asks no service."""
    return settled.spec, settled.reference, settled.embedder
