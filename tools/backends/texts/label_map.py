"""Which of a field's labels a detector's own class names mean: by id, name, alias or a synonym in the description."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.errors import InputError
from tools.labels import Label, slug
from tools.schema import FieldSpec
from tools.sentences import count_of, listing

_SHOWN = 6


@dataclass(frozen=True)
class LabelMap:
    """``ids`` maps class numbers to label ids; ``unknown`` are labels of the field that no class means."""

    ids: Mapping[int, str]
    names: tuple[str, ...]
    unknown: tuple[str, ...]

    def words(self) -> str:
        """What the detector can and cannot find of the field, in sentences."""
        left = len(self.names) - len(self.ids)
        said = f"Of its {count_of(len(self.names), 'class', 'classes')} {len(self.ids)} are labels of the field"
        said += f"; boxes of the other {left} are left out." if left else "."
        if self.unknown:
            shown = list(self.unknown[:_SHOWN]) + (["others"] if len(self.unknown) > _SHOWN else [])
            said += f" It does not know {listing(shown)}."
        return said


def map_labels(field: FieldSpec, names: Sequence[str], aliases: Mapping[str, str], reference: str) -> LabelMap:
    """The map; one sentence where not a single class is a label of the field. ``aliases``: class name to other name."""
    meant = {word: label.id for label in field.labels for word in _synonyms(label)}
    meant |= {slug(label.name): label.id for label in field.labels} | {label.id: label.id for label in field.labels}
    ids: dict[int, str] = {}
    for number, name in enumerate(names):
        for way in (name, aliases.get(name, "")):
            if way and slug(way) in meant:
                ids[number] = meant[slug(way)]
                break
    if not ids:
        shown = ", ".join(names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")
        raise InputError(
            f"{reference} finds {shown}; none of these is a label of field {field.id!r}. Write the detector's word for "
            "it into the label's description, as in 'also: WORD'."
        )
    unknown = tuple(label.name for label in field.labels if label.id not in set(ids.values()))
    return LabelMap(ids, tuple(names), unknown)


def _synonyms(label: Label) -> list[str]:
    """Words after 'also:' in a description, separated by commas, up to the end of the sentence."""
    found = re.search(r"\balso:\s*([^.;\n]+)", label.description, re.IGNORECASE)
    return [slug(one) for one in found.group(1).split(",") if one.strip()] if found else []
