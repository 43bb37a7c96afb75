"""Label Studio tasks: who said what, where offsets count, what is not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal
from tools.exchange.offsets import from_units, locate, units_of
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import write_export
from tools.records import Item
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate(
    {
        "name": "LS",
        "fields": [
            {"id": "sentiment", "kind": "choice", "labels": ["Positive", "Negative"]},
            {"id": "entities", "kind": "spans", "labels": ["PER", "ORG"]},
            {"id": "links", "kind": "relations", "over": "entities", "labels": ["works for"]},
            {"id": "stars", "kind": "rating"},
            {"id": "note", "kind": "text"},
        ],
    }
)
TEXT = "😀 Bo works for Acme."


def _result(kind: str, value: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "from_name": name, "to_name": "text", **more}


def _region(start: int, end: int, quote: str | None, label: str = "PER", **more: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": [label], **({"text": quote} if quote is not None else {})}
    return _result("labels", value, "entities", **more)


def _import(folder: Path, tasks: Any, **options: Any) -> ImportBatch:
    path = folder / "tasks.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return read_file(path, SCHEMA, ImportOptions(annotator="declared", **options))


def _task(*results: dict[str, Any], text: str = TEXT, **annotation: Any) -> dict[str, Any]:
    said = {"id": 5, "completed_by": {"id": 3, "email": "bo@example.com"}, "result": list(results), **annotation}
    return {"id": 1, "data": {"text": text, "channel": "email"}, "annotations": [said], "predictions": []}


def _labels(batch: ImportBatch) -> list[tuple[str, str, Any]]:
    return [
        (one["field"], one["annotator"], json.loads(one["value"]) if one["value"] else one["verdict"])
        for one in batch.labels.to_pylist()
    ]


def test_every_readable_kind_of_result_becomes_a_value(tmp_path: Path) -> None:
    batch = _import(
        tmp_path,
        [
            _task(
                _result("choices", {"choices": ["Positive"]}, "sentiment"),
                _region(3, 5, "Bo", id="r1"),
                _region(16, 20, "Acme", "ORG", id="r2"),
                {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right", "labels": ["works for"]},
                _result("rating", {"rating": 4}, "stars"),
                _result("textarea", {"text": ["fine"]}, "note"),
            )
        ],
    )
    spans = [
        {"id": "r1", "start": 2, "end": 4, "label": "per"},
        {"id": "r2", "start": 15, "end": 19, "label": "org"},
    ]
    assert _labels(batch) == [
        ("sentiment", "bo@example.com", {"label": "positive"}),
        ("entities", "bo@example.com", {"spans": spans}),
        ("stars", "bo@example.com", {"rating": 4}),
        ("note", "bo@example.com", {"text": "fine"}),
        (
            "links",
            "bo@example.com",
            {"relations": [{"id": "r_r1_r2_works_for", "label": "works_for", "from": "r1", "to": "r2"}]},
        ),
    ]
    assert batch.items["meta"].to_pylist() == ['{"channel":"email"}']


@pytest.mark.parametrize(("start", "end"), [(3, 5), (2, 4)])
def test_the_quoted_text_decides_whether_offsets_count_units_or_points(tmp_path: Path, start: int, end: int) -> None:
    batch = _import(tmp_path, [_task(_region(start, end, "Bo"))])
    ((_, _, value),) = _labels(batch)
    assert (value["spans"][0]["start"], value["spans"][0]["end"]) == (2, 4)


def test_a_region_whose_quote_stands_nowhere_near_is_dropped(tmp_path: Path) -> None:
    batch = _import(tmp_path, [_task(_region(6, 8, "Bo"))])
    assert batch.dropped["reason"].to_pylist() == ["the quoted text does not stand at the offsets"]


def test_a_region_without_a_quote_behind_an_emoji_is_dropped_for_nobody_can_tell(tmp_path: Path) -> None:
    batch = _import(tmp_path, [_task(_region(3, 5, None))])
    assert batch.dropped["reason"].to_pylist() == ["the text has no quote that says how its offsets count"]


def test_a_region_without_a_quote_in_plain_text_is_taken(tmp_path: Path) -> None:
    batch = _import(tmp_path, [_task(_region(0, 2, None), text="Bo!")])
    assert batch.dropped.num_rows == 0 and batch.labels.num_rows == 1


def test_a_cancelled_annotation_is_a_skip_of_every_field(tmp_path: Path) -> None:
    batch = _import(tmp_path, [_task(_region(3, 5, "Bo"), was_cancelled=True)])
    assert {(one["field"], one["verdict"], one["value"]) for one in batch.labels.to_pylist()} == {
        (spec.id, "skip", None) for spec in SCHEMA.fields
    }


def test_predictions_become_proposals_with_model_and_score_and_never_labels(tmp_path: Path) -> None:
    task = _task()
    task["annotations"] = []
    task["predictions"] = [{"model_version": "m1", "score": 0.5, "result": [_region(3, 5, "Bo")]}]
    batch = _import(tmp_path, [task])
    assert batch.labels.num_rows == 0
    assert [(one["backend"], one["score"], one["state"]) for one in batch.proposals.to_pylist()] == [("m1", 0.5, "ok")]


@pytest.mark.parametrize("kind", ["taxonomy", "rectanglelabels", "paragraphlabels"])
def test_results_of_other_kinds_are_listed_and_the_item_kept(tmp_path: Path, kind: str) -> None:
    batch = _import(tmp_path, [_task(_result(kind, {kind: [["A", "B"]]}, "entities"))])
    assert batch.dropped["reason"].to_pylist() == [f"results of type {kind!r} are not read"]
    assert batch.items.num_rows == 1


def test_a_task_without_text_is_rejected(tmp_path: Path) -> None:
    batch = _import(tmp_path, [{"id": 1, "data": {"image": "x.png"}, "annotations": []}])
    assert batch.rejects["reason"].to_pylist() == ["there is no text"]


def test_the_flat_form_is_read_with_its_annotators_on_one_item(tmp_path: Path) -> None:
    shared = {"id": 7, "text": "Bo sings", "created_at": "2026-01-01T00:00:00Z", "lead_time": 1.0}
    rows = [
        shared | {"annotation_id": 1, "annotator": 4, "sentiment": "Positive", "stars": [{"rating": 2}]},
        shared
        | {"annotation_id": 2, "annotator": 5, "entities": [{"start": 0, "end": 2, "text": "Bo", "labels": ["PER"]}]},
    ]
    batch = _import(tmp_path, rows)
    assert batch.items.num_rows == 1
    assert [(field, who) for field, who, _ in _labels(batch)] == [("sentiment", "4"), ("stars", "4"), ("entities", "5")]


def test_two_texts_of_a_pair_have_offsets_of_their_own(tmp_path: Path) -> None:
    schema = SCHEMA.model_copy(update={"item": "pair"})
    region = _region(0, 2, "Bo") | {"to_name": "text2"}
    path = tmp_path / "pairs.json"
    path.write_text(
        json.dumps([{"id": 1, "data": {"text1": "Al", "text2": "Bo"}, "annotations": [{"result": [region]}]}])
    )
    batch = read_file(path, schema, ImportOptions(annotator="anna"))
    span = json.loads(batch.labels["value"][0].as_py())["spans"][0]
    assert batch.items["text"][0].as_py()[span["start"] : span["end"]] == "Bo"


def _written(folder: Path, **options: Any) -> tuple[dict[str, Any], str]:
    value = {"spans": [{"id": "s1", "start": 2, "end": 4, "label": "per"}]}
    other = {"spans": [{"id": "s1", "start": 2, "end": 4, "label": "org"}]}
    said = (ExportDecision("anna", "choose", value), ExportDecision("bo", "choose", other))
    proposal = ExportProposal(9, 2, value, 0.7, "calibrated", "hub:tagger")
    field = ExportField("entities", "agreed", value, said, proposal)
    target = folder / "out.json"
    write_export(
        "label_studio", [ExportItem(Item(1, "k", TEXT), {"entities": field})], SCHEMA, target, ExportOptions(**options)
    )
    return json.loads(target.read_text("utf-8"))[0], (folder / "out.label_config.xml").read_text("utf-8")


def test_written_offsets_count_units_beside_their_quote(tmp_path: Path) -> None:
    task, _ = _written(tmp_path)
    assert task["annotations"][0]["result"][0]["value"] == {"start": 3, "end": 5, "text": "Bo", "labels": ["PER"]}


def test_the_agreed_annotation_is_the_ground_truth_and_the_overruled_one_is_not(tmp_path: Path) -> None:
    task, _ = _written(tmp_path)
    assert [one["ground_truth"] for one in task["annotations"]] == [True, False]


def test_no_id_is_used_twice_in_a_task(tmp_path: Path) -> None:
    task, _ = _written(tmp_path)
    parts = [*task["annotations"], *task["predictions"]]
    ids = [task["id"], *(one["id"] for one in parts), *(region["id"] for one in parts for region in one["result"])]
    assert len(set(ids)) == len(ids)


def test_predictions_carry_model_and_score(tmp_path: Path) -> None:
    task, _ = _written(tmp_path)
    assert [(one["model_version"], one["score"]) for one in task["predictions"]] == [("hub:tagger", 0.7)]


def test_the_config_has_a_control_for_every_field_that_is_written(tmp_path: Path) -> None:
    _, config = _written(tmp_path)
    assert [config.count(f'name="{spec.id}"') for spec in SCHEMA.fields if spec.kind != "relations"] == [1, 1, 1, 1]
    assert '<Relation value="works for"/>' in config


@given(st.text(alphabet="a😀é\u2028", max_size=8), st.data())
def test_units_and_points_are_inverse(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    units = units_of(text)
    assert from_units(text, units[start], units[end]) == (start, end)
    assert len(text.encode("utf-16-le")) == 2 * units[-1]


@given(st.text(alphabet="a😀b", min_size=1, max_size=8), st.data())
def test_a_range_in_units_with_its_quote_is_found_again(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    units = units_of(text)
    assert locate(text, units[start], units[end], text[start:end]) == (start, end)


def test_annotations_that_were_cancelled_are_counted_in_a_note(tmp_path: Path) -> None:
    tasks = [{**_task(was_cancelled=True, text=text), "id": at} for at, text in enumerate(("one", "two"), 1)]
    batch = _import(tmp_path, [*tasks, {**_task(text="three"), "id": 3}])
    assert batch.notes == ("2 cancelled annotations were taken as skips.",)
    assert _import(tmp_path, tasks[:1]).notes == ("1 cancelled annotation was taken as a skip.",)
