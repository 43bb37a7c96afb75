"""Label schemas: what is asked about an item, read from YAML with errors that name the line.

Label and field ids never change; names are display. The models refuse unknown keys, and
:func:`json_schema` gives the JSON Schema that editors use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from tools.errors import InputError, NotFound, SchemaRefused
from tools.kinds.contract import Kind
from tools.kinds.registry import KINDS, refuse_misplaced
from tools.labels import (
    CANNOT_TELL,
    ID,
    NONE_OF_THESE,
    RESERVED,
    Attribute,
    Label,
    Strict,
    refuse_long,
    with_id,
)
from tools.modalities.contract import Modality
from tools.modalities.registry import MODALITIES
from tools.schema_yaml import load_yaml

FieldKind = str
"""The name of a kind of answer, one of :data:`tools.kinds.registry.KINDS`."""

IMAGE_KINDS = tuple(one.name for one in KINDS.values() if one.marks == "image")
"""Kinds of fields that are answered with regions of an image."""

TEXT_KINDS = tuple(one.name for one in KINDS.values() if one.marks == "text")
"""Kinds of fields that are answered with regions of a text."""

_WIDEST_RATING = 1_000_000
_COLOURS = ("#1d4ed8", "#b45309", "#047857", "#be123c", "#6d28d9", "#0e7490", "#a16207", "#4d7c0f", "#9d174d")


class FieldSpec(Strict):
    """One question about an item."""

    id: str = Field(default="", description="Immutable id, lower_snake; made from the name where absent")
    name: str = Field(default="", description="Display name")
    kind: FieldKind = Field(description="What an answer is", json_schema_extra={"enum": list(KINDS)})
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
    ties: bool = Field(default=False, description="For rankings: whether answers may be equally good")
    attributes: tuple[Attribute, ...] = Field(default=(), description="What is noted about each region of an image")
    points: tuple[str, ...] = Field(default=(), description="For keypoints: the points of an object; empty for one")
    skeleton: tuple[tuple[str, str], ...] = Field(default=(), description="For keypoints: pairs of points to join")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        return with_id(given)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"a kind of answer is one of {', '.join(KINDS)}; got {kind!r}")
        return kind

    @model_validator(mode="after")
    def _check(self) -> FieldSpec:
        if not ID.match(self.id):
            raise ValueError(f"field id {self.id!r} must be lower-case letters, digits and underscores")
        refuse_long("field", self.name)
        if max(abs(self.min), abs(self.max)) > _WIDEST_RATING:
            raise ValueError(f"a rating goes from -{_WIDEST_RATING:,} to {_WIDEST_RATING:,} at most")
        if self.record.has_labels and self.record.needs_labels and not self.labels:
            raise ValueError(f"field {self.id!r} of kind {self.kind} needs labels")
        if not self.record.has_labels and self.labels:
            raise ValueError(f"field {self.id!r} of kind {self.kind} takes no labels")
        self.record.check_field(self)
        _refuse_twins(self)
        refuse_misplaced(self)
        return self

    @property
    def record(self) -> Kind:
        """What its kind of answer says about itself."""
        return KINDS[self.kind]

    @property
    def is_image_region(self) -> bool:
        """Whether an answer is made of regions of an image."""
        return self.record.marks == "image"

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


class LabelSchema(Strict):
    """Everything that is asked about the items of a project."""

    name: str = Field(description="Name of the schema")
    item: str = Field(default="text", description="What an item is", json_schema_extra={"enum": list(MODALITIES)})
    guideline: str = Field(default="", description="Markdown for the whole project")
    fields: tuple[FieldSpec, ...] = Field(description="The questions, in the order in which they are asked")

    @field_validator("item")
    @classmethod
    def _known(cls, item: str) -> str:
        if item not in MODALITIES:
            raise ValueError(f"an item is one of {', '.join(MODALITIES)}; got {item!r}")
        return item

    @model_validator(mode="after")
    def _check(self) -> LabelSchema:
        if not self.fields:
            raise ValueError("a schema needs at least one field")
        ids = [field.id for field in self.fields]
        for twin in {one for one, times in Counter(ids).items() if times > 1}:
            raise ValueError(f"two fields have the id {twin!r}")
        for field in self.fields:
            field.record.check_among(field, self.fields)
            if field.record.marks not in ("", self.modality.content):
                raise ValueError(f"field {field.id!r}: {field.kind} cannot be marked on items of the kind {self.item}")
            if field.record.of_parts and self.modality.told_in == "one":
                raise ValueError(f"field {field.id!r}: {field.kind} needs items of several texts, got {self.item}")
        return self

    @property
    def modality(self) -> Modality:
        """What its kind of item says about itself."""
        return MODALITIES[self.item]

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


QUESTIONS = {one.name: one.question for one in KINDS.values() if one.has_labels and one.marks in ("", "image")}
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
