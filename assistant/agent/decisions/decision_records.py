"""What the grammar of decision words reads from and what it says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from tools.kinds.asked import Subject
from tools.records import JsonValue, Verdict
from tools.schema import FieldSpec


@dataclass(frozen=True, slots=True)
class CardInHand:
    """What the person has in front of them.

    ``suggestion`` is what the card shows, ``None`` on a blind item. ``keys`` maps a painted key to a label id.
    ``elsewhere`` maps names of labels of the other fields to the names of these fields. ``standing`` is the person's
    own answer where they decided already. ``about`` is the item.
    """

    exposure_id: int
    field: FieldSpec
    suggestion: Mapping[str, JsonValue] | None = None
    keys: Mapping[str, str] = dataclasses.field(default_factory=dict)
    elsewhere: Mapping[str, str] = dataclasses.field(default_factory=dict)
    standing: Mapping[str, JsonValue] | None = None
    about: Subject = dataclasses.field(default_factory=Subject)

    @property
    def shown(self) -> Mapping[str, JsonValue] | None:
        """The answer that the card starts from: the person's own, else the suggestion."""
        return self.suggestion if self.standing is None else self.standing


@dataclass(frozen=True, slots=True)
class OneDecision:
    """A decision on the item in hand, carried out like its key. ``regions`` are verdicts on single regions by id."""

    verdict: Verdict
    value: Mapping[str, JsonValue] | None = None
    reason: str = ""
    regions: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UndoLast:
    """The person takes back what was done last; ``is_decision`` where they named a decision, which is no batch then."""

    is_decision: bool = False


@dataclass(frozen=True, slots=True)
class BulkWords:
    """A decision over several items; it becomes a card that lists exactly these.

    ``places`` and ``but_places`` are positions in the list shown last, from 1; ``names`` and ``but_names`` name items.
    ``is_all`` means everything that the label and the scores leave, ``those`` the list shown last; ``first`` cuts it.
    ``label`` and ``but_label`` are label ids of ``field``.
    """

    is_all: bool = False
    those: bool = False
    first: int | None = None
    places: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    but_places: tuple[int, ...] = ()
    but_names: tuple[str, ...] = ()
    field: str = ""
    label: str = ""
    but_label: str = ""
    score_min: float | None = None
    score_max: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """The words are a decision, but which one is open; the options are sentences that the grammar reads."""

    text: str
    options: tuple[str, ...] = ()


Decision = OneDecision | UndoLast | BulkWords | Question
