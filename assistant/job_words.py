"""What came of a job, in the words that page, chat and terminal share: how many were asked and how many got nothing.

A reason is told for the many, not for each: of several the one that most items have, and how many have others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tools.sentences import count_of, seconds_of

Kind = Literal["silent", "refused", "unread", "invalid"]
_TOLD: dict[Kind, tuple[str, str]] = {
    "unread": ("reply could not be read", "replies could not be read"),
    "silent": ("item got no answer", "items got no answer"),
    "refused": ("question was refused", "questions were refused"),
    "invalid": ("answer does not fit the schema", "answers do not fit the schema"),
}
_SILENT = re.compile(r"did not answer in \d+ tr(?:y|ies): |gave no answer for this item")
_REFUSED = re.compile(r"(?:refused the request|gave no usable reply): ")
_FILTER = re.compile(r"content.?filter", re.IGNORECASE)
_LATE = re.compile(r"no reply within [\d.]+ seconds")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the items of a job: how many have a suggestion, and (kind, reason, number) of those without."""

    suggested: int
    without: tuple[tuple[Kind, str, int], ...] = ()


def account_of(rows: Iterable[tuple[str, str, int]]) -> Account:
    """Add up (state, problem, number of items) of the drafts that a job stored."""
    suggested, without = 0, Counter[tuple[Kind, str]]()
    for state, problem, number in rows:
        if state == "ok":
            suggested += number
        else:
            without[_kind_of(state, problem)] += number
    ranked = sorted(without.items(), key=lambda pair: (-pair[1], pair[0]))
    return Account(suggested, tuple((kind, reason, number) for (kind, reason), number in ranked))


def _kind_of(state: str, problem: str) -> tuple[Kind, str]:
    said = problem.removesuffix(" (asked twice)")
    if state == "invalid":
        return "invalid", said
    if _FILTER.search(said):
        return "unread", "the content filter stopped them"
    for kind, pattern in (("silent", _SILENT), ("refused", _REFUSED)):
        found = pattern.search(said)
        if found:
            return kind, said[found.end() :]  # type: ignore[return-value]
    return "unread", said


def account_words(account: Account) -> str:
    """``12 asked, 0 suggestions, 12 replies could not be read: …``; ``""`` where every item has a suggestion."""
    if not account.without:
        return ""
    asked = account.suggested + sum(number for _, _, number in account.without)
    parts = [f"{asked:,} asked", f"{account.suggested:,} {'suggestion' if account.suggested == 1 else 'suggestions'}"]
    parts += [_told(kind, account) for kind in _TOLD if any(one == kind for one, _, _ in account.without)]
    return ", ".join(parts) + _advice(account)


def _told(kind: Kind, account: Account) -> str:
    """All items of one kind, with the reason that most of them have."""
    mine = [(reason, number) for one, reason, number in account.without if one == kind]
    total, (reason, most) = sum(number for _, number in mine), mine[0]
    told = f"{total:,} {_TOLD[kind][total != 1]}"
    if reason:
        told += f": {reason[:_LONGEST].rstrip('. ')}"
    return told if most == total or not reason else f"{told} ({most:,} of them)"


def _advice(account: Account) -> str:
    late = sum(number for kind, reason, number in account.without if kind == "silent" and _LATE.search(reason))
    return ". A longer remote_timeout or fewer remote_connections may help" if late else ""


def job_words(
    state: str,
    done: int,
    total: int,
    note: str = "",
    account: str = "",
    rate_per_s: float | None = None,
    seconds_left: float | None = None,
) -> str:
    """Where a job stands, in one sentence."""
    place = f"{done:,} of {count_of(total, 'item')}"
    if state == "done":
        return f"Done: {account or place}."
    if state not in ("queued", "running"):
        so_far = f"{place} ({account})" if account else place
        return f"The job is {state} after {so_far}{f': {note}' if note else '.'}"
    pace = f", {rate_per_s:.1f} per second" if rate_per_s else ""
    left = f", about {seconds_of(seconds_left)} left" if seconds_left is not None else ""
    return f"{place}{pace}{left}{f': {note}' if note else ''}"
