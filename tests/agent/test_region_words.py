"""Decision words about the regions of the picture in hand, sentence by sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.agent.decisions.decision_records import BulkWords, CardInHand, OneDecision, Question
from assistant.agent.decisions.grammar import read_decision
from tests.ask.image_project import boxes
from tools.schema import read_schema
from tools.values import check_value

SCHEMA = read_schema(
    """
name: Street
item: image
fields:
  - {id: objects, name: Objects, kind: boxes, labels: [Car, Dog, Person, Truck], attributes: [occluded]}
"""
)
FIELD = SCHEMA.fields[0]
CASES: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_name("region_words.yaml").read_text(encoding="utf-8")
)


def at(*labels: str) -> dict[str, Any]:
    return boxes(*((label, 20.0 * n, 0.0, 20.0 * n + 10, 10.0) for n, label in enumerate(labels)))


CARDS = {
    "street": CardInHand(1, FIELD, at("car", "dog", "car", "dog", "person")),
    "one": CardInHand(1, FIELD, at("dog")),
    "bare": CardInHand(1, FIELD),
    "own": CardInHand(1, FIELD, at("car", "dog"), standing=at("car")),
}


def in_words(decision: object, card: CardInHand) -> str:
    """What came out, written as in the case file."""
    if decision is None:
        return "-"
    if isinstance(decision, Question):
        return "ask"
    assert isinstance(decision, OneDecision), decision
    if decision.value is None:
        return decision.verdict
    check_value(FIELD, decision.value, size=(200, 100))
    after = {region["id"]: region["label"] for region in decision.value["boxes"]}
    told = [f"{after.get(key, '-')}:{verdict[0]}" for key, verdict in decision.regions.items()]
    return f"{decision.verdict} {' '.join(told) or '(empty)'}"


@pytest.mark.parametrize(
    ("card", "text", "expected"), [(card, text, said) for card, lines in CASES.items() for text, said in lines.items()]
)
def test_a_sentence_about_the_picture_in_hand_is_read_as_the_decision_it_is(
    card: str, text: str, expected: str
) -> None:
    shown, then = CARDS[card], expected.removeprefix("ask, then ")
    found = read_decision(text, shown, SCHEMA)
    if then != expected:
        assert isinstance(found, Question)
        found = read_decision(found.options[0], shown, SCHEMA)
    assert in_words(found, shown) == then


@pytest.mark.parametrize(
    ("card", "text"), [(card, text) for card, lines in CASES.items() for text, said in lines.items() if said == "ask"]
)
def test_every_option_of_a_question_about_regions_is_read_as_a_decision(card: str, text: str) -> None:
    found = read_decision(text, CARDS[card], SCHEMA)
    assert isinstance(found, Question)
    for option in found.options:
        read = read_decision(option, CARDS[card], SCHEMA)
        if isinstance(read, Question):  # about the regions that are still open
            read = read_decision(read.options[0], CARDS[card], SCHEMA)
        assert isinstance(read, OneDecision), option


def test_a_flag_is_set_and_taken_off_by_its_name() -> None:
    found = read_decision("box 2 is occluded, accept the rest", CARDS["street"], SCHEMA)
    assert isinstance(found, OneDecision) and found.value is not None
    assert found.value["boxes"][1]["attributes"] == {"occluded": True}
    card = CardInHand(1, FIELD, found.value)
    again = read_decision("box 2 is not occluded, accept the rest", card, SCHEMA)
    assert isinstance(again, OneDecision) and again.value is not None
    assert "attributes" not in again.value["boxes"][1]


def test_a_score_of_the_model_does_not_stay_on_what_a_person_decided() -> None:
    scored = {"boxes": [{**region, "score": 0.9} for region in at("car", "dog")["boxes"]]}
    found = read_decision("accept all but 2", CardInHand(1, FIELD, scored), SCHEMA)
    assert isinstance(found, OneDecision) and found.value is not None
    assert found.value["boxes"] == at("car")["boxes"]


def test_bulk_words_stay_bulk_words_beside_a_picture() -> None:
    for text in ("accept all suggestions", "accept all dogs above 0.9", "accept all pictures but 3"):
        assert isinstance(read_decision(text, CARDS["street"], SCHEMA), (BulkWords, type(None)))
    assert isinstance(read_decision("accept all suggestions", CARDS["street"], SCHEMA), BulkWords)
