"""What the person's own last sentence asks for, as the built-in planner reads it: the bound of what a model begins.

A model may begin work only where that reading holds the very tool, once, and with its arguments: which items, how many,
which back-end and what it costs are never a model's to say. Anything else that it wants is offered to the person.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.agent.planner.held_back import saves_filter

UNASKED = (
    "Refused: the person did not ask for that in their last sentence. Say what could be done, and let them ask for it."
)
NOT_ASKED = "The language model wanted to begin something that you did not ask for; nothing of it was begun."
OFFERED = f"{NOT_ASKED} It is yours to ask for:"
NOT_LOOKED = "The language model wanted to look at what colleagues answered, which you did not ask for."
_SHOWS_ANSWERS = ("find_items", "explain_item")
_LISTS_ANSWERS = ("mark_gold",)
_LONGEST_OFFER = 200
_MOST_OFFERS = 3


@dataclass
class AskedFor:
    """``calls`` are the calls of the reading, with their arguments; ``wishes`` grow with what was not in it."""

    calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    wishes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _taken: set[int] = field(default_factory=set)

    def asks(self, tool: str) -> bool:
        """Whether the sentence asks for this tool."""
        return any(name == tool for name, _ in self.calls)

    def is_own(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        """Whether the sentence asks for exactly this call."""
        return any(name == tool and dict(own) == dict(arguments) for name, own in self.calls)

    def take(self, tool: str) -> dict[str, Any] | None:
        """The arguments that the sentence gives this tool, the first time that they are asked for."""
        for at, (name, arguments) in enumerate(self.calls):
            if name == tool and at not in self._taken:
                self._taken.add(at)
                return dict(arguments)
        return None

    def refuse(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Keep what the model wanted for the person to ask for; returns what the model is told."""
        self.wishes.append((tool, dict(arguments)))
        return UNASKED

    def search(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """A search as a model may make it: it keeps no filter unless the sentence keeps one under that very name."""
        if not saves_filter("find_items", arguments):
            return arguments
        name = str(arguments["saved"]).strip().casefold()
        for tool, own in self.calls:
            if saves_filter(tool, dict(own)) and str(own["saved"]).strip().casefold() == name:
                return dict(own)
        return {key: value for key, value in arguments.items() if key != "saved"}

    def is_veiled(self, tool: str) -> bool:
        """Whether a call shows only what anybody may see who has not decided: others' answers were not asked about."""
        return tool in _SHOWS_ANSWERS and not self.asks(tool)

    def is_closed(self, tool: str) -> bool:
        """Whether a call would list others' answers that nobody asked about."""
        return tool in _LISTS_ANSWERS and not self.asks(tool)

    def offers(self) -> tuple[str, ...]:
        """What the model wanted, as commands that the person can say or press."""
        said = (slash_of(tool, given) for tool, given in self.wishes)
        return tuple(dict.fromkeys(one for one in said if len(one) <= _LONGEST_OFFER))[:_MOST_OFFERS]


def slash_of(tool: str, arguments: Mapping[str, Any]) -> str:
    """A call as the slash command that says it outright."""
    words = [f"{name}={shlex.quote(_plain(value))}" for name, value in sorted(arguments.items())]
    return " ".join((f"/{tool}", *words))


def _plain(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
