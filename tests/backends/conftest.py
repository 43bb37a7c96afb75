"""What every test of back-ends begins with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.backends.remote.pace import forget_terms


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """Forget what other tests' endpoints understood: ports are used again."""
    forget_terms()
    yield
    forget_terms()
