"""What the columns of a table become: keys, answers, annotators, columns beside the text."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from tools.errors import FormatRefused, InputError, NotFound
from tools.exchange.batch import ImportBatch
from tools.exchange.builder import SAME_KEY, TAKEN_KEY
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate(
    {
        "name": "Desk",
        "fields": [
            {"id": "intent", "kind": "choice", "labels": ["Refund", "Return"]},
            {"id": "topics", "kind": "multi_choice", "labels": ["Money", "Delivery", "a;b"]},
            {"id": "stars", "kind": "rating"},
            {"id": "note", "kind": "text"},
            {"id": "entities", "kind": "spans", "labels": ["PER"]},
        ],
    }
)
PAIRS = SCHEMA.model_copy(update={"item": "pair"})
TALKS = SCHEMA.model_copy(update={"item": "conversation"})


def _read(folder: Path, content: str, schema: LabelSchema = SCHEMA, **options: object) -> ImportBatch:
    path = folder / "in.csv"
    path.write_text(content, encoding="utf-8")
    given = {"annotator": "anna", **options}
    return read_file(path, schema, ImportOptions(**given))  # type: ignore[arg-type]


def _values(batch: ImportBatch, field: str) -> list[object]:
    return [json.loads(one["value"]) for one in batch.labels.to_pylist() if one["field"] == field]


def test_each_kind_of_cell_becomes_its_value(tmp_path: Path) -> None:
    batch = _read(
        tmp_path,
        'text,intent,topics,stars,note,entities\nHi Bo,refund,"[""Money"",""Delivery""]",4,"say ""hi""\n",'
        '"[{""start"":3,""end"":5,""label"":""PER""}]"\n',
    )
    assert [(one["field"], json.loads(one["value"])) for one in batch.labels.to_pylist()] == [
        ("intent", {"label": "refund"}),
        ("topics", {"labels": ["money", "delivery"]}),
        ("stars", {"rating": 4}),
        ("note", {"text": 'say "hi"\n'}),
        ("entities", {"spans": [{"id": "s3_5_per", "start": 3, "end": 5, "label": "per"}]}),
    ]


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("Money", ["money"]),
        ("Money; Delivery", ["money", "delivery"]),
        ("Money|Delivery", ["money", "delivery"]),
        ("a;b", ["a_b"]),
        ("[]", []),
    ],
)
def test_a_cell_with_several_labels_is_split_only_if_it_is_no_label_itself(
    tmp_path: Path, cell: str, labels: list[str]
) -> None:
    assert _values(_read(tmp_path, f'text,topics\nx,"{cell}"\n'), "topics") == [{"labels": labels}]


def test_a_label_that_is_unknown_beside_known_ones_is_dropped_alone(tmp_path: Path) -> None:
    batch = _read(tmp_path, "text,topics\nx,Money;Weather\n")
    assert _values(batch, "topics") == [{"labels": ["money"]}]
    assert batch.dropped["reason"].to_pylist() == ["'Weather' is not a label of 'topics'"]


def test_a_cell_whose_labels_are_all_unknown_is_no_answer(tmp_path: Path) -> None:
    assert _read(tmp_path, "text,topics\nx,Weather\n").labels.num_rows == 0


@pytest.mark.parametrize("cell", ["6", "0", "2.5", "good", "true"])
def test_a_rating_outside_the_scale_is_dropped_and_its_item_kept(tmp_path: Path, cell: str) -> None:
    batch = _read(tmp_path, f"text,stars\nx,{cell}\n")
    assert (batch.labels.num_rows, batch.dropped.num_rows, batch.items.num_rows) == (0, 1, 1)


def test_columns_that_are_nothing_else_are_kept_beside_the_text(tmp_path: Path) -> None:
    batch = _read(tmp_path, 'text,split,by\nx,train,\ny,,"q""\\\n"\n')
    assert batch.items["meta"].to_pylist() == ['{"split":"train"}', json.dumps({"by": 'q"\\\n'}, separators=(",", ":"))]


def test_labels_outside_the_chosen_rows_are_counted_and_hidden_from_the_items(tmp_path: Path) -> None:
    batch = _read(tmp_path, "text,intent,split\na,refund,train\nb,return,test\nc,,test\n", labels_where="split=train")
    assert batch.labels["row"].to_pylist() == [1]
    assert batch.items["meta"].to_pylist() == ['{"split":"train"}', '{"split":"test"}', '{"split":"test"}']
    assert "1 label was left out as asked: labels are taken where split=train only." in batch.notes


def test_a_condition_on_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatRefused, match="no column 'fold'"):
        _read(tmp_path, "text,intent\na,refund\n", labels_where="fold=1")


def test_labels_without_an_annotator_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"in\.csv has labels and does not say who gave them"):
        _read(tmp_path, "text,intent\na,refund\n", annotator="")


def test_items_alone_need_no_annotator(tmp_path: Path) -> None:
    batch = _read(tmp_path, "text,intent\na,refund\n", annotator="", take_labels=False)
    assert (batch.items.num_rows, batch.labels.num_rows) == (1, 0)


def test_a_mapped_column_answers_the_named_field_and_the_others_none(tmp_path: Path) -> None:
    batch = _read(tmp_path, "text,gold,intent\na,refund,return\n", label_columns=(("Gold", "Intent"),))
    assert _values(batch, "intent") == [{"label": "refund"}]
    assert json.loads(batch.items["meta"][0].as_py()) == {"intent": "return"}


def test_a_field_that_is_not_in_the_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no field 'mood'"):
        _read(tmp_path, "text,gold\na,x\n", label_columns=(("gold", "mood"),))


def test_the_key_column_is_found_by_its_name_if_it_can_be_a_key(tmp_path: Path) -> None:
    assert _read(tmp_path, "id,text\n1,a\n2,b\n").items["key"].to_pylist() == ["1", "2"]


def test_a_column_called_id_that_repeats_is_kept_beside_the_text(tmp_path: Path) -> None:
    batch = _read(tmp_path, "id,text\n1,a\n1,b\n")
    assert batch.items["key"].to_pylist() == [None, None]
    assert batch.items["meta"].to_pylist() == ['{"id":"1"}', '{"id":"1"}']


def test_equal_texts_stay_separate_items(tmp_path: Path) -> None:
    assert _read(tmp_path, "text,intent\na,refund\na,return\n").items.num_rows == 2


def test_rows_that_repeat_a_key_and_text_add_their_annotators_labels_to_one_item(tmp_path: Path) -> None:
    batch = _read(tmp_path, "item,worker,text,intent\n7,w1,a,refund\n8,w1,b,return\n7,w2,a,return\n", key_column="item")
    assert batch.items["key"].to_pylist() == ["7", "8"]
    assert [(one["row"], one["annotator"]) for one in batch.labels.to_pylist()] == [(1, "w1"), (2, "w1"), (1, "w2")]
    assert batch.rejects.to_pylist() == [{"row": 3, "reason": SAME_KEY, "excerpt": "7 | w2 | a | return"}]


def test_a_key_with_two_texts_keeps_the_first_and_rejects_the_other(tmp_path: Path) -> None:
    batch = _read(tmp_path, "item,text\n7,a\n7,b\n", key_column="item")
    assert batch.items["text"].to_pylist() == ["a"]
    assert batch.rejects["reason"].to_pylist() == [TAKEN_KEY]


def test_one_annotator_with_two_answers_keeps_the_first_and_lists_the_other(tmp_path: Path) -> None:
    batch = _read(tmp_path, "item,text,intent\n7,a,refund\n7,a,return\n7,a,refund\n", key_column="item")
    assert _values(batch, "intent") == [{"label": "refund"}]
    assert batch.dropped["reason"].to_pylist() == ["the same annotator gave another answer for the same item"]


def test_two_columns_make_a_pair_with_its_ranges(tmp_path: Path) -> None:
    batch = _read(tmp_path, "premise,hypothesis\né😀,b\n", PAIRS)
    assert batch.items["text"].to_pylist() == ["é😀\nb"]
    assert json.loads(batch.items["parts"][0].as_py()) == [
        {"role": "premise", "start": 0, "end": 2},
        {"role": "hypothesis", "start": 3, "end": 4},
    ]


def test_a_pair_with_an_empty_side_is_rejected(tmp_path: Path) -> None:
    batch = _read(tmp_path, "premise,hypothesis\na,\nb,c\n", PAIRS)
    assert batch.rejects["reason"].to_pylist() == ["one side of the pair is empty"]


def test_a_cell_of_turns_becomes_a_conversation(tmp_path: Path) -> None:
    turns = '[{""role"":""customer"",""content"":""Hi""},{""role"":""agent"",""content"":""Yes?""}]'
    batch = _read(tmp_path, f'messages\n"{turns}"\nnothing\n', TALKS)
    assert batch.items["text"].to_pylist() == ["Hi\nYes?"]
    assert [part["role"] for part in json.loads(batch.items["parts"][0].as_py())] == ["customer", "agent"]
    assert batch.rejects["reason"].to_pylist() == ["the cell is no list of turns"]


def test_single_texts_are_refused_where_the_project_asks_about_pairs(tmp_path: Path) -> None:
    with pytest.raises(FormatRefused, match="asks about pairs of texts"):
        _read(tmp_path, "text\na\n", PAIRS)


def test_an_edited_cell_of_an_export_is_a_new_answer_of_the_person_who_imports(tmp_path: Path) -> None:
    said = '[{""reviewer"":""bob"",""verdict"":""choose"",""value"":{""label"":""refund""},""exposure"":""blind""}]'
    content = (
        "key,text,intent,intent.status,intent.decisions\n"
        f'1,a,refund,agreed,"{said}"\n2,b,return,agreed,"{said}"\n3,c,,agreed,"{said}"\n'
    )
    batch = _read(tmp_path, content)
    assert [(one["row"], one["annotator"], one["value"], one["exposure"]) for one in batch.labels.to_pylist()] == [
        (1, "bob", '{"label":"refund"}', "blind"),
        (2, "anna", '{"label":"return"}', "imported_unknown"),
    ]


def test_what_only_a_model_proposed_comes_back_as_a_proposal(tmp_path: Path) -> None:
    content = "key,text,intent,intent.status,intent.score,intent.model\n1,a,refund,machine,0.75,builtin:few-shot\n"
    batch = _read(tmp_path, content, annotator="")
    assert batch.labels.num_rows == 0
    assert [(one["value"], one["score"], one["backend"]) for one in batch.proposals.to_pylist()] == [
        ('{"label":"refund"}', 0.75, "builtin:few-shot")
    ]


def test_decisions_that_are_none_are_listed(tmp_path: Path) -> None:
    batch = _read(
        tmp_path, 'key,text,intent,intent.decisions\n1,a,refund,"[{""reviewer"":""bob""}]"\n2,b,refund,nonsense\n'
    )
    assert batch.dropped["row"].to_pylist() == [1, 2]


def test_typed_columns_keep_their_types_beside_the_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["a", "b"], pa.large_string()),
            "n": pa.array([1, None]),
            "x": pa.array([0.5, float("nan")]),
            "ok": pa.array([True, False]),
            "kinds": pa.array(["p", "q"]).dictionary_encode(),
            "deep": pa.array([[{"a": 1}], None]),
            "intent": pa.array(["Refund", None]),
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet")
    batch = read_file(tmp_path / "in.parquet", SCHEMA, ImportOptions(annotator="anna"))
    assert [json.loads(one) for one in batch.items["meta"].to_pylist()] == [
        {"n": 1, "x": 0.5, "ok": True, "kinds": "p", "deep": [{"a": 1}]},
        {"ok": False, "kinds": "q"},
    ]
    assert _values(batch, "intent") == [{"label": "refund"}]


def test_the_account_always_balances(tmp_path: Path) -> None:
    batch = _read(tmp_path, "id,text,intent\n1,a,refund\n2,,refund\n3,c,other\n4\n")
    assert batch.conservation().rows == (
        ("rows", "read", 4),
        ("rows", "became items", 2),
        ("rows", "rejected: the row has 1 cell where the header has 3", 1),
        ("rows", "rejected: the text is empty", 1),
        ("labels", "taken over", 1),
        ("labels", "dropped: 'other' is not a label of 'intent'", 1),
    )


def test_a_batch_that_does_not_balance_cannot_be_made(tmp_path: Path) -> None:
    batch = _read(tmp_path, "text\na\n")
    with pytest.raises(FormatRefused, match="5 rows were read but 1 items \\+ 0 rejects are accounted for"):
        ImportBatch(batch.items, batch.labels, batch.proposals, batch.rejects, batch.dropped, 5, "x", "y", "csv")


@pytest.mark.parametrize("name", ["mail_id", "ticketId", "Mail ID", "doc-uuid", "mailID"])
def test_a_column_that_is_obviously_an_id_is_the_key_and_the_account_says_so(tmp_path: Path, name: str) -> None:
    batch = _read(tmp_path, f"{name},text,intent\nmail-1,a,refund\nmail-2,b,return\n")
    assert batch.items["key"].to_pylist() == ["mail-1", "mail-2"]
    assert f"Column {name!r} is taken as the key of the items." in batch.notes
    assert batch.items["meta"].to_pylist() == ["{}", "{}"]


@pytest.mark.parametrize(
    "name", ["user_id", "customerId", "thread id", "parent_id", "reply_to_id", "userid", "paid", "grid", "intent_id"]
)
def test_an_id_of_something_else_is_kept_beside_the_text(tmp_path: Path, name: str) -> None:
    batch = _read(tmp_path, f"{name},text\nu1,a\nu2,b\n")
    assert batch.items["key"].to_pylist() == [None, None]
    assert batch.items["meta"].to_pylist() == [json.dumps({name: one}, separators=(",", ":")) for one in ("u1", "u2")]


@pytest.mark.parametrize("rows", ["m1,a\nm1,b\n", "m1,a\n,b\n"])
def test_a_column_named_like_an_id_that_repeats_or_has_gaps_is_not_the_key(tmp_path: Path, rows: str) -> None:
    batch = _read(tmp_path, f"mail_id,text\n{rows}")
    assert batch.items["key"].to_pylist() == [None, None]
    assert "Column 'mail_id' is taken as the key of the items." not in batch.notes
    assert any(one.startswith("Column 'mail_id' repeats or has empty cells") for one in batch.notes)


def test_two_columns_that_could_be_the_key_leave_it_open(tmp_path: Path) -> None:
    batch = _read(tmp_path, "mail_id,case_id,text\nm1,c1,a\nm2,c2,b\n")
    assert batch.items["key"].to_pylist() == [None, None]


def test_a_column_that_somebody_mapped_to_a_field_is_not_the_key(tmp_path: Path) -> None:
    batch = _read(tmp_path, "note_id,text\nn1,a\nn2,b\n", label_columns=(("note_id", "note"),))
    assert batch.items["key"].to_pylist() == [None, None]
    assert _values(batch, "note") == [{"text": "n1"}, {"text": "n2"}]


def test_an_id_beside_the_usual_key_is_kept_beside_the_text(tmp_path: Path) -> None:
    batch = _read(tmp_path, "mail_id,id,text\nm1,1,a\nm2,2,b\n")
    assert batch.items["key"].to_pylist() == ["1", "2"]
    assert batch.items["meta"].to_pylist() == ['{"mail_id":"m1"}', '{"mail_id":"m2"}']
