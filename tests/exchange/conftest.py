"""Fixtures of the tests of reading and writing files."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest

from tools.exchange import apart


@pytest.fixture(scope="module")
def read_in_this_process() -> Iterator[None]:
    """Parquet files and workbooks are read by the code of the process that is started for them, and in this one.

    To start it takes longer than to read; `test_limits.py` starts it for each kind of file, and sees what it is for.
    """

    def run(_command: list[str], *, input: str, **_how: Any) -> subprocess.CompletedProcess[str]:
        with pytest.MonkeyPatch.context() as patched, redirect_stdout(io.StringIO()) as said:
            patched.setattr(sys, "stdin", io.StringIO(input))
            patched.setattr(apart, "_limit_memory", lambda _more: None)
            return subprocess.CompletedProcess(_command, apart._main(), said.getvalue(), "")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(apart, "subprocess", type("Here", (), {"run": staticmethod(run)}))
        yield
