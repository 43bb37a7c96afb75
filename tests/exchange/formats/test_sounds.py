"""Recordings in, subtitles out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sounds.recordings import save_mp3, save_wav
from tools.exchange.codec import MARK
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import losses, write_export
from tools.records import Item
from tools.schema import read_schema

SCHEMA = read_schema(
    "name: Calls\nitem: audio\nfields: [{id: said, kind: segments, labels: [Ann, Ben]}, {id: mood, kind: rating}]"
)


def test_a_folder_of_recordings_becomes_items_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "in" / "monday").mkdir(parents=True)
    save_wav(tmp_path / "in" / "monday" / "b.wav", [(0.5, 500)])
    save_mp3(tmp_path / "in" / "a.mp3", [(0.5, 500)])
    (tmp_path / "in" / "broken.wav").write_bytes(b"RIFF")
    (tmp_path / "in" / "notes.txt").write_text("nothing")
    batch = read_file(tmp_path / "in", SCHEMA)
    assert batch.items["key"].to_pylist() == ["a.mp3", "monday/b.wav"]
    assert batch.items["kind"].to_pylist() == ["audio", "audio"]
    assert (batch.read, batch.rejects.num_rows) == (3, 1)
    assert "broken.wav" in batch.rejects["reason"].to_pylist()[0]


def test_one_recording_is_one_item(tmp_path: Path) -> None:
    batch = read_file(save_wav(tmp_path / "call.wav", [(0.5, 500)]), SCHEMA)
    assert batch.items["text"].to_pylist() == ["call.wav"]
    assert '"length":500' in batch.items["media"].to_pylist()[0]


def said(*segments: tuple[int, int, str, str]) -> dict[str, Any]:
    return {
        "segments": [
            {"id": f"r{n}", "start": a, "end": b, "text": text, **({"label": who} if who else {})}
            for n, (a, b, text, who) in enumerate(segments)
        ]
    }


def exported(item_id: int, name: str, value: dict[str, Any] | None) -> ExportItem:
    state = "undecided" if value is None else "agreed"
    decisions = () if value is None else (ExportDecision("ann", "edit", value),)
    field = ExportField("said", state, value, decisions)  # type: ignore[arg-type]
    return ExportItem(Item(item_id, name, name, "audio"), {"said": field})


def test_a_transcript_is_written_as_numbered_cues_and_what_is_lost_is_told(tmp_path: Path) -> None:
    rows = [
        exported(1, "monday/b.wav", said((0, 1500, "hello\n\nthere", "ann"), (3_723_004, 3_724_000, "a --> b", ""))),
        exported(2, "monday/b.mp3", said()),
        exported(3, "c.wav", None),
    ]
    report = write_export("srt", rows, SCHEMA, tmp_path / "out")
    assert (tmp_path / "out" / "monday" / "b.srt").read_text(encoding="utf-8") == (
        "1\n00:00:00,000 --> 00:00:01,500\nhello\nthere\n\n2\n01:02:03,004 --> 01:02:04,000\na → b\n\n"
    )
    assert (tmp_path / "out" / "monday" / "b_2.srt").read_text(encoding="utf-8") == ""
    assert [(one.reason, one.item_ids) for one in report.left_out] == [("nobody decided", (3,))]
    assert [(one.item_id, one.excerpt) for one in report.losses] == [(1, "ann"), (1, "a --> b")]


def test_what_subtitles_have_no_place_for_is_said_before(tmp_path: Path) -> None:
    told = losses("srt", SCHEMA)
    assert "Field 'mood' (rating) has no place in subtitles." in told
    assert "Who speaks in 'Said': subtitles have no place for it." in told


@pytest.mark.parametrize("format", ["coco", "conll"])
def test_formats_of_other_items_refuse_recordings(format: str) -> None:
    with pytest.raises(Exception, match="audio"):
        losses(format, SCHEMA)


def test_our_own_lines_bring_recordings_back_and_hold_segments_to_their_length(tmp_path: Path) -> None:
    save_wav(tmp_path / "a.wav", [(0.5, 1000)])
    lines = []
    for key, end in (("good", 1000), ("late", 1001)):
        answer = {"value": said((0, end, "x", "")), "reviewers": ["ann"], "status": "agreed"}
        marked = {MARK: 1, "key": key, "text": "a.wav", "kind": "audio"}
        lines.append({**marked, "fields": {"said": answer}})
    (tmp_path / "lines.jsonl").write_text("\n".join(json.dumps(one) for one in lines), encoding="utf-8")
    batch = read_file(tmp_path / "lines.jsonl", SCHEMA, ImportOptions(annotator="ann"))
    assert (batch.items["key"].to_pylist(), batch.rejects.num_rows) == (["good", "late"], 0)
    assert batch.labels["row"].to_pylist() == [1]
    assert batch.dropped["reason"].to_pylist() == ["the segment reaches beyond its recording"]
