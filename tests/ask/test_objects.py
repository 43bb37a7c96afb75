"""Objects of images: matching by hand, and what the metrics say of agreement, gold, suggestions and labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ask.image_project import PHOTOS, ask, boxes, fact, photo_project
from tests.store.tool_context import SmallProject
from tools.ask.objects.marked import compare_values, total
from tools.ask.objects.taken import object_fates
from tools.geometry.masks import encode
from tools.intervals import RatioSums


@pytest.fixture
def project() -> SmallProject:
    return photo_project()


CAR = ("car", 0.0, 0.0, 10.0, 10.0)
NEAR_CAR = ("car", 0.0, 0.0, 10.0, 9.0)  # IoU 0.9
DOG = ("dog", 50.0, 50.0, 60.0, 60.0)
FAR = ("person", 80.0, 80.0, 90.0, 90.0)


def test_the_same_object_overlaps_and_has_the_same_label() -> None:
    found = compare_values(boxes(CAR, DOG), boxes(NEAR_CAR, FAR), 0.7)
    assert (found.hits, found.missed, found.extra, found.moved) == (1, 1, 1, 0)
    assert found.overlap["car"] == pytest.approx(0.9)


def test_an_object_that_overlaps_too_little_is_missing_and_extra() -> None:
    found = compare_values(boxes(CAR), boxes(NEAR_CAR), 0.95)
    assert (found.hits, found.missed, found.extra) == (0, 1, 1)


def test_another_label_in_the_same_place_is_neither_missed_nor_extra() -> None:
    found = compare_values(boxes(CAR), boxes(("dog", 0, 0, 10, 10)), 0.7)
    assert (found.hits, found.missed, found.extra, dict(found.renamed)) == (0, 0, 0, {("car", "dog"): 1})


def test_a_label_is_matched_to_its_own_kind_where_two_kinds_lie_in_one_place() -> None:
    cat_like = ("dog", 0.0, 0.0, 10.0, 10.0)
    found = compare_values(boxes(CAR, cat_like), boxes(cat_like, NEAR_CAR), 0.7)
    assert (found.hits, found.moved) == (2, 0)


corner = st.integers(0, 20)
box = st.builds(lambda label, x, y: (label, x, y, x + 8, y + 8), st.sampled_from(["car", "dog"]), corner, corner)


@given(st.lists(box, max_size=5), st.lists(box, max_size=5))
def test_every_object_is_found_missed_or_renamed_and_both_ways_agree(one: list, other: list) -> None:  # type: ignore[type-arg]
    there, back = (compare_values(boxes(*a), boxes(*b), 0.5) for a, b in ((one, other), (other, one)))
    assert there.hits + there.missed + there.moved == len(other)
    assert there.hits + there.extra + there.moved == len(one)
    assert (there.hits, there.moved, there.missed) == (back.hits, back.moved, back.extra)


def test_masks_are_matched_by_their_pixels() -> None:
    one, other = np.zeros((20, 20), dtype=bool), np.zeros((20, 20), dtype=bool)
    one[:10], other[:8] = True, True
    values = [{"masks": [{"id": "m", "label": "car", "size": [20, 20], "counts": encode(m)}]} for m in (one, other)]
    assert compare_values(values[0], values[1], 0.7).overlap == {"car": pytest.approx(0.8)}


def agreeing(project: SmallProject) -> None:
    """Three photographs of two people: one the same, one with an object more, one under another label."""
    project.rows.items(3)
    said = {
        "ann": [boxes(CAR, DOG), boxes(CAR), boxes(CAR)],
        "ben": [boxes(NEAR_CAR, DOG), boxes(CAR, FAR), boxes(("dog", 0, 0, 10, 10))],
    }
    for who, values in said.items():
        for item_id, value in enumerate(values, 1):
            project.rows.review(item_id, who, value, field="objects", exposure="blind")


def test_agreement_on_boxes_is_the_f1_of_matched_objects(project: SmallProject) -> None:
    agreeing(project)
    result = ask(project, "agreement", field="objects")
    assert fact(result, "pairwise_f1").value == pytest.approx(2 * 3 / 9)
    assert fact(result, "pairwise_f1").n == 3
    assert fact(result, "mean_iou").value == pytest.approx(2.9 / 3)
    assert "mean pairwise F1 of the objects of Objects is 0.67" in result.text
    assert "IoU of at least 0.7" in result.text
    assert (fact(result, "objects_of_one_only").value, fact(result, "objects_under_another_label").value) == (1, 1)
    assert "SELECT item_id, reviewer, value" in fact(result, "pairwise_f1").sql


def test_the_setting_says_when_two_objects_are_the_same(project: SmallProject) -> None:
    agreeing(project)
    project.settings = {**project.settings, "same_region_iou": 0.95}
    assert fact(ask(project, "agreement", field="objects"), "objects_matched").value == 2


def test_two_people_named_together_are_told_what_each_marked_alone(project: SmallProject) -> None:
    agreeing(project)
    text = ask(project, "agreement", field="objects", reviewer="ann, ben").text
    assert "Ann and ben share 3 items of Objects: their F1 of objects is 0.67" in text
    assert "ben marked 1 object that ann did not" in text


def test_a_reviewer_sees_no_names_in_agreement_on_objects(project: SmallProject) -> None:
    agreeing(project)
    result = ask(project.seen_by("ann"), "agreement", field="objects")
    assert fact(result, "pairwise_f1").value == pytest.approx(2 * 3 / 9)
    assert "ben" not in str(result.tables) and "reviewer, value" not in fact(result, "pairwise_f1").sql


def test_agreement_on_objects_is_undefined_in_words(project: SmallProject) -> None:
    project.rows.items(1)
    assert "undefined: no item has two opinions" in ask(project, "agreement", field="objects").text
    for who in ("ann", "ben"):
        project.rows.review(1, who, boxes(), field="objects")
    result = ask(project, "agreement", field="objects")
    assert "on the 1 item that two people saw, nobody marked anything" in result.text
    assert fact(result, "pairwise_f1").value is None


def test_choices_on_images_have_alpha_and_kappa(project: SmallProject) -> None:
    project.rows.items(30)
    for item_id in range(1, 31):
        for who, flip in (("ann", False), ("ben", item_id % 10 == 0)):
            label = "day" if (item_id % 2 == 0) != flip else "night"
            project.rows.review(item_id, who, {"label": label}, field="scene", exposure="blind")
    result = ask(project, "agreement", field="scene", reviewer="ann, ben")
    assert fact(result, "kappa").value == pytest.approx(0.8, abs=0.02)


def test_accuracy_on_gold_of_boxes_has_precision_recall_and_what_is_missing(project: SmallProject) -> None:
    rows = project.rows
    rows.items(2)
    run = rows.run("hub:detector", field="objects")
    for item_id in (1, 2):
        rows.gold(item_id, boxes(CAR, DOG), field="objects")
        rows.proposal(run, item_id, boxes(CAR), field="objects")
        rows.review(item_id, "ann", boxes(NEAR_CAR, FAR) if item_id == 1 else boxes(CAR, DOG), field="objects")
    result = ask(project, "accuracy_on_gold", field="objects")
    assert fact(result, "accuracy[ann]").value == pytest.approx(2 * 3 / 8)
    assert fact(result, "precision[ann]").value == pytest.approx(3 / 4)
    assert fact(result, "recall[ann]").value == pytest.approx(3 / 4)
    assert (fact(result, "missed_objects[ann]").value, fact(result, "extra_objects[ann]").value) == (1, 1)
    assert fact(result, "accuracy_on_gold[hub:detector]").value == pytest.approx(2 * 2 / 6)
    assert fact(result, "precision[hub:detector]").value == 1
    assert "ann found 3 of 4 gold objects, missed 1, marked 1 too many" in result.text
    by_label = next(table for table in result.tables if table.title == "People on gold, by label")
    assert by_label.rows[1] == ("ann", "Dog", 2, 1, 1, 0, 0, "1.00", "0.50", "0.67", "1.00")


def test_blind_boxes_that_the_gold_may_be_made_from_are_left_out(project: SmallProject) -> None:
    rows = project.rows
    rows.items(1)
    rows.review(1, "ann", boxes(CAR), field="objects", exposure="blind")
    rows.gold(1, boxes(CAR), field="objects")
    result = ask(project, "accuracy_on_gold", field="objects")
    assert fact(result, "accuracy[ann]").value is None
    assert "1 blind label given before the mark is left out" in result.text


def test_a_detector_that_never_learns_counts_against_labels_that_were_there_before(project: SmallProject) -> None:
    rows = project.rows
    rows.items(1)
    rows.review(1, "ann", boxes(FAR), field="objects", exposure="blind")
    for backend in ("builtin:people", "builtin:few-shot"):
        rows.proposal(rows.run(backend, field="objects"), 1, boxes(FAR), field="objects")
    result = ask(project, "accuracy_on_gold", field="objects")
    assert fact(result, "accuracy_on_blind[builtin:people]").value == 1
    assert fact(result, "accuracy_on_blind[builtin:few-shot]").value is None


def test_each_suggested_object_has_a_fate() -> None:
    suggested = boxes(CAR, DOG, FAR, ("car", 20, 20, 30, 30))
    decided = {
        "boxes": [
            suggested["boxes"][0],
            {**suggested["boxes"][1], "label": "person"},
            {**suggested["boxes"][2], "box": [81, 80, 90, 90]},
            {"id": "new", "label": "dog", "box": [1, 1, 5, 5]},
        ]
    }
    fates = [("car", "kept"), ("dog", "relabelled"), ("person", "reshaped"), ("car", "removed"), ("dog", "added")]
    assert object_fates(suggested, decided) == fates


def test_scores_and_prompts_do_not_make_an_object_another_one() -> None:
    bare = boxes(CAR)["boxes"][0]
    told = {"boxes": [{**bare, "score": 0.7, "prompts": {"clicks": [[1, 1, 1]]}}]}
    assert object_fates(told, {"boxes": [bare]}) == [("car", "kept")]


def test_acceptance_of_boxes_tells_what_became_of_each(project: SmallProject) -> None:
    rows = project.rows
    rows.items(2)
    run = rows.run("hub:detector", field="objects")
    for item_id, decided, verdict in ((1, boxes(CAR, DOG), "accept"), (2, boxes(CAR), "edit")):
        proposal = rows.proposal(run, item_id, boxes(CAR, DOG), field="objects")
        rows.review(item_id, "ann", decided, verdict=verdict, field="objects", proposal=proposal)
    result = ask(project, "acceptance", field="objects")
    assert fact(result, "unchanged").value == 0.5
    assert fact(result, "objects_kept").value == 0.75
    assert fact(result, "objects_removed").value == 0.25
    assert "of 4 suggested objects: kept 75 %" in result.text
    assert result.tables[-1].rows == (("Car", 2, 0, 0, 0, 0), ("Dog", 1, 0, 0, 1, 0))
    only_dogs = ask(project, "acceptance", field="objects", label="dog", by="label")
    assert fact(only_dogs, "objects_kept").value == 0.5


def test_label_shares_of_boxes_count_items_and_objects(project: SmallProject) -> None:
    rows = project.rows
    rows.items(3)
    for item_id, value in enumerate((boxes(CAR, ("car", 20, 20, 30, 30), DOG), boxes(CAR), boxes()), 1):
        rows.review(item_id, "ann", value, field="objects")
    result = ask(project, "label_distribution", field="objects")
    assert fact(result, "share[car]").value == pytest.approx(2 / 3)
    assert (fact(result, "objects").value, fact(result, "objects[car]").value) == (4, 3)
    assert fact(result, "items_without_objects").value == 1
    assert "4 objects are marked on them, 1.3 an item in the mean and 3 at most; 1 item has none" in result.text
    assert "Car is on the largest share" in result.text
    mine = ask(project, "label_distribution", field="objects", label="dog", reviewer="ann")
    assert "Dog is on 33.3 %" in mine.text and "Of these, 1 is Dog" in mine.text


@pytest.mark.parametrize(
    ("metric", "said"),
    [("coverage", "right in parts"), ("learning_curve", "another kind")],
)
def test_metrics_without_a_meaning_for_boxes_say_so(project: SmallProject, metric: str, said: str) -> None:
    project.rows.items(1)
    assert said in ask(project, metric, field="objects").text


def test_sums_of_comparisons_are_those_of_their_parts() -> None:
    one = compare_values(boxes(CAR, DOG), boxes(NEAR_CAR), 0.7)
    both = total([one, one])
    assert (both.hits, both.extra, both.overlap["car"]) == (2, 2, pytest.approx(1.8))
    assert PHOTOS.field("objects").is_image_region and RatioSums(0, 0, 0, 0, 0, 0).n == 0


def test_the_items_behind_a_share_of_a_label_can_be_opened(project: SmallProject) -> None:
    rows = project.rows
    rows.items(3)
    for item_id, value in enumerate((boxes(CAR, DOG), boxes(CAR), boxes()), 1):
        rows.review(item_id, "ann", value, field="objects")
    where = fact(ask(project, "label_distribution", field="objects"), "share[car]").where
    assert where is not None and project.items.find(where).ids.tolist() == [1, 2]
