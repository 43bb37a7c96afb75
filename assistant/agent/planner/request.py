"""One sentence with everything that was read out of it: what the builders of calls work from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from assistant.agent.words.mentions import Mention
from assistant.agent.words.phrases import phrases
from assistant.agent.words.quantities import Quantity, read_quantities
from assistant.agent.words.said_filter import SaidFilter
from assistant.agent.words.sentence import Sentence
from assistant.agent.words.world import PlannerWorld

_NOT_A_COUNT = re.compile(r"(?:batch|run|job|action|import|item|message|number|version|#|no\.?|key|place|line|row) ?$")

_MOST = re.compile(r"(?:up to|at most|no more than|not more than|maximum|max)\b")
_MINUS = re.compile(r"(?:(?<![\w-])[-–−]|\bminus |\bnegative )$")
_ITEMS = re.compile(
    r" (?:more |other |further |random |next )*(?:items?|messages?|texts?|examples?|ones|rows?|cards?)\b"
)


@dataclass(frozen=True)
class Request:
    """A sentence, its names, its numbers and its conditions, in a world."""

    sentence: Sentence
    mentions: tuple[Mention, ...]
    said: SaidFilter
    world: PlannerWorld

    @property
    def low(self) -> str:
        """The sentence in lower case."""
        return self.sentence.low

    def named(self, kind: str) -> list[Mention]:
        """The mentions of a kind, in order."""
        return [one for one in self.mentions if one.kind == kind]

    def first(self, kind: str) -> str:
        """The key of the first mention of a kind, or empty."""
        return next((one.key for one in self.named(kind)), "")

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """All numbers outside the words for time and the names of items."""
        time = self.said.time
        named = [(one.start, one.end) for one in self.named("ITEM")]
        named += [(time.start, time.end)] if time else []
        found = read_quantities(self.low)
        return tuple(one for one in found if not any(start <= one.start < end for start, end in named))

    @property
    def count(self) -> int | None:
        """How many items are wanted: the first plain whole number that names nothing."""
        for one in self.quantities:
            is_most = one.bound == "below" and _MOST.match(self.low[one.start :]) and _ITEMS.match(self.low[one.end :])
            if (
                one.is_count
                and (not one.bound or is_most)
                and one.value >= 1
                and not _NOT_A_COUNT.search(self.low[: one.start])
            ):
                return int(one.value)
        return None

    @property
    def no_amount(self) -> str:
        """The words of a number that stands where items are counted and counts none: "-3", "minus three", "0"."""
        for one in self.quantities:
            sign = _MINUS.search(self.low[: one.start])
            is_wrong = sign is not None or one.value == 0 or one.value != int(one.value)
            if is_wrong and not (one.bound or one.is_percent) and _ITEMS.match(self.low[one.end :]):
                return self.low[sign.start() if sign else one.start : one.end]
        return ""

    def numbered(self, *nouns: str) -> list[int]:
        """Numbers behind a noun: ``batch 12``, ``runs 3 and 4``."""
        found = re.search(rf"\b(?:{'|'.join(nouns)})s? (?:no\.? |number |#)?(\d+(?:(?:, | and )\d+)*)", self.low)
        return [int(one) for one in re.findall(r"\d+", found.group(1))] if found else []

    @property
    def field(self) -> str:
        """The field that is named, by itself or through a label; else empty."""
        return self.first("FIELD") or str(self.said.parts.get("field", ""))

    @property
    def labels(self) -> list[Mention]:
        """The labels that are named, each place once: in the named field, else that of the card, else the first."""
        wanted = self.first("FIELD") or self.world.field_in_hand
        chosen: dict[int, Mention] = {}
        for one in self.named("LABEL"):
            if one.start not in chosen or one.field == wanted:
                chosen[one.start] = one
        return list(chosen.values())

    @property
    def refers_back(self) -> bool:
        """Whether it points at the items of the last result."""
        return phrases().search("those", self.low) is not None

    @property
    def has_list(self) -> bool:
        """Whether something was listed that "those" could mean."""
        last = self.world.last
        return last is not None and bool(last.items or last.shown)

    def fits(self, tool: str) -> bool:
        """Whether the tool can do anything with the items of the project."""
        spec = self.world.tools.get(tool)
        return spec is None or spec.is_for(self.world.schema.modality.content)

    def choices(self, tool: str, name: str) -> tuple[Any, ...]:
        """The values that an argument may take, where the tool lists them."""
        spec = self.world.tools.get(tool)
        part = spec.arguments.model_json_schema() if spec else {}
        found = part.get("properties", {}).get(name, {})
        return tuple(one for one in found.get("enum", ()) if one not in ("", None))
