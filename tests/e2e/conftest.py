"""The demo project, made once for the whole run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.demo.project import build_demo


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The closed demo project; nobody works in it."""
    place = tmp_path_factory.mktemp("demo") / "demo"
    build_demo(place)
    return place


@pytest.fixture
def demo(finished_demo: Path, tmp_path: Path) -> Path:
    """A closed demo project of the test's own."""
    return Path(shutil.copytree(finished_demo, tmp_path / "demo"))
