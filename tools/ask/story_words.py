"""What happened to an item, in people's words for what the records call it."""

from __future__ import annotations

_EVENTS = {
    "import": "imported",
    "proposal": "suggested",
    "queue": "put in the queue",
    "exposure": "shown",
    "review": "answered",
    "undo": "taken back",
    "gold": "gold",
    "finding": "remarked on",
    "dismissal": "remark dismissed",
}
_SHOWN = {
    "blind": "without a suggestion",
    "overtaken": "before its suggestion came",
    "suggested": "with a suggestion",
    "revealed": "with the suggestion uncovered",
    "bulk_listed": "in a list to accept",
    "bulk_viewed": "looked at in a list to accept",
    "imported_unknown": "elsewhere, before the import",
    "imported_independent": "elsewhere, without a suggestion",
    "probe": "with a suggestion that is wrong on purpose",
}
_ANSWERED = {
    "accept": "accepted",
    "choose": "chosen",
    "edit": "changed",
    "reject": "rejected",
    "skip": "skipped",
    "flag": "flagged",
    "comment": "commented",
    "adjudicated": "settled",
}
_SUGGESTED = {"ok": "readable", "unread": "could not be read", "invalid": "does not fit the question"}
_UNDONE = {"undone": "the answer before it", "redone": "the answer before it"}
_HOW = {"exposure": _SHOWN, "review": _ANSWERED, "proposal": _SUGGESTED, "undo": _UNDONE}


def event_word(what: str, kind: str = "") -> str:
    """What happened, in one or two words."""
    return "put back" if (what, kind) == ("undo", "redone") else _EVENTS.get(what, what)


def how_words(what: str, kind: str) -> str:
    """How it happened; a name that no record of ours gives stays as it is."""
    return _HOW.get(what, {}).get(kind, kind.replace("_", " "))
