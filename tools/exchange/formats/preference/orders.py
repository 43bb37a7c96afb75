"""The order of answers as files write it: letters, numbers, a winner, or a place for each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tools.exchange.formats.preference.transcripts import opened
from tools.kinds.replies.order_words import Groups, read_order

_CALLED = re.compile(r"^(?:the )?(?:model|response|answer|option|completion|output|candidate)[_ ]?", re.IGNORECASE)


def by_order(cell: Any, names: Sequence[str]) -> Groups | None:
    """The groups that a cell tells, the best first; ``None`` for an empty one, ``ValueError`` for no known form.

    Numbers are places in the list of answers, counted from 0 where there is a 0, else from 1.
    """
    told = opened(cell)
    if told in (None, "", []):
        return None
    if isinstance(told, list):
        groups = [one if isinstance(one, list) else [one] for one in told]
        flat = [one for group in groups for one in group]
        if all(type(one) is int for one in flat):
            first = 0 if 0 in flat else 1
            if any(not 0 <= one - first < len(names) for one in flat):
                raise ValueError(told)
            return [[names[one - first] for one in group] for group in groups]
        return [[_CALLED.sub("", str(one)).strip().casefold() for one in group] for group in groups]
    found = read_order(_CALLED.sub("", str(told).partition("(")[0].strip()), names)
    if found is None:
        raise ValueError(told)
    return found


def by_place(cell: Any, names: Sequence[str]) -> Groups | None:
    """The groups that one place for each answer makes, 1 being the best."""
    told = opened(cell)
    if told in (None, "", []):
        return None
    if not isinstance(told, list) or len(told) != len(names) or any(type(one) is not int for one in told):
        raise ValueError(told)
    return [[name for name, at in zip(names, told, strict=True) if at == place] for place in sorted(set(told))]
