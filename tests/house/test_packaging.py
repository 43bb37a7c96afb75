"""What is installed is what is meant: files travel with the package, and the requirements say the truth."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from tests.house.tree import CODE_ROOMS, ROOMS, checkout_tree

pytestmark = pytest.mark.xdist_group("tree")
CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement: str) -> str:
    """The package that a requirement names, in the spelling of the index."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found.group()).lower()


def test_the_prompts_are_found_as_package_files() -> None:
    shipped = {entry.name for entry in resources.files("prompts").iterdir() if entry.name.endswith(".md")}
    assert shipped == {path.name for path in (CHECKOUT / "prompts").glob("*.md")}


def test_the_wheel_holds_every_file_of_the_product(tmp_path: Path) -> None:
    # Built from a copy, because setuptools leaves a build folder beside its sources.
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=CHECKOUT, capture_output=True, text=True
    )
    wanted = {name for name in listed.stdout.splitlines() if (CHECKOUT / name).is_file()}
    if listed.returncode:
        pytest.skip("This is no git checkout, so what belongs to the product cannot be told from build results.")
    for name in wanted:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((CHECKOUT / name).read_bytes())
    command = [sys.executable, "-c", f"from setuptools import build_meta as b; b.build_wheel({str(tmp_path)!r})"]
    built = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    rooms = ("assistant/", "tools/", "eval/", "prompts/")
    missing = sorted(name for name in wanted if name.startswith(rooms) and name not in shipped)
    assert not missing, f"Not in the wheel: {missing}. Add their suffix to [tool.setuptools.package-data]."


def test_no_default_install_brings_torchvision() -> None:
    extras = PROJECT["optional-dependencies"]
    usual = [*PROJECT["dependencies"], *(line for name, lines in extras.items() if name != "sam" for line in lines)]
    assert "torchvision" not in {name_of(line) for line in usual}
    assert "sam" not in extras["all"][0]


def test_one_opencv_is_installed() -> None:
    installed = {name_of(entry.metadata["Name"]) for entry in importlib.metadata.distributions()}
    assert {name for name in installed if name.startswith("opencv")} == {"opencv-contrib-python-headless"}


def test_every_requirement_is_constrained() -> None:
    lines = (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {name_of(line) for line in lines if line and not line.startswith("#")}
    extras = PROJECT["optional-dependencies"]
    usual = [
        *PROJECT["dependencies"],
        *(line for name, found in extras.items() if name not in ("sam", "all") for line in found),
    ]
    missing = sorted({name_of(line) for line in usual} - pinned)
    assert not missing, f"constraints.txt does not pin {missing}. Install them, run the gates, and add their versions."


NOT_IMPORTED = {
    "scikit-image": "its photographs are in the demo, found by their folder",
}
"""Requirements that nothing imports, and why they are there."""
NAMED_OTHERWISE = {"skactiveml": "scikit-activeml", "sklearn_crfsuite": "sklearn-crfsuite"}
"""Packages of extras that may not be installed, by the name of their distribution."""


@cache
def imported_packages() -> set[str]:
    """The packages of others that the product imports, by the names of their distributions."""
    tops = {
        found.target.partition(".")[0]
        for module in checkout_tree().modules.values()
        if module.room in CODE_ROOMS
        for found in module.imports
    }
    installed = importlib.metadata.packages_distributions()
    others = tops - set(sys.stdlib_module_names) - {*ROOMS, "prompts"}
    return {name_of(one) for top in others for one in installed.get(top, [NAMED_OTHERWISE.get(top, top)])}


def test_what_is_imported_is_required() -> None:
    extras = PROJECT["optional-dependencies"]
    required = {name_of(line) for lines in (PROJECT["dependencies"], *extras.values()) for line in lines}
    assert sorted(imported_packages() - required) == []


def test_what_is_required_is_imported() -> None:
    required = {name_of(line) for line in PROJECT["dependencies"]}
    assert sorted(required - imported_packages() - set(NOT_IMPORTED)) == []
    assert sorted(set(NOT_IMPORTED) & imported_packages()) == []
