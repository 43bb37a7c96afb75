"""Names that people make up are taken as typed: no spelling is mended, no capital lost, no contraction written out."""

from __future__ import annotations

import pytest

from assistant.agent.planner.planner import plan
from assistant.agent.words.world import LastResult
from tests.agent.doubles import world
from tests.agent.test_picture_planner import pictures


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("rename Fault to Defect", "Defect"),
        ("rename fault to Detecting", "Detecting"),
        ("rename fault to exprot", "exprot"),
        ("renmae fault to Exprot", "Exprot"),
        ("rename fault to Sugestion", "Sugestion"),
        ('rename fault to "Broken  or DOA"', "Broken or DOA"),
        ("rename fault to “don't know”", "don't know"),
        ("rename fault to O'Brien's case", "O'Brien's case"),
        ("rename fault to L’été", "L’été"),
        ("rename fault to What's this", "What's this"),
        ("change the name of fault to Defect", "Defect"),
        ("call the label fault Defect from now on", "Defect"),
        ("rename fault to iPhone Isue", "iPhone Isue"),
    ],
)
def test_a_label_is_called_what_was_typed(said: str, name: str) -> None:
    (call,) = plan(said, world()).calls
    assert dict(call.arguments) == {"operation": "rename_label", "field": "intent", "label": "fault", "value": name}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("add label Exprot to intent", "Exprot"),
        ("add label DoA to intent", "DoA"),
        ("add Mesage as a label to intent", "Mesage"),
        ('add label "Can\'t say" to intent', "Can't say"),
        ("create a new label called Suport Chat in intent", "Suport Chat"),
        ("new label Defect for intent", "Defect"),
    ],
)
def test_a_new_label_is_called_what_was_typed(said: str, name: str) -> None:
    (call,) = plan(said, world()).calls
    assert dict(call.arguments) == {"operation": "add_label", "field": "intent", "label": name}


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("describe refund as Customer WANTS his mony back", "Customer WANTS his mony back"),
        ("describe refund as it's about money that isn't back", "it's about money that isn't back"),
        ('describe refund as "Money, not vouchers!"', "Money, not vouchers!"),
    ],
)
def test_a_description_is_what_was_typed(said: str, value: str) -> None:
    (call,) = plan(said, world()).calls
    assert call.arguments["value"] == value


@pytest.mark.parametrize(
    ("said", "name"), [("save this search as Exprot Me", "Exprot Me"), ('save this as "Can\'t decide"', "Can't decide")]
)
def test_a_filter_is_kept_under_the_name_that_was_typed(said: str, name: str) -> None:
    (call,) = plan(said, world(LastResult("find_items", {"state": "flagged"}, (3, 5)))).calls
    assert call.arguments["saved"] == name


def test_a_word_for_pictures_stays_in_a_new_name() -> None:
    (call,) = plan("rename Dog to Photo dog", pictures()).calls
    assert call.arguments["value"] == "Photo dog"


def test_what_stands_in_quotes_is_searched_for_as_it_was_typed() -> None:
    (call,) = plan('show messages that mention "don\'t work"', world()).calls
    assert call.arguments["words"] == '"don\'t work"'
