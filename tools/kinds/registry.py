"""Which kinds of answer there are, by their names in schemas and by the keys of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.kinds.asked import Asked
from tools.kinds.boxes import Boxes
from tools.kinds.choice import Choice, MultiChoice
from tools.kinds.contract import Kind
from tools.kinds.drawn import Drawn
from tools.kinds.free_text import FreeText
from tools.kinds.keypoints import Keypoints
from tools.kinds.masks import Masks
from tools.kinds.polygons import Polygons
from tools.kinds.ranking import Ranking
from tools.kinds.rating import Rating
from tools.kinds.relations import Relations
from tools.kinds.segments import Segments
from tools.kinds.spans import Spans

ALL: tuple[Kind, ...] = (
    Choice(),
    MultiChoice(),
    Spans(),
    Relations(),
    Rating(),
    FreeText(),
    Boxes(),
    Polygons(),
    Masks(),
    Keypoints(),
    Segments(),
    Ranking(),
)
KINDS: Mapping[str, Kind] = {one.name: one for one in ALL}
"""Every kind by its name."""

DRAWN = tuple(one for one in ALL if isinstance(one, Drawn))
"""The kinds whose answers are regions of an image."""

_BY_KEY = {one.key: one for one in ALL}
_OPTIONAL = frozenset[str]().union(*(one.options for one in ALL))


def kind_of_value(value: Mapping[str, Any] | None) -> Kind | None:
    """The kind whose key a stored value has; ``None`` for no value and for a key that no kind has."""
    return next((_BY_KEY[key] for key in value if key in _BY_KEY), None) if value else None


def refuse_misplaced(field: Asked) -> None:
    """``ValueError`` where a field has what belongs to fields of other kinds."""
    for option in sorted(_OPTIONAL - KINDS[field.kind].options):
        if getattr(field, option):
            having = ", ".join(one.name for one in ALL if option in one.options)
            raise ValueError(f"field {field.id!r}: {option!r} belongs to {having}")
