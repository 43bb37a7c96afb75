"""The house rules of DESIGN, held against this checkout."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import files, floors, items, kinds, shape, sql
from tests.house.tree import Tree, checkout_tree

pytestmark = pytest.mark.xdist_group("tree")
CHECKOUT = Path(__file__).resolve().parents[2]
RULES: list[Callable[[Tree], list[str]]] = [
    floors.rooms_import_downwards,
    floors.every_part_has_a_floor,
    floors.parts_import_downwards,
    floors.abilities_stand_alone,
    floors.imports_have_no_cycles,
    floors.packages_stay_at_home,
    floors.slow_packages_are_imported_late,
    shape.functions_are_short,
    shape.files_are_short,
    shape.folders_hold_few_files,
    shape.packages_start_empty,
    shape.names_say_something,
    sql.rows_are_written_in_bulk,
    sql.statements_are_made_of_constants,
    sql.sql_stays_in_the_store,
    shape.complexity_is_not_waved_through,
    kinds.kinds_answer_for_themselves,
    items.items_answer_for_themselves,
    files.prompts_are_files_only,
    files.prompts_are_locked,
    files.templates_take_no_values,
    files.nothing_is_fetched_from_outside,
    files.no_private_paths,
    files.constraints_are_plain,
]


@pytest.fixture(scope="module")
def checkout() -> Tree:
    return checkout_tree()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule: Callable[[Tree], list[str]], checkout: Tree) -> None:
    violations = rule(checkout)
    assert not violations, "\n" + "\n".join(violations)


def test_the_tree_is_read(checkout: Tree) -> None:
    assert {"tools.errors", "assistant", "eval", "tests.house.tree"} <= set(checkout.modules)


def test_the_top_of_the_repository_holds_only_what_is_allowed() -> None:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("This is no git checkout, so what belongs to the repository cannot be told from build results.")
    present = {name.partition("/")[0] for name in listing.stdout.splitlines()}
    violations = files.top_level_is_known({name for name in present if (CHECKOUT / name).exists()})
    assert not violations, "\n" + "\n".join(violations)


def run_ruff(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the limits that ruff measures, with the settings of this repository."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", str(CHECKOUT / "pyproject.toml")]
    return subprocess.run(
        [*command, "--select", "C901,D100,D101,D102,D103,D104,D106", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_functions_are_simple_and_public_names_are_documented() -> None:
    result = run_ruff(*(str(CHECKOUT / room) for room in ("tools", "assistant", "eval")))
    assert result.returncode == 0, f"Split the function, or write the docstring:\n{result.stdout}{result.stderr}"
