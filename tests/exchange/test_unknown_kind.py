"""New kinds of answer go through our own formats without a line of theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def test_kinds_that_no_format_knows_come_back_from_jsonl_csv_and_parquet(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.exchange.unknown_kind", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tiers = _back("text", '{"tiers":[["cyd"],["ada","bob"]]}', ["tiers", "ada", "bob", "cyd"])
    heard = '{"noises":[{"end":1.25,"heard":"hello","id":"n1","label":"ada","start":0.5}]}'
    noises = _back("smell", heard, ["noises", "ada"])
    assert json.loads(done.stdout) == {
        "tiers": [tiers, tiers, tiers],
        "noises": [noises, noises, noises],
        "guessed": ["tiers", "tiers", ["Cyd", "Bob", "ada"], ['{"tiers":[["cyd"],["bob","ada"]]}']],
    }


def _back(item: str, value: str, asked: list[str]) -> list[Any]:
    """One item of the kind, its one label, nothing dropped, and the field that the file asks for."""
    return [[item], [{"field": "order", "annotator": "ann", "value": value}], [], asked]
