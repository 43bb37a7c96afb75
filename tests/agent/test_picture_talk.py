"""A conversation about a real project of pictures: words become reviews, runs and answers as in production."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import skimage

from assistant.agent.events import TurnEvent
from assistant.agent.turn.conversation import Conversation
from assistant.changes import handlers
from assistant.executor import Executor
from assistant.jobs import Jobs
from assistant.queueing import Queues
from assistant.review import ReviewDesk
from assistant.store.project import ProjectStore
from tests.agent.doubles import catalog
from tests.agent.project import ANA, Project
from tests.ask.image_project import boxes
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.records import Draft, RunIdentity
from tools.schema import read_schema

SCHEMA = """
name: Photographs
item: image
fields:
  - {id: things, name: Things, kind: boxes, labels: [Person, Machine, Animal]}
  - {id: outline, name: Outline, kind: masks, required: false, labels: [Person, Machine, Animal]}
"""
PHOTOS = Path(skimage.__file__).parent / "data"


@pytest.fixture
def photos(tmp_path: Path) -> Iterator[Project]:
    """Three photographs in a folder of their own, two things suggested on each."""
    folder = tmp_path / "photos" / "set"
    folder.mkdir(parents=True)
    for name in ("astronaut.png", "coffee.png", "chelsea.png"):
        (folder / name).write_bytes((PHOTOS / name).read_bytes())
    store = ProjectStore.create(tmp_path / "p", "Photographs", read_schema(SCHEMA), "ana")
    store.settings.put("blind_share", 0, ANA)
    store.take_in(read_file(tmp_path / "photos", store.schema, ImportOptions(format="images")), ANA, {})
    queues = Queues(store)
    specs = list(catalog().values())
    jobs = Jobs(store, {spec.name: spec.work for spec in specs if spec.work is not None}, queues.stir)
    executor = Executor(store, specs, handlers(store, queues), jobs.start, queues.stir)
    project = Project(store, executor, ReviewDesk(store, queues), jobs)
    run = store.runs.start(RunIdentity("prelabel", 1, "scripted:things", "1", {}), {}, "things", 1, ANA)
    value = boxes(("person", 100, 20, 250, 290), ("machine", 260, 10, 300, 200))
    drafts = [Draft(item_id, "things", value, 0.9, "calibrated") for item_id in (1, 2, 3)]
    store.runs.add_drafts(run, drafts, store.schema, 1, dict(enumerate(store.items.texts([1, 2, 3]), 1)))
    yield project
    jobs.close()
    store.close()


def say(project: Project, text: str, exposure_id: int | None = None, is_changed: bool = False) -> list[TurnEvent]:
    return list(Conversation(project).turn(text, ANA, exposure_id, is_changed))


def told(events: list[TurnEvent]) -> str:
    return "\n".join(one.text for one in events if one.text)


def card_of(project: Project, item_id: int = 1) -> int:
    return project.desk.open_card(ANA, item_id, "things").exposure.exposure_id


def last_review(project: Project) -> tuple[Any, ...]:
    row = project.store.database.rows("SELECT verdict, value, regions FROM reviews ORDER BY review_id DESC LIMIT 1")[0]
    return row[0], json.loads(row[1]), json.loads(row[2])


def test_accept_stores_every_box_with_its_verdict(photos: Project) -> None:
    events = say(photos, "accept all boxes", card_of(photos))
    assert events[-1].kind == "decided" and "1 Person, 1 Machine" in events[-1].text
    verdict, value, regions = last_review(photos)
    assert (verdict, len(value["boxes"]), regions) == ("accept", 2, {"r1": "accept", "r2": "accept"})


def test_a_box_removed_and_one_relabelled_in_words_are_the_review_that_keys_would_make(photos: Project) -> None:
    say(photos, "remove box 2 and box 1 is an animal", card_of(photos))
    verdict, value, regions = last_review(photos)
    assert (verdict, regions) == ("edit", {"r1": "edit", "r2": "reject"})
    assert [(one["id"], one["label"], one["box"]) for one in value["boxes"]] == [("r1", "animal", [100, 20, 250, 290])]


def test_words_about_one_box_make_no_other_box_a_persons(photos: Project) -> None:
    exposure = card_of(photos)
    events = say(photos, "remove box 2", exposure)
    assert events[-1].kind == "options"
    assert "About 1 nothing was said yet" in told(events)
    assert photos.counts()["reviews"] == 0
    say(photos, events[-1].options[0], exposure)
    verdict, value, regions = last_review(photos)
    assert (verdict, [one["id"] for one in value["boxes"]]) == ("edit", ["r1"])
    assert regions == {"r1": "accept", "r2": "reject"}


def test_words_start_from_what_the_person_decided_before(photos: Project) -> None:
    say(photos, "accept all but 1", card_of(photos))
    say(photos, "box 1 is an animal", card_of(photos))
    assert [one["label"] for one in last_review(photos)[1]["boxes"]] == ["animal"]


def test_an_open_question_decides_nothing_until_it_is_answered(photos: Project) -> None:
    exposure = card_of(photos)
    events = say(photos, "accept box 1", exposure)
    assert events[-1].kind == "options" and photos.counts()["reviews"] == 0
    say(photos, events[-1].options[0], exposure)
    assert [one["label"] for one in last_review(photos)[1]["boxes"]] == ["person"]


def test_a_picture_is_found_by_its_file_name_whatever_its_folder(photos: Project) -> None:
    text = told(say(photos, "explain coffee.png"))
    assert "600 × 400 pixels" in text and "1 Person, 1 Machine" in text and "scripted:things" in text


def test_a_picture_that_is_not_there_is_named(photos: Project) -> None:
    assert "'nowhere.png'" in told(say(photos, "explain nowhere.png"))


def test_pictures_are_found_by_what_was_decided_on_them(photos: Project) -> None:
    say(photos, "accept all but 2", card_of(photos, 1))
    say(photos, "accept", card_of(photos, 2))
    found = [one.result.items for one in say(photos, "pictures with a machine") if one.result]
    assert [list(one) for one in found] == [[2]]
    counted = [one.result.items for one in say(photos, "pictures with more than 1 person") if one.result]
    assert [list(one) for one in counted] == [[]]


def test_masks_are_drawn_from_boxes_by_a_sentence(photos: Project) -> None:
    say(photos, "accept", card_of(photos, 1))
    events = say(photos, "draw masks for the confirmed boxes of 1 picture")
    assert any(one.tool == "segment" for one in events), told(events)
    assert photos.jobs.wait(photos.jobs.recent(1)[0].job_id, 60).state == "done"
    proposals = photos.store.database.rows("SELECT value FROM proposals WHERE field = 'outline' AND state = 'ok'")
    assert len(proposals) == 1 and len(json.loads(proposals[0][0])["masks"]) == 2


def test_agreement_on_boxes_is_answered_in_words(photos: Project) -> None:
    assert "no item has two opinions" in told(say(photos, "how well do people agree on the boxes?"))


def test_an_export_with_splits_waits_for_a_person(photos: Project) -> None:
    say(photos, "accept", card_of(photos, 1))
    events = say(photos, "export everything as coco with the images, split 80/10/10")
    action = next(one.action_id for one in events if one.action_id is not None)
    assert photos.counts()["action_decisions"] == 0
    arguments = photos.executor.action(action).change.arguments
    assert arguments["format"] == "coco"
    assert arguments["options"]["splits"] == "train=0.8,val=0.1,test=0.1"


def test_the_tool_asked_last_is_about_pictures_too(photos: Project) -> None:
    exposure = card_of(photos, 1)
    events = say(photos, "show me pictures like this one", exposure)
    assert any(one.tool == "sample" and one.result is not None for one in events), told(events)


@pytest.mark.parametrize("words", ["accept", "accept all but 2", "no objects", "reject"])
def test_words_do_not_pass_over_drawings_that_are_not_saved(photos: Project, words: str) -> None:
    assert "not saved" in told(say(photos, words, card_of(photos), is_changed=True))
    assert photos.counts()["reviews"] == 0


def test_a_changed_card_can_be_skipped_in_words(photos: Project) -> None:
    assert say(photos, "skip", card_of(photos), is_changed=True)[-1].kind == "decided"
