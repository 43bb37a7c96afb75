"""Named points at which a test may end the process, so that crash safety is proven where it matters.

In the program itself nothing is hooked and :func:`reach` does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Point = Literal[
    "before_commit",
    "after_commit",
    "before_batch",
    "mid_batch",
    "before_checkpoint",
    "after_checkpoint",
    "mid_migration",
    "reply_received",
]

_hook: Callable[[Point], None] | None = None


def install(hook: Callable[[Point], None] | None) -> None:
    """Call ``hook`` at every named point from now on; ``None`` takes it away."""
    global _hook
    _hook = hook


def reach(point: Point) -> None:
    """Say that the process is at ``point``."""
    if _hook is not None:
        _hook(point)
