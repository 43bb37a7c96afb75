"""A vision model elsewhere: what it is sent of a picture, and how its boxes are verified."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.backends.images.boxed_pictures import HEIGHT, SHAPES, WIDTH, boxed_pictures
from tests.fake_context import MemoryCalls
from tests.openai_server import Body, OpenAIServer, say
from tests.pictures import ground, save
from tools.backends.contract import Example, Input
from tools.backends.remote.endpoint import Endpoint
from tools.backends.remote.labeller import RemoteLabeller, RemoteSettings
from tools.backends.remote.prompts import load_prompt, read_prompt
from tools.errors import InputError, ReplyUnreadable
from tools.kinds.replies.named_boxes import Frame, agreed_boxes, read_boxes
from tools.records import Draft
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.values import check_value

COLOUR = FieldSpec.model_validate({"name": "Colour", "kind": "choice", "labels": ["red", "blue"]})
LABELS = {"disc": "disc", "square": "square"}
FRAME = Frame(WIDTH, HEIGHT, 1000)
FULL = json.dumps({"boxes": [{"label": "disc", "box": [0, 100, 500, 1000]}, {"label": "Square", "box": [1, 1, 9, 9]}]})


def labeller(
    server: OpenAIServer, field: FieldSpec = SHAPES, calls: MemoryCalls | None = None, repeats: int = 1
) -> RemoteLabeller:
    endpoint = Endpoint("m", server.address, "", sleep=lambda seconds: None)
    prompt = load_prompt("", field.kind, content="image")
    settings = RemoteSettings(connections=1, repeats=repeats)
    return RemoteLabeller(field, endpoint, prompt, calls or MemoryCalls(), 7, settings)


def ask(made: RemoteLabeller, *places: Path) -> list[Draft]:
    return made.predict(Artefact(), [Input.of_image(at, place) for at, place in enumerate(places, start=1)])


def sent_image(body: Body) -> Image.Image:
    parts: Any = body["messages"][1]["content"]
    kind, _, encoded = parts[0]["image_url"]["url"].partition(",")
    assert kind == "data:image/jpeg;base64" and parts[1]["type"] == "text"
    return Image.open(io.BytesIO(base64.b64decode(encoded)))


def test_boxes_in_thousandths_become_pixels_of_the_picture(tmp_path: Path) -> None:
    with OpenAIServer(lambda body: say(FULL)) as server:
        draft = ask(labeller(server), boxed_pictures(tmp_path, 1)[0].place)[0]
    assert draft.value == {
        "boxes": [
            {"id": "m1", "label": "disc", "box": [0, 18, 120, 180]},
            {"id": "m2", "label": "square", "box": [0.24, 0.18, 2.16, 1.62]},
        ]
    }
    assert check_value(SHAPES, draft.value, size=(WIDTH, HEIGHT)) == draft.value


def test_the_picture_is_sent_scaled_down_and_no_path_with_it(tmp_path: Path) -> None:
    place = save(ground(np.random.default_rng(1), 3000, 1500), tmp_path / "secret-name.png")
    with OpenAIServer(lambda body: say('{"boxes": []}')) as server:
        assert ask(labeller(server), place)[0].value == {"boxes": []}
        body = server.requests[0]
    assert sent_image(body).size == (1024, 512)
    assert "secret-name" not in json.dumps(body)


def test_a_choice_about_a_picture_is_asked_with_its_labels(tmp_path: Path) -> None:
    with OpenAIServer(lambda body: say('{"label": "blue"}')) as server:
        draft = ask(labeller(server, COLOUR), boxed_pictures(tmp_path, 1)[0].place)[0]
        assert "- red: red" in str(server.requests[0]["messages"][0]["content"])
    assert draft.value == {"label": "blue"}


@pytest.mark.parametrize(
    ("boxes", "problem"),
    [
        ([{"label": "star", "box": [1, 2, 3, 4]}], "'star' is not a label"),
        ([{"label": "disc", "box": [1, 2, 3, 1400]}], r"lie in 0\.\.1000"),
        ([{"label": "disc", "box": [30, 2, 3, 14]}], "left top corner to its right bottom"),
        ([{"label": "disc", "box": [0.1, 0.2, 0.5, 0.7]}], r"lie in 0\.\.1, and 0\.\.1000 was asked for"),
        ([{"label": "disc", "box": [1, 2, 3]}], "has four numbers"),
        ([{"label": "disc", "box": [1, 2, "3", 4]}], "has four numbers"),
        ([{"label": "disc"}], "object with label and box"),
        ("nothing", "must be a list"),
    ],
)
def test_boxes_that_do_not_fit_are_never_bent_into_shape(boxes: Any, problem: str) -> None:
    with pytest.raises(ReplyUnreadable, match=problem):
        read_boxes(SHAPES, boxes, FRAME, LABELS)


def test_an_answer_out_of_the_frame_is_asked_about_once_more_and_then_unread(tmp_path: Path) -> None:
    wrong = json.dumps({"boxes": [{"label": "disc", "box": [0, 0, 2000, 10]}]})
    with OpenAIServer(lambda body: say(wrong)) as server:
        draft = ask(labeller(server), boxed_pictures(tmp_path, 1)[0].place)[0]
        assert len(server.requests) == 2
    assert (draft.state, draft.value) == ("unread", None)
    assert "asked twice" in draft.problem


def test_the_same_picture_under_another_name_is_not_paid_for_twice(tmp_path: Path) -> None:
    place = boxed_pictures(tmp_path, 1)[0].place
    copy = tmp_path / "copy.png"
    copy.write_bytes(place.read_bytes())
    calls = MemoryCalls()
    with OpenAIServer(lambda body: say(FULL)) as server:
        made = labeller(server, calls=calls)
        assert ask(made, place)[0].value == ask(made, copy)[0].value
        assert len(server.requests) == 1


def test_a_file_that_cannot_be_read_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with OpenAIServer(lambda body: say(FULL)) as server:
        made = labeller(server)
        assert made.estimate([Input.of_image(1, tmp_path / "broken.jpg")]) == (0, 0)
        draft = ask(made, tmp_path / "broken.jpg")[0]
        assert draft.state == "unread" and not server.requests


def test_the_estimate_counts_the_pixels_that_are_sent(tmp_path: Path) -> None:
    small = save(ground(np.random.default_rng(1), 100, 100), tmp_path / "small.png")
    large = save(ground(np.random.default_rng(1), 2048, 2048), tmp_path / "large.png")
    with OpenAIServer(lambda body: say(FULL)) as server:
        made = labeller(server)
        few, many = (made.estimate([Input.of_image(1, place)])[0] for place in (small, large))
    assert many - few == pytest.approx(1024 * 1024 / 750 - 100 * 100 / 750, abs=2)


def test_boxes_of_repeated_answers_are_scored_by_how_many_name_them() -> None:
    disc = {"id": "m1", "label": "disc", "box": [0, 0, 10, 10]}
    near, other = {**disc, "box": [0, 0, 10, 11]}, {**disc, "label": "square"}
    found, share = agreed_boxes([[disc], [near], [other], []], 4)
    assert (found[0]["score"], share) == (0.5, 0.5)
    assert agreed_boxes([[], [], [disc]], 3) == ([], pytest.approx(2 / 3))


def test_agreement_with_blind_boxes_allows_for_a_few_pixels(tmp_path: Path) -> None:
    place, calls = boxed_pictures(tmp_path, 1)[0].place, MemoryCalls()
    given = {"boxes": [{"id": "r1", "label": "disc", "box": [1, 17, 118, 180]}]}
    with OpenAIServer(
        lambda body: say(json.dumps({"boxes": [{"label": "disc", "box": [0, 100, 500, 1000]}]}))
    ) as server:
        made = labeller(server, calls=calls, repeats=2)
        ask(made, place)
        artefact = made.fit([Example(Input.of_image(1, place), given, True)], [], 1)
    assert "there are 1" in artefact.json["said"]


@pytest.mark.parametrize("kind", ["boxes", "choice", "multi_choice", "rating"])
def test_prompts_for_pictures_say_that_writing_in_them_is_no_instruction(kind: str) -> None:
    prompt = load_prompt("", kind, content="image")
    assert prompt.item == "image" and "never an instruction" in prompt.system


def test_prompts_for_texts_and_for_pictures_are_not_mixed_up() -> None:
    with pytest.raises(InputError, match="shows a text"):
        load_prompt("classify.choice.v1", "choice", content="image")
    with pytest.raises(InputError, match="shows a picture"):
        load_prompt("images.choice.v1", "choice")
    source = load_prompt("", "boxes", content="image").source
    with pytest.raises(InputError, match="'scale' is 1 or 1000"):
        read_prompt("mine", source.replace("scale: 1000", "scale: 640"))
