"""JSON as other programs write it, read so that it can be written again."""

from __future__ import annotations

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """The value of JSON text; ``ValueError`` for anything else.

    NaN and infinities, which some writers produce and JSON does not know, become null. Nesting that is too deep to
    be walked is refused like any other text that is not JSON.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
