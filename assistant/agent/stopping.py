"""Whether the person still wants the answer that is being made: after Stop nothing more is begun for it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from tools.errors import AssistantError

# Tools that a model calls run in threads of langchain's own, which carry the context of the turn with them.
_IS_STOPPED: ContextVar[Callable[[], bool]] = ContextVar("is_stopped", default=lambda: False)


def watch_for_stop(is_stopped: Callable[[], bool]) -> None:
    """Say how the turn of this thread learns that nobody wants it any more."""
    _IS_STOPPED.set(is_stopped)


def refuse_if_stopped() -> None:
    """Raise where the person pressed Stop."""
    if _IS_STOPPED.get()():
        raise AssistantError("This answer was stopped; nothing more is begun for it.")
