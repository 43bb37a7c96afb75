"""JSON as models write it: with commas at the end, in single quotes, with words of Python. Pure."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from tools.writable import mended

_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")


def read_loosely(text: str) -> Any:
    """What a text says in JSON or in something near it; ``None`` where it cannot be told."""
    for read, given in ((json.loads, text), (ast.literal_eval, text), (json.loads, _TRAILING_COMMA.sub("", text))):
        found = attempt(read, given)
        if found is not None:
            return found
    return None


def attempt(read: Callable[..., Any], *given: str | int) -> Any:
    """What ``read`` makes of a text, with half characters mended; ``None`` where it makes nothing of it."""
    try:
        return mended(read(*given))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
