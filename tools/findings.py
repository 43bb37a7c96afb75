"""What a check found: that an answer, a suggestion or an item should be looked at. It says so and changes nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tools.errors import InputError
from tools.records import JsonValue, RunIdentity

Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[str, ...] = Severity.__args__  # type: ignore[attr-defined]
"""From what may be looked at when there is time to what should be looked at now."""

SEVERITY_WORDS = {"low": "minor", "medium": "worth a look", "high": "serious"}
About = Literal["answer", "item"]
_KIND = re.compile(r"[a-z][a-z_]{1,39}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should look at, of one field of one item.

    ``kind`` is the name of what is checked for, as ``odd_length``. ``sentence`` is the reason in words, without the
    item's text. ``region`` is the id of a region of the answer, ``person`` whose answer it is about, both empty where
    it is about neither. ``value`` is the answer that is likely right, ``proposal_id`` the suggestion that holds it.
    ``score`` in 0..1 is how sure the check is.

    ``about`` says what the finding gives away: an ``answer`` of somebody (or a suggestion), which whoever has not
    decided the item must not know, or the ``item`` alone, which everybody may read. It is open until somebody decides
    on that field of the item, or dismisses it.
    """

    kind: str
    item_id: int
    field: str
    sentence: str
    severity: Severity = "medium"
    about: About = "answer"
    score: float | None = None
    region: str = ""
    person: str = ""
    value: Mapping[str, JsonValue] | None = None
    proposal_id: int | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be asked for, ordered or told."""
        if not _KIND.fullmatch(self.kind):
            raise InputError(f"The kind of a finding is a short name such as odd_length, got {self.kind!r}.")
        if self.severity not in SEVERITIES:
            raise InputError(f"A finding is {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}, not {self.severity!r}.")
        if not self.sentence.strip():
            raise InputError(f"A finding gives its reason in a sentence; this one of item #{self.item_id} gives none.")
        if self.score is not None and not (math.isfinite(self.score) and 0 <= self.score <= 1):
            raise InputError(f"The score of a finding lies between 0 and 1, got {self.score}.")
        if self.about == "item" and (self.person or self.region or self.value or self.proposal_id is not None):
            raise InputError("A finding about an item alone names no person, no region and no answer.")


@dataclass(frozen=True)
class FindingBatch:
    """Everything that one run of a check found; ``identity`` says what was run. ``field`` is what it was about."""

    identity: RunIdentity
    field: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as it is stored."""

    finding_id: int
    run_id: int
    finding: Finding
    state: Literal["open", "decided", "dismissed", "withdrawn"]
