"""Where a quote stands in a text: models copy words far better than they count characters, so we do the counting."""

from __future__ import annotations

import re

from tools.visible import clean, is_visible

_MOST_OCCURRENCES = 50


def quote_of(text: str, start: int, end: int) -> tuple[str, int] | None:
    """The quote and occurrence by which :func:`locate_quote` finds a passage again; ``None`` where it does not."""
    quote = " ".join(clean(text[start:end]).split())
    for occurrence in range(1, _MOST_OCCURRENCES + 1):
        place = locate_quote(text, quote, occurrence)
        if place is None or place[0] > end:
            return None
        if place == (start, end):
            return quote, occurrence
    return None


def locate_quote(text: str, quote: str, occurrence: int = 1) -> tuple[int, int] | None:
    """Code points (start, end) of the n-th place, from 1, where a quote stands in a text; ``None`` if there is none.

    Letters must agree, at least but for their case; blanks may differ in kind and number, because models do not copy
    them, and characters that cannot be seen are passed over, because models are not shown them. A quote that stands
    in one place only is found there whatever ``occurrence`` says.
    """
    words = clean(quote).split()
    if not words:
        return None
    shown = [at for at, character in enumerate(text) if is_visible(character)]
    visible = "".join(text[at] for at in shown)
    # Overlapping places count each: "aa" stands twice in "aaa".
    pattern = "(?=(" + r"\s+".join(re.escape(word) for word in words) + "))"
    for flags in (re.NOFLAG, re.IGNORECASE):
        places = [found.span(1) for found in re.finditer(pattern, visible, flags)]
        at = 0 if len(places) == 1 else occurrence - 1
        if 0 <= at < len(places):
            start, end = places[at]
            return shown[start], shown[end - 1] + 1
    return None
