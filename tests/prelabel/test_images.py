"""Suggestions for pictures: choices learned from how they look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_context import FakeContext, carry_out, prepare
from tests.pictures import coloured
from tools.errors import InputError
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
