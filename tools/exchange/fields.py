"""From the words of a file to fields, label ids and values of the schema; what does not fit gets a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.errors import FormatRefused, InputError, ValueRefused
from tools.exchange.regions import take_regions
from tools.exchange.rows import EVERY_FIELD, Claim, Shape
from tools.kinds.taking import LabelNames, Taken, distinct, excerpt, plain_name, short_reason
from tools.schema import IMAGE_KINDS, FieldSpec, LabelSchema
from tools.values import check_value

# The kinds of field that hold what a file says, the best first; later ones only where the schema has no earlier one.
_HOLDING: dict[Shape, tuple[tuple[str, ...], ...]] = {
    "labels": (("choice", "multi_choice"), ("rating", "text")),
    "spans": (("spans",),),
    "relations": (("relations",),),
    "rating": (("rating",), ("choice", "multi_choice", "text")),
    "text": (("text",), ("choice", "multi_choice")),
    "boxes": (("boxes",),),
    # A box says too little to be an outline; an outline says where its box is.
    "polygons": (("polygons",), ("masks",), ("boxes",)),
    "masks": (("masks",), ("polygons",), ("boxes",)),
    "keypoints": (("keypoints",),),
    "objects": (IMAGE_KINDS,),
}


class FieldFinder:
    """Which field a file means by its own name for a question; asked once per name and shape."""

    def __init__(self, schema: LabelSchema, label_columns: Sequence[tuple[str, str]]) -> None:
        self._schema = schema
        self._mapped = {column.casefold(): schema.field(name) for column, name in label_columns}
        self._found: dict[tuple[str, Shape], FieldSpec | str] = {}

    @property
    def mapped(self) -> dict[str, FieldSpec]:
        """The columns a person mapped, in lower case."""
        return self._mapped

    def find(self, source: str, shape: Shape) -> FieldSpec | str:
        """The field, or the reason why there is none; :class:`FormatRefused` where a person has to choose."""
        known = self._found.get((source, shape))
        if known is None:
            known = self._found[source, shape] = self._search(source, shape)
        return known

    def all(self, claim: Claim) -> Sequence[FieldSpec | str]:
        """The fields a claim is about: all of them for an event about the whole item."""
        if claim.source == EVERY_FIELD:
            return self._schema.fields
        if claim.content is None:
            # An event has no shape of its own, so the name alone decides where it is known.
            named = self._mapped.get(claim.source.casefold()) or self.named(claim.source)
            if named is not None:
                return [named]
        return [self.find(claim.source, claim.shape)]

    def _search(self, source: str, shape: Shape) -> FieldSpec | str:
        mapped = self._mapped.get(source.casefold())
        named = mapped or self.named(source)
        if named is not None and any(named.kind in kinds for kinds in _HOLDING[shape]):
            return named
        if mapped is not None:
            return f"field {mapped.id!r} is of kind {mapped.kind} and {source!r} holds {shape}"
        for kinds in _HOLDING[shape]:
            fitting = [one for one in self._schema.fields if one.kind in kinds]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                raise FormatRefused(
                    f"{source!r} of the file could be {' or '.join(repr(one.id) for one in fitting)}: "
                    f"say which, as {source}={fitting[0].id}."
                )
        return f"the schema has no field for the {shape} in {source!r}"

    def named(self, source: str) -> FieldSpec | None:
        """The field with this id or display name."""
        wanted = source.strip().casefold()
        return next((one for one in self._schema.fields if wanted in (one.id, one.name.casefold())), None)


class ValueTaker:
    """Turns claims into values of one schema."""

    def __init__(self, schema: LabelSchema) -> None:
        self._names = {spec.id: LabelNames(spec) for spec in schema.fields}

    def names(self, spec: FieldSpec) -> LabelNames:
        """The label look-up of a field."""
        return self._names[spec.id]

    def take(
        self,
        spec: FieldSpec,
        claim: Claim,
        text: str | None,
        spans: Sequence[Mapping[str, Any]],
        size: tuple[int, int] | None = None,
    ) -> Taken:
        """The value that ``claim`` makes for ``spec``; ``spans`` are what its relations may join.

        ``size`` is width and height of an image, in pixels.
        """
        try:
            if spec.kind in IMAGE_KINDS:
                return take_regions(spec, self._names[spec.id], _regions(spec, claim.content), size)
            if spec.kind in ("choice", "multi_choice"):
                return self._labels(spec, _as_list(claim.content))
            if spec.kind == "spans":
                return self._spans(spec, _regions(spec, claim.content), text)
            if spec.kind == "relations":
                return self._relations(spec, _regions(spec, claim.content), spans)
            return Taken(check_value(spec, _scalar(spec, claim.content), text))
        except ValueRefused as refused:
            return Taken(None, [(short_reason(refused), excerpt(claim.content))])

    def _labels(self, spec: FieldSpec, names: Sequence[Any]) -> Taken:
        taken = Taken()
        known: list[str] = []
        for name in names:
            found = self._names[spec.id].find(name)
            if found is None:
                taken.problems.append((self._names[spec.id].unknown(name), excerpt(names)))
            elif found not in known:
                known.append(found)
        if spec.kind == "multi_choice":
            # No label at all is an answer only if the file gave none, not if none was understood.
            if known or not taken.problems:
                taken.value = check_value(spec, {"labels": known})
        elif len(known) == 1:
            taken.value = check_value(spec, {"label": known[0]})
        elif not taken.problems:
            many = f"has {len(known)} labels where {spec.id!r} takes one" if known else "nothing was chosen"
            taken.problems.append((many, excerpt(names)))
        return taken

    def _spans(self, spec: FieldSpec, spans: Sequence[Mapping[str, Any]], text: str | None) -> Taken:
        try:
            return Taken(check_value(spec, {"spans": [self._named_region(spec, span) for span in spans]}, text))
        except ValueRefused:
            return self._spans_one_by_one(spec, spans, text)

    def _spans_one_by_one(self, spec: FieldSpec, spans: Sequence[Mapping[str, Any]], text: str | None) -> Taken:
        """The slow way, to name the spans that do not fit and keep the others."""
        taken = Taken()
        kept: list[dict[str, Any]] = []
        for span in spans:
            try:
                one = check_value(spec, {"spans": [self._named_region(spec, span)]}, text)["spans"][0]
                one = distinct(one, kept)
                if not spec.overlap:
                    check_value(spec, {"spans": [*kept, one]}, text)
                kept.append(one)
            except ValueRefused as refused:
                taken.problems.append((short_reason(refused), excerpt(span)))
        if kept or not taken.problems:
            taken.value = check_value(spec, {"spans": kept}, text)
        return taken

    def _relations(
        self, spec: FieldSpec, relations: Sequence[Mapping[str, Any]], spans: Sequence[Mapping[str, Any]]
    ) -> Taken:
        taken = Taken()
        kept: list[dict[str, Any]] = []
        for relation in relations:
            try:
                one = check_value(spec, {"relations": [self._named_region(spec, relation)]}, None, spans)
                kept.append(distinct(one["relations"][0], kept))
            except ValueRefused as refused:
                taken.problems.append((short_reason(refused), excerpt(relation)))
        if kept or not taken.problems:
            taken.value = check_value(spec, {"relations": kept}, None, spans)
        return taken

    def _named_region(self, spec: FieldSpec, region: Mapping[str, Any]) -> dict[str, Any]:
        found = self._names[spec.id].find(region.get("label"))
        if found is None:
            raise ValueRefused(self._names[spec.id].unknown(region.get("label")))
        return {**region, "label": found}


NO_LABELS = "none"
"""What stands for the columns of labels where no labels are to be taken."""


def require_annotator(name: str, where: str) -> str:
    """``name``, or the sentence that asks for one: a label without an author cannot be stored."""
    if not name.strip():
        raise InputError(
            f"{where} has labels and does not say who gave them. Name the person (annotator=NAME, in a terminal "
            f"--annotator NAME), or take the items without their labels (labels={NO_LABELS}, --labels {NO_LABELS})."
        )
    return name.strip()


def _as_list(content: Any) -> Sequence[Any]:
    return content if isinstance(content, (list, tuple)) else [content]


def _regions(spec: FieldSpec, content: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(content, (list, tuple)) or not all(isinstance(one, Mapping) for one in content):
        raise ValueRefused(f"{spec.id!r} takes a list of regions")
    return content


def _scalar(spec: FieldSpec, content: Any) -> dict[str, Any]:
    """The JSON form of a rating or a text that came as a plain scalar, or as a list of one."""
    if isinstance(content, (list, tuple)):
        if len(content) != 1:
            raise ValueRefused(f"has {len(content)} values where {spec.id!r} takes one")
        content = content[0]
    if spec.kind == "text":
        return {"text": content if isinstance(content, str) else plain_name(content)}
    return {"rating": _whole(content)}


def _whole(content: Any) -> Any:
    """A whole number written as text or as a float; anything else as it came, for the check to refuse."""
    try:
        number = float(content)
    except (TypeError, ValueError):
        return content
    return int(number) if number.is_integer() and not isinstance(content, bool) else content
