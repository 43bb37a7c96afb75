"""What is said where others' answers are left out of an answer because the asker has not decided yet."""

from __future__ import annotations

from tools.sentences import capital, count_of, verb


def left_out_words(items: int) -> str:
    """The sentence, with a blank before it, on items that others answered and the asker has not; empty for none."""
    if not items:
        return ""
    told = f"{capital(count_of(items, 'item'))} {verb(items, 'is', 'are')} left out: others have answered "
    told += f"{verb(items, 'it', 'them')} and you have not decided {verb(items, 'it', 'them')} yet; what others answer "
    return f" {told}is shown only after that."
