"""From the words of a file to fields, label ids and values of the schema; what does not fit gets a reason."""

from __future__ import annotations

from collections.abc import Sequence

from tools.errors import FormatRefused, InputError, ValueRefused
from tools.exchange.rows import EVERY_FIELD, Claim, Shape
from tools.kinds.asked import Subject
from tools.kinds.taking import LabelNames, Taken, excerpt, short_reason
from tools.schema import FieldSpec, LabelSchema


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
        if named is not None and named.record.holding(shape) is not None:
            return named
        if mapped is not None:
            return f"field {mapped.id!r} is of kind {mapped.kind} and {source!r} holds {shape}"
        fitting = self._best(shape)
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise FormatRefused(
                f"{source!r} of the file could be {' or '.join(repr(one.id) for one in fitting)}: "
                f"say which, as {source}={fitting[0].id}."
            )
        return f"the schema has no field for the {shape} in {source!r}"

    def _best(self, shape: Shape) -> list[FieldSpec]:
        """The fields that hold best what a file tells so."""
        ranks = {one.id: rank for one in self._schema.fields if (rank := one.record.holding(shape)) is not None}
        return [one for one in self._schema.fields if one.id in ranks and ranks[one.id] == min(ranks.values())]

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
        about: Subject,
    ) -> Taken:
        """The value that ``claim`` makes for ``spec``."""
        try:
            return spec.record.take(spec, self._names[spec.id], claim.content, about)
        except ValueRefused as refused:
            return Taken(None, [(short_reason(refused), excerpt(claim.content))])


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
