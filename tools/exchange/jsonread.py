"""JSON as other programs write it, read so that it can be written again."""

from __future__ import annotations

import json
from typing import Any

from tools.errors import InputError
from tools.writable import refuse_unwritable


def parse_json(text: str | bytes) -> Any:
    """The value of JSON text; ``ValueError`` for anything else.

    NaN and infinities, which some writers produce and JSON does not know, become null. Nesting that is too deep to
    be walked is refused like any other text that is not JSON, and so is half a character, which no file can hold.
    """
    try:
        found = json.loads(text, parse_constant=lambda _: None)
        if b"\\ud" in text.lower() if isinstance(text, bytes) else "\\ud" in text.lower():
            refuse_unwritable(found)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except InputError as error:
        raise ValueError(str(error)) from None
    return found
