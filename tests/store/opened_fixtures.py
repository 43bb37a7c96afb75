"""The fixtures of the tests that need an open project: one is made for the whole run, each test gets a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.opened import Opened, create, reopen


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with six items and nothing blind."""
    path = tmp_path_factory.mktemp("made") / "project"
    with create(path, 6):
        pass
    return path


@pytest.fixture
def folder(finished_project: Path, tmp_path: Path) -> Path:
    """A closed project of the test's own."""
    path = tmp_path / "project"
    shutil.copytree(finished_project, path)
    return path


@pytest.fixture
def project(folder: Path) -> Iterator[Opened]:
    """An open project of the test's own."""
    with reopen(folder) as opened:
        yield opened
