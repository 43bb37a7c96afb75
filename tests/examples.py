"""How many examples Hypothesis tries: some for every run, more with ``HYPOTHESIS=thorough``."""

from __future__ import annotations

import os

IS_THOROUGH = os.environ.get("HYPOTHESIS") == "thorough"
_SHARE = 3


def examples(thorough: int) -> int:
    """That many in a thorough run, a third of them otherwise: for tests in which an example takes long."""
    return thorough if IS_THOROUGH else -(-thorough // _SHARE)
