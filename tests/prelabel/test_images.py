"""Suggestions for pictures: choices learned from how they look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.images.boxed_pictures import SHAPES, Boxed, boxed_pictures
from tests.fake_context import FakeContext, carry_out, prepare
from tests.pictures import coloured
from tools.errors import InputError
from tools.geometry.regions import region_iou
from tools.labels import Label
from tools.prelabel.tool import PrelabelArgs, prelabel
from tools.results import ToolResult
from tools.sample.lookalikes import lookalikes
from tools.sample.tool import SampleArgs, sample
from tools.schema import LabelSchema

COLOUR = LabelSchema.model_validate(
    {
        "name": "Colours",
        "item": "image",
        "fields": [{"name": "Colour", "kind": "choice", "labels": ["red", "blue"]}],
    }
)


@pytest.fixture
def project(tmp_path: Path) -> FakeContext:
    """Twelve pictures of red and blue discs in turn."""
    ctx = FakeContext(COLOUR, **{"backend.embedder": ""})
    for place, _ in coloured(tmp_path, 12):
        ctx.add_image(place)
    return ctx


def run(ctx: FakeContext, **arguments: str) -> ToolResult:
    return prelabel.run(PrelabelArgs(**arguments), ctx)


def test_before_the_first_answer_one_sentence_asks_for_a_few(project: FakeContext) -> None:
    result = run(project)
    assert result.work is None
    assert "answer 'Colour' for about 3 items of each label first" in result.text


def test_a_choice_is_learned_from_how_pictures_look(project: FakeContext) -> None:
    for item, colour in ((1, "red"), (2, "blue"), (3, "red"), (4, "blue")):
        project.decide(item, {"label": colour})
    result = run(project, state="undecided")
    assert "knows no things and no words" in result.text
    drafts = carry_out(result, prelabel.work, project, prepare(result, prelabel.work, project))
    assert {draft.item_id: (draft.value or {})["label"] for draft in drafts} == {
        item: "red" if item % 2 else "blue" for item in range(5, 13)
    }
    assert {draft.score_source for draft in drafts} == {"uncalibrated"}


def test_names_alone_say_nothing_to_image_features(project: FakeContext) -> None:
    project.decide(1, {"label": "red"})
    assert "say nothing to builtin:image-features" in run(project, backend="builtin:zero-shot").text


def test_the_nearest_pictures_of_one_at_hand_look_like_it(project: FakeContext) -> None:
    found = lookalikes(project, 1, "colour", 3)
    assert len(found) == 3 and all(item % 2 for item in found) and 1 not in found


def test_sampling_by_likeness_takes_a_picture_and_refuses_words(project: FakeContext) -> None:
    found = sample.run(SampleArgs(strategy="similar", like="#2", n=3), project)
    assert all(item % 2 == 0 for item in found.items)
    with pytest.raises(InputError, match="Words say nothing to builtin:image-features"):
        sample.run(SampleArgs(strategy="similar", like="something blue", n=3), project)


BOXES = LabelSchema.model_validate(
    {"name": "Shapes", "item": "image", "fields": [SHAPES.model_dump(mode="json", by_alias=True)]}
)


@pytest.fixture
def boxed(tmp_path: Path) -> tuple[FakeContext, list[Boxed]]:
    """Five pictures with a disc and a square each."""
    ctx, pictures = FakeContext(BOXES), boxed_pictures(tmp_path, 5)
    for one in pictures:
        ctx.add_image(one.place)
    return ctx, pictures


def test_without_a_box_one_sentence_asks_for_the_first(boxed: tuple[FakeContext, list[Boxed]]) -> None:
    result = run(boxed[0])
    assert result.work is None
    assert "draw the first one" in result.text and "hub:FILE.onnx" in result.text


def test_from_the_first_confirmed_picture_on_its_like_are_found(boxed: tuple[FakeContext, list[Boxed]]) -> None:
    ctx, pictures = boxed
    ctx.decide(1, pictures[0].value)
    result = run(ctx)
    prepared = prepare(result, prelabel.work, ctx)
    assert "does not know what things are" in prepared.sentence
    drafts = carry_out(result, prelabel.work, ctx, prepared)
    hits = sum(
        region_iou(one, other) > 0.5 and one["label"] == other["label"]
        for draft in drafts
        for one in (draft.value or {})["boxes"]
        for other in pictures[draft.item_id - 1].value["boxes"]
    )
    assert hits >= 6, "of eight shapes in four pictures"
    assert all(draft.score_source == "uncalibrated" for draft in drafts)


def test_a_detector_of_opencv_states_its_worth(tmp_path: Path) -> None:
    people = SHAPES.model_copy(update={"labels": (Label.model_validate("person"),)})
    ctx = FakeContext(LabelSchema(name="People", item="image", fields=(people,)))
    ctx.add_image(boxed_pictures(tmp_path, 1)[0].place)
    result = run(ctx, backend="builtin:people")
    assert "misses sitting, cut off and small ones" in result.text
    drafts = carry_out(result, prelabel.work, ctx, prepare(result, prelabel.work, ctx))
    assert drafts[0].value == {"boxes": []}


@pytest.mark.parametrize(("kind", "who"), [("masks", "'segment' makes the mask"), ("keypoints", "placed by people")])
def test_masks_and_points_are_left_to_others_in_one_sentence(tmp_path: Path, kind: str, who: str) -> None:
    schema = {"name": "Parts", "item": "image", "fields": [{"name": "Parts", "kind": kind, "labels": ["part"]}]}
    ctx = FakeContext(LabelSchema.model_validate(schema))
    ctx.add_image(boxed_pictures(tmp_path, 1)[0].place)
    with pytest.raises(InputError, match=who):
        run(ctx)
