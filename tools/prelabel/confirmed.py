"""What a language model may be shown of people's answers, and what it is compared with."""

from __future__ import annotations

import numpy as np

from tools.backends.contract import Example
from tools.backends.learning.material import make_examples, make_inputs
from tools.backends.registry import NoPaidCalls
from tools.content import words_of
from tools.context import LabelTable, ToolContext
from tools.prelabel.injection import injection_score
from tools.prelabel.spans import joined_spans
from tools.schema import FieldSpec


class KnownReplies(NoPaidCalls):
    """The replies that reached the project, to be read again; nothing may be asked."""

    def __init__(self, ctx: ToolContext) -> None:
        """Keep the context."""
        self._ctx = ctx

    def known(self, key: str) -> str | None:
        """The raw reply of any run."""
        return self._ctx.known_reply(key)


def confirmed_examples(field: FieldSpec, table: LabelTable, ctx: ToolContext) -> list[Example]:
    """Confirmed answers without those that must not be shown as examples and calibrate nothing either.

    Left out are gold, on which prompts are scored, and texts that speak to the labeller.
    """
    contents = ctx.items.contents(table.item_ids.tolist())
    gold = set(ctx.labels.gold(field.id).item_ids.tolist())
    kept = [
        row
        for row, (item, content) in enumerate(zip(table.item_ids.tolist(), contents, strict=True))
        if table.calibrates[row] or (item not in gold and not injection_score(words_of(content)).is_suspicious)
    ]
    ids = table.item_ids[np.array(kept, dtype=np.int64)]
    spans = joined_spans(field, ids, ctx)
    inputs = make_inputs(ids, [contents[row] for row in kept], spans=spans)
    return make_examples(inputs, [table.values[row] for row in kept], table.calibrates[kept].tolist())
