"""A new kind of answer goes through our own formats without a line of theirs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

VALUE = '{"tiers":[["cyd"],["ada","bob"]]}'


def test_a_kind_that_the_formats_do_not_know_comes_back_from_jsonl_csv_and_parquet(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.exchange.unknown_kind", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    back = [[{"field": "order", "annotator": "ann", "value": VALUE}], [], ["order", "tiers", ["ada", "bob", "cyd"]]]
    assert {name: told[name] for name in ("jsonl", "csv", "parquet")} == dict.fromkeys(
        ("jsonl", "csv", "parquet"), back
    )
    assert told["guessed"] == ["tiers", "tiers", ["Cyd", "Bob", "ada"]]
    assert told["plain"] == ['{"tiers":[["cyd"],["bob","ada"]]}']
