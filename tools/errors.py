"""Every error the program raises on purpose, as one tree.

::

    AssistantError
    ├── InputError                 what the caller gave is wrong; nothing was changed
    │   ├── SchemaRefused          a label schema does not hold together (names the line)
    │   ├── ValueRefused           a value does not fit its field
    │   ├── FormatRefused          a file cannot be read or written as the format
    │   └── ArgumentsRefused       a tool was called with arguments it does not take
    ├── NotFound                   a thing that was named does not exist
    ├── NotAllowed                 the person's role does not permit it
    ├── Conflict                   right in itself, but not now
    │   ├── ProjectInUse           another process owns the project
    │   ├── LeaseTaken             somebody else has the item in hand
    │   ├── ExposureStale          the page shows something that has moved on
    │   ├── AnsweredElsewhere      the same person answered the item in another window since
    │   ├── CardUnknown            the card was shown by another state of the project, or by another project
    │   ├── OtherProject           the page belongs to another project than the one that is served
    │   ├── AlreadyDecided         the pending action was answered before
    │   └── Superseded             a newer question took the place of this one
    ├── ProjectDamaged             stored state contradicts itself, or cannot be read
    │   ├── EntriesMissing         what was stored last is not there any more
    │   └── ProjectGone            the folder was moved or deleted while it was open
    ├── DiskFull                   there was no room to store it; what was stored before is there
    └── BackendError               a model or service
        ├── BackendMissing         not installed or not configured (carries the line that mends it)
        ├── BackendFailed          it was asked and did not answer; tell the caller
        ├── ReplyUnreadable        it answered something unusable; worth asking again
        └── StoppedShort           work ended between two items; carries what was made before
            ├── BudgetSpent        the next call could cost more than was allowed
            ├── WaitAsked          the service asks to be left alone for long
            └── JobStopped         a job was cancelled or paused by a person

The message is one sentence that says what happened, to what, and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class AssistantError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` is fit to be shown to a person."""

    exit_code = 2


class InputError(AssistantError):
    """What the caller gave is wrong; nothing was changed."""


class SchemaRefused(InputError):
    """A label schema does not hold together.

    ``line`` is the 1-based line of the YAML source, or ``None`` where there is no source.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        """Keep the line apart from the sentence, which already names it."""
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line


class ValueRefused(InputError):
    """A value does not fit the field it was given for."""


class FormatRefused(InputError):
    """A file cannot be read or written as the format that was asked for."""


class ArgumentsRefused(InputError):
    """A tool was called with arguments it does not take."""


class NotFound(AssistantError):
    """A thing that was named does not exist."""


class NotAllowed(AssistantError):
    """The person's role does not permit it."""


class Conflict(AssistantError):
    """Right in itself, but not possible in the present state."""


class ProjectInUse(Conflict):
    """Another process owns the project."""


class LeaseTaken(Conflict):
    """Somebody else has the item in hand."""


class ExposureStale(Conflict):
    """The page shows something that has moved on since."""


class AnsweredElsewhere(Conflict):
    """The person answered this item in another window, or in the chat, since the card was shown."""


class CardUnknown(Conflict):
    """The card was shown by another project, or by a state of this one that a backup took the place of."""


class OtherProject(Conflict):
    """The page belongs to another project than the one that is served at its address now."""


class AlreadyDecided(Conflict):
    """The pending action was answered before."""


class Superseded(Conflict):
    """A newer question took the place of this one; nobody waits for its answer."""


class ProjectDamaged(AssistantError):
    """Stored state contradicts itself; ``assistant verify`` lists where."""


class EntriesMissing(ProjectDamaged):
    """What was stored last is not there any more."""


class ProjectGone(ProjectDamaged):
    """The folder was moved or deleted while it was open."""


class DiskFull(AssistantError):
    """There was no room to store it; what was stored before is there."""


class BackendError(AssistantError):
    """A model or service could not do its part."""


class BackendMissing(BackendError):
    """A back-end is not installed or not configured.

    ``remedy`` is the one line that would make it usable.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        """Append the remedy to the sentence."""
        super().__init__(f"{message} {remedy}".strip())
        self.remedy = remedy


class BackendFailed(BackendError):
    """A back-end was asked and did not answer; the caller must be told."""


class ReplyUnreadable(BackendError):
    """A model answered something unusable; asking again may help.

    ``raw`` is the reply as it came.
    """

    def __init__(self, message: str, raw: str = "") -> None:
        """Keep the raw reply beside the sentence."""
        super().__init__(message)
        self.raw = raw


class StoppedShort(BackendError):
    """Work ended between two items.

    ``made`` holds what was finished before, which is paid for and must not be lost.
    """

    def __init__(self, message: str, made: Sequence[Any] = ()) -> None:
        """Keep what is there beside the sentence."""
        super().__init__(message)
        self.made = tuple(made)

    def with_made(self, made: Sequence[Any]) -> StoppedShort:
        """The same with what was finished."""
        return type(self)(str(self), made)


class BudgetSpent(StoppedShort):
    """The next call could cost more than was allowed."""


class WaitAsked(StoppedShort):
    """The service asks to be left alone for longer than anybody sits by and waits."""


class JobStopped(StoppedShort):
    """A job was cancelled or paused by a person."""
