"""The README is true: its marked blocks run, and every command that the documents name exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.house.documents import Block, find_blocks, find_commands

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
README = (CHECKOUT / "README.md").read_text(encoding="utf-8") if (CHECKOUT / "README.md").exists() else ""
DOCUMENTS = README + (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TESTED = [block for block in find_blocks(README) if block.is_tested]
COMMANDS = sorted(find_commands(DOCUMENTS, "assistant"))


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run in `folder` with the programs of this environment first, as a reader with an active .venv would."""
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


@pytest.fixture(scope="module")
def reader_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all blocks, in the order in which a reader types them."""
    return tmp_path_factory.mktemp("reader")


@pytest.mark.xdist_group("readme")
@pytest.mark.skipif(not TESTED, reason="README.md has no block marked ```bash test.")
@pytest.mark.parametrize("block", TESTED, ids=lambda block: f"line-{block.line}")
def test_the_marked_block_runs(block: Block, reader_folder: Path) -> None:
    result = run(["bash", "-euo", "pipefail", "-c", block.body], reader_folder)
    assert result.returncode == 0, (
        f"README.md line {block.line}: this block fails. Mend the program or the README.\n"
        f"{block.body}\n{result.stdout}{result.stderr}"
    )


@pytest.mark.skipif(not (CHECKOUT / "assistant" / "cli" / "main.py").exists(), reason="There is no command line yet.")
@pytest.mark.parametrize("command", COMMANDS)
def test_the_documented_command_exists(command: str) -> None:
    from assistant.cli.main import app

    # In this process: the block above starts the program, and loading it for each command takes seconds.
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0, f"The documents name `assistant {command}`, which does not exist: {result.output}"
    assert f"assistant {command}" in result.output


def test_every_make_target_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    unknown = sorted(find_commands(DOCUMENTS, "make") - targets)
    assert not unknown, f"The documents name targets that the Makefile lacks: {unknown}. Mend one or the other."


def test_blocks_and_commands_are_found() -> None:
    text = (
        "Run `make demo`.\n\n```bash test\nassistant new shop --labels a,b\n# assistant gone\n```\n\n```json\n{}\n```\n"
    )
    first, second = find_blocks(text)
    assert (first.line, first.is_tested, second.is_shell) == (3, True, False)
    assert (find_commands(text, "assistant"), find_commands(text, "make")) == ({"new"}, {"demo"})
