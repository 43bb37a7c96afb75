"""How many threads numerical work may use. Stated, because with all cores busy each further thread makes it slower."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any


def thread_count() -> int:
    """``ASSISTANT_THREADS``, else half of the cores that this process may use, at least one."""
    given = os.environ.get("ASSISTANT_THREADS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, cores // 2)


@contextmanager
def limited_threads() -> Iterator[None]:
    """Keep numpy's linear algebra to :func:`thread_count` threads: many small products gain nothing from more."""
    with _controller().limit(limits=thread_count(), user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # comes with scikit-learn; looking the libraries up takes a moment

    return ThreadpoolController()
