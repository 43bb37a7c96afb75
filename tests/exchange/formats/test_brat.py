"""brat folders: what is taken, what is counted, what has no text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.exchange.batch import ImportBatch
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate(
    {
        "name": "B",
        "fields": [
            {"id": "entities", "kind": "spans", "labels": ["Protein"]},
            {"id": "relations", "kind": "relations", "over": "entities", "labels": ["Part-of"]},
        ],
    }
)
TEXT = "EKLF binds\nGATA-1."


def _folder(folder: Path, annotations: str, text: str = TEXT) -> Path:
    (folder / "one.txt").write_text(text, encoding="utf-8", newline="")
    (folder / "one.ann").write_text(annotations, encoding="utf-8", newline="")
    return folder


def _import(path: Path, **options: Any) -> ImportBatch:
    return read_file(path, SCHEMA, ImportOptions(annotator="anna", **options))


def test_spans_and_relations_are_taken_with_their_ids(tmp_path: Path) -> None:
    batch = _import(
        _folder(tmp_path, "T1\tProtein 0 4\tEKLF\nT2\tProtein 11 17\tGATA-1\nR1\tPart-of Arg1:T1 Arg2:T2\n")
    )
    assert [json.loads(one) for one in batch.labels["value"].to_pylist()] == [
        {
            "spans": [
                {"id": "T1", "start": 0, "end": 4, "label": "protein"},
                {"id": "T2", "start": 11, "end": 17, "label": "protein"},
            ]
        },
        {"relations": [{"id": "R1", "label": "part_of", "from": "T1", "to": "T2"}]},
    ]


def test_one_file_of_the_pair_is_enough_to_name_it(tmp_path: Path) -> None:
    _folder(tmp_path, "T1\tProtein 0 4\tEKLF\n")
    for name in ("one.ann", "one.txt"):
        assert _import(tmp_path / name).labels.num_rows == 1


def test_a_change_of_either_file_changes_the_source_hash(tmp_path: Path) -> None:
    _folder(tmp_path, "T1\tProtein 0 4\tEKLF\n")
    before = _import(tmp_path / "one.ann").source_hash
    (tmp_path / "one.txt").write_text(TEXT + "\n", encoding="utf-8")
    assert _import(tmp_path / "one.ann").source_hash != before


def test_a_span_in_pieces_and_one_with_the_wrong_quote_are_dropped(tmp_path: Path) -> None:
    batch = _import(
        _folder(tmp_path, "T1\tProtein 0 4;11 17\tEKLF GATA-1\nT2\tProtein 5 9\tEKLF\nT3\tProtein 0 4\tEKLF\n")
    )
    assert batch.dropped["reason"].to_pylist() == [
        "the span is in several pieces",
        "the quoted text does not stand at the offsets",
    ]
    assert batch.labels.num_rows == 1


def test_a_quote_over_a_line_end_may_have_a_space_for_it(tmp_path: Path) -> None:
    batch = _import(_folder(tmp_path, "T1\tProtein 5 17\tbinds GATA-1\n"))
    assert batch.dropped.num_rows == 0


def test_events_attributes_and_notes_are_counted(tmp_path: Path) -> None:
    lines = "T1\tProtein 0 4\tEKLF\nE1\tBinding:T1\nA1\tNegated E1\n#1\tAnnotatorNotes T1\thm\n*\tEquiv T1 T2\nN1\tx\n"
    batch = _import(_folder(tmp_path, lines))
    assert {note.partition(" were")[0] for note in batch.notes} == {
        "1 events",
        "1 attributes",
        "1 notes",
        "1 equivalences",
        "1 normalisations",
    }


def test_annotations_without_a_text_are_a_reject_and_a_text_without_annotations_an_item(tmp_path: Path) -> None:
    _folder(tmp_path, "")
    (tmp_path / "lost.ann").write_text("T1\tProtein 0 4\tEKLF\n")
    (tmp_path / "bare.txt").write_text("nothing")
    batch = _import(tmp_path)
    assert batch.items["key"].to_pylist() == ["bare", "one"]
    assert batch.rejects.to_pylist() == [
        {"row": 2, "reason": "there is no .txt file beside the .ann file", "excerpt": "lost"}
    ]
