"""What is asked of a metric, after names were looked up and the asker's role was minded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.context import ToolContext
from tools.errors import InputError, NotAllowed
from tools.filters import ItemFilter
from tools.moments import read_moment
from tools.naming import field_named, label_named
from tools.schema import FieldSpec


@dataclass(frozen=True, slots=True)
class Question:
    """One field, and what narrows the numbers down. ``by`` splits them; empty means the metric's own way.

    ``sees_people`` is true for those who lead: others see themselves and everybody together, nobody else by name.
    ``target`` is the agreement or accuracy wanted, for metrics that aim at one; 0 where none was named.
    """

    field: FieldSpec
    label: str
    reviewer: str
    since: str
    by: str
    sees_people: bool
    target: float = 0.97
    until: str = ""

    @property
    def during(self) -> dict[str, str]:
        """The time that was asked for, as parameters of a query."""
        return {"since": self.since, "until": self.until}

    @property
    def has_time(self) -> bool:
        """Whether only a stretch of time is asked about."""
        return bool(self.since or self.until)

    @property
    def has_regions(self) -> bool:
        """Whether answers are made of regions that are equal or not, so that they are compared by strict F1."""
        return self.field.record.has_regions and not self.field.record.is_near

    @property
    def has_objects(self) -> bool:
        """Whether answers are made of regions that are near or not, so that objects are matched by IoU."""
        return self.field.record.has_regions and self.field.record.is_near

    def where(self, **more: Any) -> ItemFilter:
        """The filter that opens the items behind a number, with the person and time that were asked for."""
        told: Mapping[str, Any] = {"field": self.field.id, "reviewer": self.reviewer, **self.during, **more}
        return ItemFilter(**told)


def people_named(question: Question) -> set[str]:
    """The people that a question names, several separated by commas."""
    return {one.strip() for one in question.reviewer.split(",") if one.strip()}


def read_question(
    field: str, label: str, reviewer: str, since: str, by: str, ctx: ToolContext, until: str = ""
) -> Question:
    """Look names up and keep people's numbers to those who may see them."""
    leads = ctx.actor.may("lead")
    who = reviewer.strip()
    if who and not leads and who != ctx.actor.person:
        raise NotAllowed("Only a lead may ask about another person's work; ask about your own or about everybody's.")
    if by == "reviewer" and not leads:
        who = ctx.actor.person
    found = field_named(ctx.schema, field)
    start, end = read_moment(since), read_moment(until)
    if start and end and start >= end:
        raise InputError(f"The time asked for ends ({until}) before it begins ({since}); exchange the two.")
    return Question(found, label_named(found, label), who, start, by, leads, until=end)


def refuse_by(question: Question, metric: str, known: tuple[str, ...]) -> None:
    """Refuse a split that the metric does not have."""
    if question.by and question.by not in known:
        ways = f"by {', '.join(known)}" if known else "in no way"
        raise InputError(f"The metric {metric} can be split {ways}, not by {question.by}.")
