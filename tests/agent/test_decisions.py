from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.agent.decisions.decision_records import BulkWords, CardInHand, OneDecision, Question, UndoLast
from assistant.agent.decisions.grammar import read_decision
from assistant.agent.words.names import surface
from assistant.cards import label_keys
from tools.modalities.registry import MODALITIES
from tools.schema import FieldSpec, LabelSchema, read_schema, schema_from_labels
from tools.values import value_labels

HERE = Path(__file__).parent
SCHEMA = read_schema((HERE.parents[1] / "assistant" / "demo" / "schema.yaml").read_text(encoding="utf-8"))
CASES: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "decision_words.yaml").read_text(encoding="utf-8"))
SUGGESTED: dict[str, dict[str, Any]] = {
    "intent": {"label": "refund"},
    "topics": {"labels": ["quality"]},
    "urgency": {"rating": 2},
    "note": {"text": "none yet"},
    "entities": {"spans": [{"id": "s1", "start": 0, "end": 4, "label": "product"}]},
}
YES_NO = LabelSchema.model_validate(
    {"name": "Asked", "fields": [{"id": "asked", "kind": "choice", "labels": ["Yes", "No"]}]}
).fields[0]


def card_of(name: str) -> CardInHand | None:
    if name == "none":
        return None
    if name == "yes_no":
        return CardInHand(1, YES_NO, {"label": "no"})
    spec = SCHEMA.field("intent" if name == "blind" else name)
    elsewhere = {surface(label.name): one.name for one in SCHEMA.fields if one.id != spec.id for label in one.labels}
    keys = {key: label_id for label_id, key in label_keys(spec).items()}
    return CardInHand(1, spec, SUGGESTED.get(name), keys, elsewhere)


def in_words(decision: object, field: FieldSpec | None) -> str:
    """What came out, written as in the case file."""
    if decision is None:
        return "-"
    if isinstance(decision, Question):
        return "ask"
    if isinstance(decision, UndoLast):
        return "undo"
    if not isinstance(decision, OneDecision):
        return repr(decision)
    value = decision.value
    said = "" if value is None else " " + _say(value)
    reason = f" | {decision.reason}" if decision.reason else ""
    return f"{decision.verdict}{said}{reason}"


def _say(value: Any) -> str:
    if value.get("spans"):
        return "spans"
    if "text" in value:
        return str(value["text"])
    return "+".join(value_labels(value)) or "(empty)"


@pytest.mark.parametrize(
    ("card", "text", "expected"),
    [(card, text, expected) for card, lines in CASES.items() for text, expected in lines.items()],
    ids=lambda one: str(one)[:40],
)
def test_a_sentence_is_read_as_the_decision_it_is(card: str, text: str, expected: Any) -> None:
    in_hand = card_of(card)
    found = read_decision(text, in_hand, SCHEMA)
    if not isinstance(expected, dict):
        assert in_words(found, in_hand.field if in_hand else None) == expected
        return
    assert isinstance(found, BulkWords)
    assert {key: _plain(getattr(found, key)) for key in expected} == expected
    unnamed = {"is_all": False, "those": False, "first": None, "label": "", "but_label": "", "score_min": None}
    assert {key: getattr(found, key) for key in unnamed if key not in expected and key != "is_all"} == {
        key: value for key, value in unnamed.items() if key not in expected and key != "is_all"
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_the_case_file_has_enough_sentences_of_both_kinds() -> None:
    every = [expected for lines in CASES.values() for expected in lines.values()]
    assert len(every) >= 120
    assert sum(expected == "-" for expected in every) >= 40


def test_every_option_of_a_question_is_itself_a_decision_the_grammar_reads() -> None:
    for card, lines in CASES.items():
        in_hand = card_of(card)
        for text, expected in lines.items():
            found = read_decision(text, in_hand, SCHEMA)
            if expected != "ask" or in_hand is None or not isinstance(found, Question):
                continue
            for option in found.options:
                again = read_decision(option, in_hand, SCHEMA)
                assert isinstance(again, OneDecision), (card, text, option)


def test_two_labels_that_are_alike_are_not_guessed_between() -> None:
    schema = LabelSchema.model_validate(
        {
            "name": "Alike",
            "fields": [{"id": "kind", "kind": "choice", "labels": ["Refund request", "Refund status", "Other"]}],
        }
    )
    card = CardInHand(1, schema.fields[0])
    found = read_decision("it's a refund", card, schema)
    assert isinstance(found, Question)
    assert found.options == ("label: Refund request", "label: Refund status")


def test_a_label_that_is_called_like_a_decision_word_is_asked_about() -> None:
    schema = LabelSchema.model_validate(
        {"name": "Odd", "fields": [{"id": "kind", "kind": "choice", "labels": ["Skip", "Go"]}]}
    )
    card = CardInHand(1, schema.fields[0])
    found = read_decision("skip", card, schema)
    assert isinstance(found, Question)
    first, second = (read_decision(option, card, schema) for option in found.options)
    assert first == OneDecision("choose", {"label": "skip"})
    assert second == OneDecision("skip")


def test_a_very_long_paste_is_no_decision() -> None:
    assert read_decision("it's a refund " * 400, card_of("intent"), SCHEMA) is None


@pytest.mark.parametrize("reason", sorted({reason for one in MODALITIES.values() for reason in one.reasons}))
def test_every_reason_that_the_page_offers_is_understood_in_the_chat(reason: str) -> None:
    assert read_decision(f"reject {reason}", card_of("intent"), SCHEMA) == OneDecision("reject", reason=reason)


def test_a_label_called_like_the_key_of_another_is_meant_by_its_name() -> None:
    schema = schema_from_labels(["good", "0", "1", "2", "undo"])
    field = schema.main_field()
    keys = label_keys(field)
    assert keys == {"good": "3", "0": "0", "1": "1", "2": "2", "undo": "4"}
    card = CardInHand(1, field, None, {key: label for label, key in keys.items()})
    for words, label in (("1", "1"), ("0", "0"), ("label it undo", "undo"), ("3", "good")):
        assert read_decision(words, card, schema) == OneDecision("choose", {"label": label}), words
