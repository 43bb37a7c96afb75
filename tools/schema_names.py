"""Names in a schema as sentences repeat them: one line of plain text, so that no name can forge or hide a sentence.

It is asked of what is made or changed, not of what is read: a project whose names are older still opens.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from tools.errors import SchemaRefused
from tools.schema import LabelSchema

_SEPARATORS = ("Cc", "Zl", "Zp")
# Signs that turn the direction of what follows; marks for a single word, as Hebrew and Arabic need, are none of them.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def refuse_forging_names(schema: LabelSchema, known: LabelSchema | None = None) -> None:
    """Raise :class:`SchemaRefused` at the first name, not yet in ``known``, that is no plain line."""
    before = {name for _, name in _names(known)} if known is not None else set()
    for what, name in _names(schema):
        sign = next((one for one in name if one in _TURNING or unicodedata.category(one) in _SEPARATORS), "")
        if sign and name not in before:
            shown = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in name)
            raise SchemaRefused(
                f"The name of a {what} is one line of plain text, but “{' '.join(shown.split())[:60]}” holds "
                f"{_said(sign)} (U+{ord(sign):04X}); write it without."
            )


def _said(sign: str) -> str:
    if sign in "\n\r\x0b\x0c\x85\u2028\u2029":
        return "a line break"
    return "a sign that turns the direction of text" if sign in _TURNING else "a control character"


def _names(schema: LabelSchema) -> Iterator[tuple[str, str]]:
    yield "schema", schema.name
    for field in schema.fields:
        yield "question", field.name
        for label in field.labels:
            yield "label", label.name
            yield "group", label.group
        for attribute in field.attributes:
            yield "attribute", attribute.name
            yield from (("choice", option) for option in attribute.options)
        yield from (("point", point) for point in field.points)
