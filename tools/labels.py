"""Labels and attributes: what an answer is made of, and how names become ids.

Ids never change; names are display. The models refuse unknown keys.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

AttributeKind = Literal["flag", "choice", "number", "text"]
NONE_OF_THESE = "none_of_these"
CANNOT_TELL = "cannot_tell"
LONGEST_NAME = 1000
RESERVED = {NONE_OF_THESE: "None of these", CANNOT_TELL: "Cannot tell"}

ID = re.compile(r"[a-z0-9][a-z0-9_]*\Z")


def slug(name: str) -> str:
    """Turn a display name into an id: lower case, runs of other characters to one underscore."""
    found = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return found or "label_" + "_".join(f"{ord(c):x}" for c in name[:8])


class Strict(BaseModel):
    """A frozen record that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)


class Label(Strict):
    """One label of a field. ``from_`` and ``to`` bind a relation label to span labels; empty means any."""

    id: str = Field(default="", description="Immutable id, lower_snake; made from the name where absent")
    name: str = Field(default="", description="Display name")
    description: str = Field(default="", description="When to use the label; models read it too")
    group: str = Field(default="", description="Heading under which the label is shown")
    hotkey: str = Field(default="", description="One digit or letter")
    color: str = Field(default="", description="#rrggbb")
    from_: tuple[str, ...] = Field(default=(), alias="from", description="Span labels a relation may start at")
    to: tuple[str, ...] = Field(default=(), description="Span labels a relation may end at")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        if isinstance(given, str):
            given = {"name": given}
        if not isinstance(given, (dict, Label)):
            raise ValueError(f"a label is a name, and {_misread(given)}; write it in quotes")
        return with_id(given)

    @model_validator(mode="after")
    def _check(self) -> Label:
        if not self.name:
            raise ValueError("a label needs a name or an id")
        refuse_long("label", self.name)
        if not ID.match(self.id):
            raise ValueError(f"label id {self.id!r} must be lower-case letters, digits and underscores")
        if self.color and not re.fullmatch(r"#[0-9a-fA-F]{6}", self.color):
            raise ValueError(f"colour {self.color!r} must look like #1d4ed8")
        if self.hotkey and not re.fullmatch(r"[0-9a-zA-Z]", self.hotkey):
            raise ValueError(f"hotkey {self.hotkey!r} must be one digit or letter")
        return self


class Attribute(Strict):
    """What is noted about a single region beside its label, such as whether the object is cut off by the edge."""

    id: str = Field(default="", description="Immutable id, lower_snake; made from the name where absent")
    name: str = Field(default="", description="Display name")
    kind: AttributeKind = Field(default="flag", description="flag, choice, number or text")
    options: tuple[str, ...] = Field(default=(), description="For choice: what can be chosen")
    labels: tuple[str, ...] = Field(default=(), description="Labels that have it; empty for all")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        return with_id({"name": given} if isinstance(given, str) else given)

    @model_validator(mode="after")
    def _check(self) -> Attribute:
        if not ID.match(self.id):
            raise ValueError(f"attribute id {self.id!r} must be lower-case letters, digits and underscores")
        if (self.kind == "choice") != bool(self.options):  # kinds: of attributes
            raise ValueError(f"attribute {self.id!r}: options belong to the kind choice, which needs some")
        return self


def _misread(given: Any) -> str:
    """What YAML made of a word that was meant as a name."""
    if isinstance(given, bool):
        return f"YAML reads {str(given).lower()} without quotes as a truth value"
    if isinstance(given, (int, float)):
        return f"{str(given)[:40]} without quotes is a number"
    if given is None:
        return "an empty place or null is none"
    return f"this is a {type(given).__name__}"


def refuse_long(what: str, name: str) -> None:
    """``ValueError`` for a name that no page could show."""
    if len(name) > LONGEST_NAME:
        raise ValueError(f"the name of a {what} has up to {LONGEST_NAME} characters, got {len(name):,}")


def with_id(given: Any) -> Any:
    """The mapping with an id made from the name, or a name made from the id."""
    if not isinstance(given, dict):
        return given
    name, own_id = str(given.get("name") or ""), str(given.get("id") or "")
    return {**given, "id": own_id or slug(name), "name": name or own_id.replace("_", " ").capitalize()}
