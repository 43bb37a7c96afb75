"""Finding items: what is found, in which order, who may look, and how filters are kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ask.image_project import boxes, photo_project
from tests.store.rows import choice, spans
from tests.store.tool_context import SmallProject
from tools.ask.find import FindItemsArgs, find_items
from tools.errors import ArgumentsRefused, InputError, NotAllowed, NotFound
from tools.filters import ItemFilter, filter_from
from tools.results import ToolResult


def find(project: SmallProject, **args: Any) -> ToolResult:
    return find_items.run(find_items.read_arguments(args), project)


@pytest.fixture
def project() -> SmallProject:
    project = SmallProject()
    for number in range(1, 7):
        meta = {"channel": "email" if number % 2 else "phone note"}
        project.rows.item(f"lamp number {number} is not working", meta=meta)
    run = project.rows.run()
    for item_id, score in ((1, 0.9), (2, 0.3), (3, 0.6)):
        project.rows.proposal(run, item_id, choice("fault"), score)
    project.rows.say(4, "ann", "refund")
    project.rows.say(5, "bob", "refund")
    return project


def test_words_and_a_column_are_asked_for_in_one_line(project: SmallProject) -> None:
    result = find(project, words='"not working" channel=email lamp')
    assert result.items == (1, 3, 5)
    assert result.where == ItemFilter(words='"not working" lamp', meta="channel=email")
    assert result.text == "3 items match."


def test_a_column_value_with_a_space_is_quoted(project: SmallProject) -> None:
    assert find(project, words='channel="phone note"').items == (2, 4, 6)


def test_an_equals_sign_inside_a_phrase_is_text(project: SmallProject) -> None:
    project.rows.item("see ?a=b here")
    assert find(project, words='"?a=b here"').items == (7,)


def test_two_columns_at_once_are_refused(project: SmallProject) -> None:
    with pytest.raises(InputError, match="one condition on a column"):
        find(project, words="channel=email day=1")


def test_a_limit_cuts_what_is_shown_and_says_so(project: SmallProject) -> None:
    result = find(project, limit=2)
    assert result.items == (1, 2)
    assert result.text == "6 items match. The first 2 are shown."
    assert result.facts[0].value == 6


@pytest.mark.parametrize("limit", [0, 201])
def test_a_limit_out_of_range_is_refused(project: SmallProject, limit: int) -> None:
    with pytest.raises(InputError, match="Between 1 and 200"):
        find(project, limit=limit)


def test_newest_first_starts_at_the_end(project: SmallProject) -> None:
    assert find(project, sort="newest", limit=2).items == (6, 5)


def test_least_sure_first_orders_by_the_score_of_the_suggestion(project: SmallProject) -> None:
    result = find(project, sort="least_sure", state="suggested", limit=2)
    assert result.items == (2, 3)
    assert [row[3:] for row in result.tables[0].rows] == [("Broken thing", "0.30"), ("Broken thing", "0.60")]


def test_items_without_a_score_cannot_be_put_in_order(project: SmallProject) -> None:
    result = find(project, sort="least_sure", state="agreed")
    assert result.items == ()
    assert "cannot be put in order" in result.text


def test_blind_items_are_not_among_the_least_sure(project: SmallProject) -> None:
    project.blind = {("intent", 2)}
    assert find(project, sort="least_sure").items == (3, 1)


def test_a_blind_item_is_found_without_its_suggestion(project: SmallProject) -> None:
    project.blind = {("intent", 2)}
    result = find(project, state="suggested")
    assert result.items == (1, 2, 3)
    assert result.tables[0].rows[1][3:] == ("hidden until you decide", "")


def test_a_suggested_label_does_not_find_blind_items(project: SmallProject) -> None:
    project.blind = {("intent", 2)}
    result = find(project, state="suggested", label="Broken thing")
    assert result.items == (1, 3)
    assert result.where is not None and result.where.of_proposal


def test_a_score_that_was_not_calibrated_is_not_shown_as_a_number(project: SmallProject) -> None:
    project.rows.proposal(project.rows.run(), 6, choice("fault"), 0.99, source="uncalibrated")
    row = find(project, state="suggested", sort="newest", limit=1).tables[0].rows[0]
    assert row[4] == "not calibrated"


def test_a_label_is_named_by_id_or_name_in_any_case(project: SmallProject) -> None:
    assert find(project, label="REFUND").items == (4, 5)
    with pytest.raises(NotFound, match="it has refund, delivery, fault, cannot_tell"):
        find(project, label="refnd")


def test_only_a_lead_looks_through_anothers_decisions(project: SmallProject) -> None:
    assert find(project, reviewer="bob").items == (5,)
    assert find(project.seen_by("bob"), reviewer="bob").items == (5,)
    with pytest.raises(NotAllowed):
        find(project.seen_by("ann"), reviewer="bob")
    project.filters["bobs"] = ItemFilter(reviewer="bob")
    with pytest.raises(NotAllowed):
        find(project.seen_by("ann"), saved="bobs")


def test_reviewers_are_not_told_which_items_are_gold(project: SmallProject) -> None:
    project.rows.gold(1, choice("fault"))
    with pytest.raises(NotAllowed, match="kept from reviewers"):
        find(project.seen_by("ann"), state="gold")
    assert find(project.seen_by("pat", "engineer"), state="gold").items == (1,)


def test_a_filter_is_saved_with_conditions_and_used_without(project: SmallProject) -> None:
    result = find(project, words="lamp", saved="lamps")
    assert result.save_filter == ("lamps", ItemFilter(words="lamp"))
    assert result.text.endswith("The filter will be kept as 'lamps'.")
    project.filters["emails"] = ItemFilter(meta="channel=email")
    used = find(project, saved="emails", limit=1)
    assert (used.items, used.save_filter, used.where) == ((1,), None, ItemFilter(meta="channel=email"))


def test_nothing_found_says_so_and_lists_the_columns_there_are(project: SmallProject) -> None:
    result = find(project, words="colour=red")
    assert result.text == "No item matches. The table has the columns that the items have."
    assert result.tables[0].rows == (("channel", 6),)


def test_the_table_has_an_excerpt_and_the_text_has_none(project: SmallProject) -> None:
    project.rows.item("x" * 70 + " SECRET \u202e\x00\n" + "tail " * 30)
    result = find(project, words="secret")
    assert "SECRET" not in result.text
    cell = str(result.tables[0].rows[0][2])
    assert result.tables[0].columns[2] == "text" and len(cell) <= 80
    assert "\u202e" not in cell and "\x00" not in cell and "\n" not in cell


def test_suggested_spans_are_told_by_place_not_by_their_words(project: SmallProject) -> None:
    project.rows.proposal(project.rows.run(field="entities"), 1, spans((0, 4, "product")), field="entities")
    row = find(project, field="entities", state="suggested").tables[0].rows[0]
    assert row[3] == "product at 0–4"


def test_the_arguments_fit_small_models() -> None:
    assert len(FindItemsArgs.model_fields) == 8
    with pytest.raises(ArgumentsRefused, match="takes no argument 'colour'"):
        find_items.read_arguments({"colour": "red"})


@pytest.fixture
def photos() -> SmallProject:
    project = photo_project()
    car, dog = ("car", 0, 0, 5, 5), ("dog", 9, 9, 20, 20)
    for value in (boxes(car, car, dog), boxes(car), boxes(), None):
        item_id = project.rows.item("street/photo.jpg")
        if value is not None:
            project.rows.review(item_id, "ann", value, field="objects")
    run = project.rows.run("hub:detector", field="objects")
    project.rows.proposal(run, 4, boxes(("person", 0, 0, 5, 5), car), field="objects")
    return project


@pytest.mark.parametrize(
    ("label", "items"),
    [
        ("dog", (1,)),
        ("car", (1, 2)),
        ("car>1", (1,)),
        ("Car >= 1", (1, 2)),
        ("car = 1", (2,)),
        (">0", (1, 2)),
        ("=0", (3,)),
        ("<2", (2, 3)),
    ],
)
def test_images_are_found_by_what_is_on_them_and_how_often(
    photos: SmallProject, label: str, items: tuple[int, ...]
) -> None:
    result = find(photos, label=label)
    assert result.items == items
    assert result.tables[0].columns[:3] == ("row", "key", "picture")
    again = filter_from(result.where.to_record()) if result.where else None
    assert again == result.where


def test_suggested_objects_are_counted_where_suggestions_are_asked_for(photos: SmallProject) -> None:
    assert find(photos, label="person>0", state="suggested").items == (4,)
    assert find(photos, label="person>1", state="suggested").items == ()


def test_where_no_label_stands_the_suggested_ones_are_pointed_out(photos: SmallProject) -> None:
    text = find(photos, label="person").text
    assert text == "No item matches. 1 undecided item has it suggested; ask for what is suggested to see it."


def test_a_number_of_regions_needs_a_field_with_regions(photos: SmallProject) -> None:
    with pytest.raises(InputError, match="one answer an item"):
        find(photos, field="scene", label="day>1")
    with pytest.raises(InputError, match="fewer than no regions"):
        find(photos, label="<0")
