"""The measures of spans and relations count what they say, and both sides are asked the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.bench.texts import relations, spans, spans_peer
from eval.bench.texts.labelled_texts import DataMissing
from eval.bench.texts.spans_score import SpanScore, read_conll, score_spans
from tools.backends.texts.span_tags import Region

A, B = "person", "place"


def test_an_equal_span_counts_one_and_an_overlap_of_the_right_type_counts_a_half() -> None:
    wanted = [[Region(0, 4, A), Region(10, 14, B), Region(20, 24, A)]]
    found = [[Region(0, 4, A), Region(8, 12, B), Region(20, 24, B), Region(30, 34, A)]]
    score = score_spans(found, wanted)
    assert score == SpanScore(right=1, touching=1, given=4, wanted=3)
    assert (score.strict, score.partial) == (2 / 7, 3 / 7)


def test_one_long_span_pairs_with_one_of_the_short_ones_only() -> None:
    score = score_spans([[Region(0, 9, A)]], [[Region(0, 4, A), Region(5, 9, A)]])
    assert (score.right, score.touching) == (0, 1)


def test_nothing_found_and_nothing_wanted_is_no_division_by_nothing() -> None:
    assert score_spans([[]], [[]]).strict == 0.0


def test_sentences_are_cut_at_lines_that_look_empty_and_offsets_count_in_the_joined_text(tmp_path: Path) -> None:
    place = tmp_path / "few.conll"
    place.write_text(
        "Zoë\tB-person\nsaw\tO\nNew\tB-location\nYork\tI-location\n\t\nhi\tO\n\nbye\tO\n", encoding="utf-8"
    )
    first, *rest = read_conll(place)
    assert first.text == "Zoë saw New York" and [one.text for one in rest] == ["hi", "bye"]
    assert [(first.text[r.start : r.end], r.label) for r in first.regions] == [
        ("Zoë", "person"),
        ("New York", "location"),
    ]
    with pytest.raises(DataMissing):
        read_conll(tmp_path / "absent.conll")


def test_a_wrong_direction_is_wrong_and_other_is_no_class() -> None:
    gold = ["Cause(e1,e2)", "Cause(e2,e1)", "Part(e1,e2)", "Other"]
    given = ["Cause(e1,e2)", "Cause(e1,e2)", "Part(e1,e2)", "Part(e1,e2)"]
    assert relations.directed_f1(gold, given) == pytest.approx((2 / 3 + 0 + 2 / 3) / 3)
    assert relations.official_f1(gold, given) == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert relations.accuracy(gold, given) == 0.5


def relation_rows(count: int) -> list[relations.Row]:
    made = []
    for n in range(count):
        kind = ("Cause-Effect(e2,e1)", "Cause-Effect(e1,e2)", "Other")[n % 3]
        text = f"the flood {('came of', 'led to', 'and')[n % 3]} rain on day {n}"
        at = text.index("rain")
        made.append(relations.Row(text, (4, 9), (at, at + 4), kind))
    return made


def test_both_sides_learn_directed_relations_from_the_same_rows() -> None:
    train, test = relation_rows(30), relation_rows(6)
    gold = [row.relation for row in test]
    assert relations.answer_ours(train, test, 0).answers == gold
    assert relations.answer_by_words(train, test, 0).answers == gold


def test_rows_of_relations_are_read_as_they_are(tmp_path: Path) -> None:
    place = tmp_path / "rows.jsonl"
    row = {"text": "a b", "e1": {"start": 0, "end": 1}, "e2": {"start": 2, "end": 3}, "relation": "Other"}
    place.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert relations.read_rows(place) == [relations.Row("a b", (0, 1), (2, 3), "Other")]


def test_without_the_sample_files_the_benches_say_where_they_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_SHARED_DATA", str(tmp_path / "nowhere"))
    for bench in (spans.spans, relations.relations):
        outcome = bench(tmp_path, True)
        assert not outcome.lines and "ASSISTANT_SHARED_DATA" in outcome.notes[0]


@pytest.mark.data
def test_without_the_peer_the_span_bench_goes_on_and_says_how_to_get_it(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans_peer, "is_installed", lambda: False)
    monkeypatch.setattr(spans, "_QUICK", 60)
    outcome = spans.spans(tmp_path, True)
    assert outcome.notes[-1] == spans_peer.MISSING
    assert all(line.peer is None for line in outcome.lines)
    assert any(line.what.startswith("strict F1") for line in outcome.lines)
