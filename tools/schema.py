"""Label schemas: what is asked about an item, read from YAML with errors that name the line.

Label and field ids never change; names are display. The models refuse unknown keys, and
:func:`json_schema` gives the JSON Schema that editors use.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tools.errors import InputError, NotFound, SchemaRefused
from tools.schema_yaml import load_yaml

FieldKind = Literal[
    "choice", "multi_choice", "spans", "relations", "rating", "text", "boxes", "polygons", "masks", "keypoints"
]
IMAGE_KINDS = ("boxes", "polygons", "masks", "keypoints")
"""Kinds of fields that are answered with regions of an image."""

TEXT_KINDS = ("spans", "relations")
"""Kinds of fields that are answered with regions of a text."""

AttributeKind = Literal["flag", "choice", "number", "text"]
NONE_OF_THESE = "none_of_these"
CANNOT_TELL = "cannot_tell"
LONGEST_NAME = 1000
_WIDEST_RATING = 1_000_000
RESERVED = {NONE_OF_THESE: "None of these", CANNOT_TELL: "Cannot tell"}

_ID = re.compile(r"[a-z0-9][a-z0-9_]*\Z")
_COLOURS = ("#1d4ed8", "#b45309", "#047857", "#be123c", "#6d28d9", "#0e7490", "#a16207", "#4d7c0f", "#9d174d")


def slug(name: str) -> str:
    """Turn a display name into an id: lower case, runs of other characters to one underscore."""
    found = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return found or "label_" + "_".join(f"{ord(c):x}" for c in name[:8])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, populate_by_name=True)


class Label(_Strict):
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
        return _with_id(given)

    @model_validator(mode="after")
    def _check(self) -> Label:
        if not self.name:
            raise ValueError("a label needs a name or an id")
        _refuse_long("label", self.name)
        if not _ID.match(self.id):
            raise ValueError(f"label id {self.id!r} must be lower-case letters, digits and underscores")
        if self.color and not re.fullmatch(r"#[0-9a-fA-F]{6}", self.color):
            raise ValueError(f"colour {self.color!r} must look like #1d4ed8")
        if self.hotkey and not re.fullmatch(r"[0-9a-zA-Z]", self.hotkey):
            raise ValueError(f"hotkey {self.hotkey!r} must be one digit or letter")
        return self


class Attribute(_Strict):
    """What is noted about a single region beside its label, such as whether the object is cut off by the edge."""

    id: str = Field(default="", description="Immutable id, lower_snake; made from the name where absent")
    name: str = Field(default="", description="Display name")
    kind: AttributeKind = Field(default="flag", description="flag, choice, number or text")
    options: tuple[str, ...] = Field(default=(), description="For choice: what can be chosen")
    labels: tuple[str, ...] = Field(default=(), description="Labels that have it; empty for all")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        return _with_id({"name": given} if isinstance(given, str) else given)

    @model_validator(mode="after")
    def _check(self) -> Attribute:
        if not _ID.match(self.id):
            raise ValueError(f"attribute id {self.id!r} must be lower-case letters, digits and underscores")
        if (self.kind == "choice") != bool(self.options):
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


def _refuse_long(what: str, name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise ValueError(f"the name of a {what} has up to {LONGEST_NAME} characters, got {len(name):,}")


def _with_id(given: Any) -> Any:
    """The mapping with an id made from the name, or a name made from the id."""
    if not isinstance(given, dict):
        return given
    name, own_id = str(given.get("name") or ""), str(given.get("id") or "")
    return {**given, "id": own_id or slug(name), "name": name or own_id.replace("_", " ").capitalize()}


class FieldSpec(_Strict):
    """One question about an item."""

    id: str = Field(default="", description="Immutable id, lower_snake; made from the name where absent")
    name: str = Field(default="", description="Display name")
    kind: FieldKind = Field(description="What an answer is")
    question: str = Field(default="", description="What the card asks")
    guideline: str = Field(default="", description="Markdown shown beside the labels")
    required: bool = Field(default=True, description="Whether an item is done only with an answer to this field")
    labels: tuple[Label, ...] = Field(default=(), description="For choices, spans, relations and regions of images")
    none_of_these: bool = Field(default=False, description="Offer 'none of these'")
    cannot_tell: bool = Field(default=False, description="Offer 'cannot tell'")
    overlap: bool = Field(default=True, description="Whether spans may overlap")
    over: str = Field(default="", description="For relations: the span field whose regions are joined")
    min: int = Field(default=1, description="Lowest rating")
    max: int = Field(default=5, description="Highest rating")
    rotated: bool = Field(default=False, description="For boxes: whether they may be turned")
    attributes: tuple[Attribute, ...] = Field(default=(), description="What is noted about each region of an image")
    points: tuple[str, ...] = Field(default=(), description="For keypoints: the points of an object; empty for one")
    skeleton: tuple[tuple[str, str], ...] = Field(default=(), description="For keypoints: pairs of points to join")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        return _with_id(given)

    @model_validator(mode="after")
    def _check(self) -> FieldSpec:
        if not _ID.match(self.id):
            raise ValueError(f"field id {self.id!r} must be lower-case letters, digits and underscores")
        _refuse_long("field", self.name)
        if max(abs(self.min), abs(self.max)) > _WIDEST_RATING:
            raise ValueError(f"a rating goes from -{_WIDEST_RATING:,} to {_WIDEST_RATING:,} at most")
        needs = self.kind in ("choice", "multi_choice", *TEXT_KINDS, *IMAGE_KINDS)
        if needs and not self.labels:
            raise ValueError(f"field {self.id!r} of kind {self.kind} needs labels")
        if not needs and self.labels:
            raise ValueError(f"field {self.id!r} of kind {self.kind} takes no labels")
        if self.kind == "relations" and not self.over:
            raise ValueError(f"field {self.id!r} needs 'over': the span field whose regions it joins")
        if self.kind == "rating" and self.min >= self.max:
            raise ValueError(f"field {self.id!r}: min must be below max")
        if (self.none_of_these or self.cannot_tell) and self.kind not in ("choice", "multi_choice"):
            raise ValueError(f"field {self.id!r}: 'none of these' and 'cannot tell' belong to choice fields")
        _refuse_twins(self)
        _check_image_field(self)
        return self

    @property
    def is_image_region(self) -> bool:
        """Whether an answer is made of regions of an image."""
        return self.kind in IMAGE_KINDS

    def attribute(self, attribute_id: str) -> Attribute | None:
        """The attribute with this id, ``None`` where the field has none of that name."""
        return next((one for one in self.attributes if one.id == attribute_id), None)

    def label(self, label_id: str) -> Label:
        """The label with this id, the two reserved ones included where they are offered."""
        if label_id in self._places:
            return self.answers[self._places[label_id]]
        raise NotFound(f"Field {self.id!r} has no label {label_id!r}; it has {', '.join(self.label_ids)}.")

    # Asked for with every card and every label of it; a field may have thousands.
    @cached_property
    def answers(self) -> tuple[Label, ...]:
        """The labels and, where offered, 'none of these' and 'cannot tell' at the end."""
        offered = ((NONE_OF_THESE, self.none_of_these), (CANNOT_TELL, self.cannot_tell))
        return self.labels + tuple(Label(id=i, name=RESERVED[i], color="#57534e") for i, on in offered if on)

    @cached_property
    def label_ids(self) -> tuple[str, ...]:
        """Ids of :attr:`answers`, in order."""
        return tuple(label.id for label in self.answers)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {label_id: at for at, label_id in enumerate(self.label_ids)}

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy, in which nothing worked out from the labels of before is left."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("answers", "label_ids", "_places"):
            copied.__dict__.pop(name, None)
        return copied

    def color_of(self, label_id: str) -> str:
        """The label's own colour, else one from a fixed palette by position."""
        at = self._places.get(label_id, 0)
        return self.answers[at].color or _COLOURS[at % len(_COLOURS)]


def _refuse_twins(spec: FieldSpec) -> None:
    for what, found in (
        ("id", [label.id for label in spec.labels]),
        ("name", [label.name.casefold() for label in spec.labels]),
        ("hotkey", [label.hotkey.casefold() for label in spec.labels if label.hotkey]),
    ):
        twins = {one for one, times in Counter(found).items() if times > 1}
        if twins:
            raise ValueError(f"field {spec.id!r} has two labels with the {what} {sorted(twins)[0]!r}")
    for reserved in RESERVED:
        if any(label.id == reserved for label in spec.labels):
            raise ValueError(f"{reserved!r} is reserved: write '{reserved}: true' on field {spec.id!r} instead")


def _check_image_field(spec: FieldSpec) -> None:
    """What only some kinds of image fields have, and references between its parts."""
    if spec.rotated and spec.kind != "boxes":
        raise ValueError(f"field {spec.id!r}: 'rotated' belongs to boxes")
    if spec.attributes and not spec.is_image_region:
        raise ValueError(f"field {spec.id!r}: attributes belong to regions of images")
    if (spec.points or spec.skeleton) and spec.kind != "keypoints":
        raise ValueError(f"field {spec.id!r}: 'points' and 'skeleton' belong to keypoints")
    if len(set(spec.points)) != len(spec.points):
        raise ValueError(f"field {spec.id!r} has two points of the same name")
    points = set(spec.points)
    for point in (one for pair in spec.skeleton for one in pair):
        if point not in points:
            raise ValueError(f"field {spec.id!r}: the skeleton names {point!r}, which is none of its points")
    _check_attributes(spec)


def _check_attributes(spec: FieldSpec) -> None:
    times, labels = Counter(one.id for one in spec.attributes), {one.id for one in spec.labels}
    for attribute in spec.attributes:
        if times[attribute.id] > 1:
            raise ValueError(f"field {spec.id!r} has two attributes with the id {attribute.id!r}")
        for label in attribute.labels:
            if label not in labels:
                raise ValueError(f"attribute {attribute.id!r} names {label!r}, which is no label of {spec.id!r}")


class LabelSchema(_Strict):
    """Everything that is asked about the items of a project."""

    name: str = Field(description="Name of the schema")
    item: Literal["text", "pair", "conversation", "image"] = Field(default="text", description="What an item is")
    guideline: str = Field(default="", description="Markdown for the whole project")
    fields: tuple[FieldSpec, ...] = Field(description="The questions, in the order in which they are asked")

    @model_validator(mode="after")
    def _check(self) -> LabelSchema:
        if not self.fields:
            raise ValueError("a schema needs at least one field")
        ids = [field.id for field in self.fields]
        for twin in {one for one, times in Counter(ids).items() if times > 1}:
            raise ValueError(f"two fields have the id {twin!r}")
        for field in self.fields:
            if field.kind == "relations":
                self._check_relations(field)
            if (field.kind in TEXT_KINDS) if self.item == "image" else field.is_image_region:
                raise ValueError(f"field {field.id!r}: {field.kind} cannot be marked on items of the kind {self.item}")
        return self

    def _check_relations(self, field: FieldSpec) -> None:
        over = next((other for other in self.fields if other.id == field.over), None)
        if over is None or over.kind != "spans":
            raise ValueError(f"field {field.id!r}: 'over' must name a span field, got {field.over!r}")
        known = {label.id for label in over.labels}
        for label in field.labels:
            for end in (*label.from_, *label.to):
                if end not in known:
                    raise ValueError(f"relation {label.id!r} names {end!r}, which is no label of {over.id!r}")

    def field(self, field_id: str) -> FieldSpec:
        """The field with this id or display name (case does not matter)."""
        wanted = field_id.strip().casefold()
        for field in self.fields:
            if wanted in (field.id, field.name.casefold()):
                return field
        raise NotFound(f"There is no field {field_id!r}; the schema has {', '.join(f.id for f in self.fields)}.")

    def main_field(self) -> FieldSpec:
        """The field meant when nobody names one: the first."""
        return self.fields[0]


def read_schema(source: str) -> LabelSchema:
    """Read a schema from YAML text; :class:`SchemaRefused` names the line."""
    node, given = load_yaml(source)
    if not isinstance(given, dict):
        raise SchemaRefused("a schema is a mapping with 'name' and 'fields'.", 1)
    try:
        return LabelSchema.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise SchemaRefused(_sentence(first), _line_of(node, first["loc"])) from None


QUESTIONS = {
    "choice": "Which label fits?",
    "multi_choice": "Which labels fit?",
    "boxes": "Where are the objects?",
    "polygons": "What are the outlines of the objects?",
    "masks": "Which pixels belong to the objects?",
    "keypoints": "Where are the points?",
}
"""What a field is asked as where only its kind and labels were given."""


def schema_from_labels(labels: list[str], name: str = "Labels", multi: bool = False, images: str = "") -> LabelSchema:
    """A schema with one field, from plain label names: a choice about texts, or ``images`` as the kind of answer."""
    kind = images or ("multi_choice" if multi else "choice")
    if kind not in QUESTIONS:
        raise InputError(f"Images are answered with one of {', '.join(QUESTIONS)}; got {images!r}.")
    if kind not in IMAGE_KINDS and len(labels) < 2:
        raise InputError("A choice needs at least two labels.")
    field_id = kind if kind in IMAGE_KINDS else "label"
    field = {"id": field_id, "kind": kind, "labels": list(labels), "question": QUESTIONS[kind]}
    item = "image" if images else "text"
    try:
        return LabelSchema.model_validate({"name": name, "item": item, "fields": [field]})
    except ValidationError as error:
        raise SchemaRefused(_sentence(error.errors()[0])) from None


def dump_schema(schema: LabelSchema) -> str:
    """YAML text that :func:`read_schema` reads back to the same schema."""
    plain = schema.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.dump(plain, Dumper=_ReadableDumper, sort_keys=False, allow_unicode=True, width=110)


class _ReadableDumper(yaml.SafeDumper):
    """Texts of several lines as blocks, as a person would write them."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ReadableDumper.add_representer(str, _text_node)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a schema file."""
    return LabelSchema.model_json_schema(by_alias=True)


def _sentence(problem: Any) -> str:
    text = str(problem["msg"]).removeprefix("Value error, ")
    where = ".".join(str(part) for part in problem["loc"] if part != "function-before")
    if problem["type"] == "extra_forbidden":
        return f"{where!r} is not a known key here."
    if problem["type"] == "missing":
        return f"{where!r} is missing."
    return f"{text}." if problem["type"] == "value_error" else f"{where}: {text}."


def _line_of(node: yaml.Node | None, path: tuple[int | str, ...]) -> int | None:
    """1-based line of the deepest node that the path reaches."""
    line = node.start_mark.line + 1 if node is not None else None
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
