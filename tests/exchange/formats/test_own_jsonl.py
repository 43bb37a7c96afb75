"""Our own JSONL, as nobody wrote it."""

from __future__ import annotations

import json
from pathlib import Path

from tools.exchange.reading import read_file
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate({"name": "S", "fields": [{"id": "mood", "kind": "choice", "labels": ["a", "b"]}]})


def test_a_kind_of_item_that_is_no_word_is_refused_in_its_row(tmp_path: Path) -> None:
    good = {"annotation_assistant": 1, "text": "one", "fields": {}}
    path = tmp_path / "found.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in (good, {**good, "kind": ["text"]})), encoding="utf-8")
    batch = read_file(path, SCHEMA)
    assert batch.items["text"].to_pylist() == ["one"]
    assert batch.rejects.select(["row", "reason"]).to_pylist() == [
        {"row": 2, "reason": "\"['text']\" is no kind of item"}
    ]
