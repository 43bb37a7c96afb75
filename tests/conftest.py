"""What every test gets: no network, sample files where they are present, a browser where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.network import NetworkGuard

CHECKOUT = Path(__file__).resolve().parent.parent
BROWSER_COMMANDS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NO_SAMPLES = "The sample files are not at"
_GUARD = NetworkGuard()
# Pages that tests serve, also in processes of their own, load no sentence model that nobody asked for.
os.environ.setdefault("ASSISTANT_WARM_UP", "0")
# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def browser_required() -> bool:
    """True where a browser test that does not run counts as a failure."""
    return os.environ.get("ASSISTANT_REQUIRE_BROWSER") == "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the browser tests of a file on one worker; first, because xdist reads the groups in the same hook.

    They share a browser and nothing else: each serves its own project at a port of its own.
    """
    for item in items:
        if item.get_closest_marker("browser") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(f"browser {item.path}"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skipped browser test into a failure where the browser is required; sample files may be absent."""
    outcome: Any = yield
    report = outcome.get_result()
    if (
        report.skipped
        and NO_SAMPLES not in str(report.longrepr)
        and item.get_closest_marker("browser")
        and browser_required()
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"ASSISTANT_REQUIRE_BROWSER=1, but this browser test was skipped: {report.longrepr}"


@pytest.fixture(scope="session", autouse=True)
def _network_is_off() -> Iterator[None]:
    """Guard the whole run, so that threads and session fixtures are guarded too."""
    with _GUARD.installed():
        yield


@pytest.fixture(autouse=True)
def network_attempts() -> Iterator[list[str]]:
    """The hosts that this test tried to reach; the test fails when any are left at its end."""
    _GUARD.attempts.clear()
    yield _GUARD.attempts
    if _GUARD.attempts:
        pytest.fail(f"Tried to reach other machines: {', '.join(sorted(set(_GUARD.attempts)))}", pytrace=False)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public sample files; the test is skipped where it is absent."""
    folder = Path(os.environ.get("ASSISTANT_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"{NO_SAMPLES} {folder}; set ASSISTANT_SHARED_DATA to their folder.")
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser's command; without one the test is skipped, or fails where the browser is required."""
    named = os.environ.get("ASSISTANT_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, BROWSER_COMMANDS)), None)
    if found is None:
        sentence = "No Chromium was found: install the chromium package, or set ASSISTANT_CHROMIUM to its command."
        pytest.fail(sentence, pytrace=False) if browser_required() else pytest.skip(sentence)
    return Path(found)


@pytest.fixture(scope="module")
def chromium(chromium_path: Path) -> Iterator[Any]:
    """A running playwright `Browser`, one per module: its event loop must not outlive the browser tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium_path), args=list(CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()
