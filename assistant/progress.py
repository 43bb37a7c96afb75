"""How far a question and a whole project are: what header, tabs, cards, chat and terminal mean by done and left.

An item is *done* in a field once as many people as the setting ``overlap`` asks for have given it a value, whether or
not they agree: nobody is asked about it again. Skips, rejections and flags are no values. What is not done is *left*.
Over all, the fields that must be answered are added up; where none must be, all of them.

The column ``done`` of the query ``progress`` and the counts of the queues say the same; the tests compare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.store.project import ProjectStore
from tools.records import Actor
from tools.schema import FieldSpec, LabelSchema


@dataclass(frozen=True, slots=True)
class Progress:
    """So many of all items are done."""

    done: int
    total: int

    @property
    def left(self) -> int:
        """How many are not done."""
        return self.total - self.done

    def record(self) -> dict[str, int]:
        """As the page reads it."""
        return {"done": self.done, "left": self.left, "total": self.total}


def by_field(store: ProjectStore, actor: Actor) -> dict[str, Progress]:
    """The progress of every field of the schema, begun or not."""
    rows = store.ask("progress", {"overlap": int(store.settings.get("overlap"))}, actor).as_dicts()
    known = {str(row["field"]): Progress(int(row["done"]), int(row["items"])) for row in rows}
    nothing = Progress(0, store.items.count())
    return {field.id: known.get(field.id, nothing) for field in store.schema.fields}


def over_all(schema: LabelSchema, found: Mapping[str, Progress]) -> Progress:
    """All fields that count, added up."""
    counted = [found[field.id] for field in counting(schema)]
    return Progress(sum(one.done for one in counted), sum(one.total for one in counted))


def counting(schema: LabelSchema) -> tuple[FieldSpec, ...]:
    """The fields that count over all."""
    return tuple(field for field in schema.fields if field.required) or tuple(schema.fields)


def progress_record(store: ProjectStore, actor: Actor) -> dict[str, Any]:
    """Over all and by field, as the page reads it; ``counts`` are the fields that are added up."""
    found = by_field(store, actor)
    return {
        **over_all(store.schema, found).record(),
        "counts": [field.id for field in counting(store.schema)],
        "by_field": {name: one.record() for name, one in found.items()},
    }
