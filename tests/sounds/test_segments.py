"""Transcripts as answers: what is taken, how it is compared and told."""

from __future__ import annotations

from typing import Any

import pytest

from tools.errors import ValueRefused
from tools.schema import FieldSpec, read_schema
from tools.values import agrees, check_value, describe_value, value_labels

FIELD = FieldSpec.model_validate({"id": "said", "kind": "segments"})
SPEAKERS = FieldSpec.model_validate({"id": "said", "kind": "segments", "labels": ["Ann", "Ben"], "overlap": False})
HELLO = {"id": "r1", "start": 0, "end": 900, "text": "hello"}
THERE = {"id": "r2", "start": 900, "end": 1500, "text": "there"}


def value(*segments: dict[str, Any]) -> dict[str, Any]:
    return {"segments": list(segments)}


def test_a_transcript_is_kept_in_the_order_of_its_times_with_the_ids_it_has() -> None:
    assert check_value(FIELD, value(THERE, HELLO), length=1500) == value(HELLO, THERE)


def test_a_segment_without_an_id_gets_one_and_a_speaker_is_a_label() -> None:
    found = check_value(SPEAKERS, value({"start": 0, "end": 5, "text": "hi", "label": "ben"}))
    assert found == value({"id": "r1", "start": 0, "end": 5, "text": "hi", "label": "ben"})
    assert value_labels(found) == ("ben",)


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        ([{"start": 5, "end": 5, "text": ""}], "must start before it ends"),
        ([{"start": 0.5, "end": 5, "text": ""}], "must start before it ends"),
        ([{"start": 0, "end": 1501, "text": ""}], "beyond its recording of 1,500 ms"),
        ([{"start": 0, "end": 5}], "has start, end and text"),
        ([{"start": 0, "end": 5, "text": 3}], "the text of a segment|The text of a segment"),
        ([{"start": 0, "end": 5, "text": "", "label": "eve"}], "is not a label"),
        ([{"start": 0, "end": 5, "text": "", "loud": 1}], "has no 'loud'"),
        ([HELLO, {**THERE, "id": "r1"}], "have the id 'r1'"),
        ([HELLO, {**THERE, "start": 899}], "must not overlap"),
        ([{"start": 0, "end": 5, "text": "", "score": 2}], "lies in 0..1"),
    ],
)
def test_what_is_no_transcript_is_refused_in_one_sentence(segments: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValueRefused, match=words):
        check_value(SPEAKERS, value(*segments), length=1500)


def test_words_scores_and_ids_are_no_part_of_the_answer() -> None:
    heard = {**HELLO, "id": "x", "score": 0.4, "words": [{"start": 0, "end": 900, "text": "hello", "score": 0.4}]}
    checked = check_value(FIELD, value(heard))
    assert checked["segments"][0]["words"] == [{"start": 0, "end": 900, "text": "hello", "score": 0.4}]
    assert agrees(checked, value(HELLO), 0.5)
    assert not agrees(checked, value({**HELLO, "text": "hallo"}), 0.5)


def test_a_transcript_is_told_by_its_words() -> None:
    assert describe_value(FIELD, value(HELLO, THERE)) == "hello there"
    assert describe_value(FIELD, value()) == "nothing is said"
    assert FIELD.record.describe_apart(FIELD, [HELLO, THERE]) == "2 segments, 1.5 s"


def test_transcripts_are_of_recordings_only() -> None:
    with pytest.raises(Exception, match="cannot be marked on items of the kind text"):
        read_schema("name: a\nfields: [{id: said, kind: segments}]")
    assert read_schema("name: a\nitem: audio\nfields: [{id: said, kind: segments}]").modality.one == "recording"
