"""The test harness itself: what it refuses, it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
# Run in a process of its own, under this project's settings and conftest, without a browser or sample files.
CASES = """
import socket
import warnings

import pytest


@pytest.mark.browser
def test_that_skips_for_want_of_a_browser():
    pytest.skip("no browser")


def test_that_asks_for_the_browser(chromium_path):
    pass


def test_that_asks_for_sample_files(shared_data):
    pass


def test_that_calls_out_and_swallows_the_error():
    try:
        socket.create_connection(("example.org", 80))
    except OSError:
        pass


def test_that_warns():
    warnings.warn("old")


def test_that_is_fine():
    pass
"""
USUAL = {
    "test_that_skips_for_want_of_a_browser": "SKIPPED",
    "test_that_asks_for_the_browser": "SKIPPED",
    "test_that_asks_for_sample_files": "SKIPPED",
    "test_that_calls_out_and_swallows_the_error": "ERROR",
    "test_that_warns": "FAILED",
    "test_that_is_fine": "PASSED",
}
BROWSER_REQUIRED = USUAL | {
    "test_that_skips_for_want_of_a_browser": "FAILED",
    "test_that_asks_for_the_browser": "ERROR",
}


@pytest.mark.parametrize(("required", "expected"), [("", USUAL), ("1", BROWSER_REQUIRED)], ids=["usual", "required"])
def test_the_harness_refuses_what_it_should(required: str, expected: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(CASES, encoding="utf-8")
    settings = ["-c", str(CHECKOUT / "pyproject.toml"), f"--rootdir={tmp_path}", "-p", "no:cacheprovider"]
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("ASSISTANT_", "PYTEST_"))}
    environment = inherited | {
        "PYTHONPATH": str(CHECKOUT),
        "PATH": str(tmp_path),
        "ASSISTANT_SHARED_DATA": str(tmp_path / "absent"),
        "ASSISTANT_REQUIRE_BROWSER": required,
    }
    command = [sys.executable, "-m", "pytest", "-v", "-p", "tests.conftest", *settings, str(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    # A test whose end fails is reported twice; the later word counts.
    found = re.findall(r"^\S*::(\w+) ([A-Z]+)", result.stdout, re.MULTILINE)
    assert dict(found) == expected, result.stdout


@pytest.mark.browser
def test_the_browser_shows_a_page(chromium: Any) -> None:
    page = chromium.new_page()
    page.set_content("<p>نص 文本 🙂</p>")
    assert page.inner_text("p") == "نص 文本 🙂"
