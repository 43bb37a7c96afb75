"""Plant faults in the files that a change touches and run the tests that should find them.

::

    python -m tests.mutation --base main~5 --faults 30 --seed 7
    python -m tests.mutation tools/values.py --faults 10

Each fault is planted in a copy of the checkout, so the working tree is never touched. A fault that no test finds is
printed with its line; whether it changes anything at all is for a person to judge. With a ``.coverage`` file that
knows which test ran which line (``make coverage``) the tests are chosen by line, else by imports.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.house.tree import CODE_ROOMS, read_tree
from tests.mutation.choosing import that_import, that_name, that_ran
from tests.mutation.faults import Fault, faults_in

ROOT = Path(__file__).resolve().parents[2]
_COPIED = ("assistant", "tools", "eval", "prompts", "tests", "pyproject.toml", "README.md", "docs", "Makefile")
_SECONDS = 300


def main() -> int:
    """Plant, run, tell."""
    args = _arguments()
    paths = args.paths or _touched(args.base)
    choices = [(path, fault) for path in paths for fault in faults_in(path, (ROOT / path).read_text(encoding="utf-8"))]
    if not choices:
        print("There is no source file to plant a fault in.")
        return 2
    drawn = random.Random(args.seed).sample(choices, min(args.faults, len(choices)))
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        copy = _copy(Path(place) / "checkout")
        for path, fault in sorted(drawn, key=lambda one: (one[0], one[1].start)):
            end = _tried(copy, path, fault, _tests(path, fault))
            ends[end] += 1
            if end != "found":
                print(f"{end}: {path}:{fault.line} {fault.kind}: {_shown(path, fault)}", flush=True)
    told = ends["found"] + ends["survived"]
    share = f"{ends['found'] / told:.0%}" if told else "none"
    print(f"{ends['found']} of {told} faults found ({share}); {ends['no test']} without a test; seed {args.seed}.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="*", help="files to plant faults in; those changed since --base if none")
    parser.add_argument("--base", default="HEAD~1", help="the commit since which changed files are taken")
    parser.add_argument("--faults", type=int, default=20, help="how many faults are planted")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    return parser.parse_args()


def _touched(base: str) -> list[str]:
    """Source files of the product that differ from a commit."""
    asked = ["git", "diff", "--name-only", "--diff-filter=d", base]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [one for one in said if one.endswith((".py", ".js")) and one.partition("/")[0] in CODE_ROOMS]


def _copy(target: Path) -> Path:
    target.mkdir()
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy2(source, target / name)
    return target


def _tests(path: str, fault: Fault) -> list[str]:
    if path.endswith(".js"):
        return that_name(ROOT, Path(path).name)
    coverage = ROOT / ".coverage"
    ran = that_ran(coverage, ROOT / path, fault.line) if coverage.is_file() else []
    return ran or that_import(read_tree(ROOT), path.removesuffix(".py").replace("/", "."))


def _tried(copy: Path, path: str, fault: Fault, tests: list[str]) -> str:
    if not tests:
        return "no test"
    whole = (ROOT / path).read_text(encoding="utf-8")
    (copy / path).write_text(fault.planted(whole), encoding="utf-8")
    # Without its own path first, the tests would import the checkout that is installed.
    run = [sys.executable, "-c", "import sys, pytest; sys.path.insert(0, '.'); sys.exit(pytest.main(sys.argv[1:]))"]
    try:
        ended = subprocess.run(
            [*run, "-x", "-q", "-p", "no:cacheprovider", *tests], cwd=copy, capture_output=True, timeout=_SECONDS
        )
        return "survived" if ended.returncode == 0 else "found"
    except subprocess.TimeoutExpired:
        return "found"
    finally:
        (copy / path).write_text(whole, encoding="utf-8")


def _shown(path: str, fault: Fault) -> str:
    before = (ROOT / path).read_text(encoding="utf-8").splitlines()[fault.line - 1].strip()
    after = fault.planted((ROOT / path).read_text(encoding="utf-8")).splitlines()
    return f"{before}  →  {after[fault.line - 1].strip() if fault.line <= len(after) else ''}"


if __name__ == "__main__":
    sys.exit(main())
