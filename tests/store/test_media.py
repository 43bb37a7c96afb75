"""Image files of a project: copied whole or referenced, never mixed up; answers about them compared with tolerance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistant.store.intake.outgoing import outgoing
from assistant.store.project import ProjectStore
from tools import content
from tools.errors import Conflict, NotFound
from tools.exchange.builder import BatchBuilder, Identity
from tools.exchange.options import ImportOptions
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, ImageFile
from tools.images.probe import digest_of
from tools.records import Actor, Media
from tools.schema import schema_from_labels

ANA = Actor("ana", "lead", "cli", "s")
SCHEMA = schema_from_labels(["car"], images="boxes")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    made = ProjectStore.create(tmp_path / "project", "Test", SCHEMA, "ana")
    yield made
    made.close()


def picture(place: Path, colour: str = "red", size: tuple[int, int] = (40, 30)) -> Path:
    Image.new("RGB", size, colour).save(place)
    return place


def answer(who: str, *boxes: list[float]) -> ExchangeAnswer:
    return ExchangeAnswer(Claim("boxes", "boxes", [{"label": "car", "box": box} for box in boxes]), who)


def batch(*rows: tuple[Path, list[ExchangeAnswer]], digest: str = "d1") -> Any:
    builder = BatchBuilder(SCHEMA, ImportOptions(item_kind="image"), Identity("test", digest, "test"))
    for number, (place, answers) in enumerate(rows, start=1):
        image = ImageFile(place, place.name)
        builder.add(ExchangeItem(number, place.name, place.name, "image", answers=answers, image=image))
    return builder.build()


def states(store: ProjectStore) -> list[str]:
    return [row[0] for row in store.database.rows("SELECT state FROM annotations ORDER BY item_id")]


def test_a_file_is_copied_under_its_hash_and_the_item_knows_its_size(store: ProjectStore, tmp_path: Path) -> None:
    place = picture(tmp_path / "a.png")
    store.take_in(batch((place, [])), ANA, {})
    item = store.items.get([1])[0]
    assert item.media is not None
    assert item.pixels == (40, 30)
    assert store.media.file(item.media).name == f"{digest_of(place)}.png"
    assert store.items.contents([1]) == [content.ImageFile(store.media.file(item.media))]


def test_the_same_picture_under_two_names_is_kept_once(store: ProjectStore, tmp_path: Path) -> None:
    store.take_in(batch((picture(tmp_path / "a.png"), []), (picture(tmp_path / "b.png"), [])), ANA, {})
    assert len(list((store.path / "media").rglob("*.png"))) == 1


def test_importing_again_changes_nothing(store: ProjectStore, tmp_path: Path) -> None:
    made = batch((picture(tmp_path / "a.png"), [answer("ana", [0, 0, 9, 9])]))
    store.take_in(made, ANA, {})
    again = store.take_in(made, ANA, {})
    assert (again.new, again.known, again.labels_taken, again.labels_known) == (0, 1, 0, 1)
    assert len(store.media.of([1])) == 1


def test_another_picture_of_a_known_name_is_listed_and_its_labels_are_left_out(
    store: ProjectStore, tmp_path: Path
) -> None:
    store.take_in(batch((picture(tmp_path / "a.png"), [])), ANA, {})
    other = batch((picture(tmp_path / "a.png", "blue"), [answer("ana", [0, 0, 9, 9])]), digest="d2")
    report = store.take_in(other, ANA, {})
    assert (report.known, report.labels_taken, report.labels_dropped) == (1, 0, 1)
    reasons = {row[0] for row in store.database.rows("SELECT reason FROM import_problems")}
    assert "already in the project with another image, which was kept" in reasons


def test_pictures_can_stay_where_they_are(store: ProjectStore, tmp_path: Path) -> None:
    store.settings.put("images_in_place", True, ANA)
    place = picture(tmp_path / "a.png")
    store.take_in(batch((place, [])), ANA, {})
    media = store.media.of([1])[1]
    assert store.media.file(media) == place
    assert not list((store.path / "media").rglob("*.png"))
    place.unlink()
    with pytest.raises(NotFound, match=r"a\.png is gone"):
        store.media.file(media)


def test_what_was_dropped_on_the_page_is_copied_whatever_the_setting(store: ProjectStore) -> None:
    store.settings.put("images_in_place", True, ANA)
    uploads = store.path / "uploads"
    uploads.mkdir()
    store.take_in(batch((picture(uploads / "a.png"), [])), ANA, {})
    assert store.media.of([1])[1].place == ""


def test_a_file_that_changed_since_it_was_looked_at_is_refused_and_nothing_is_stored(
    store: ProjectStore, tmp_path: Path
) -> None:
    place = picture(tmp_path / "a.png")
    made = batch((place, []))
    picture(place, "green", (41, 30))
    with pytest.raises(Conflict, match="was changed while it was imported"):
        store.take_in(made, ANA, {})
    assert (store.items.count(), list((store.path / "media").rglob("*.p*"))) == (0, [])


def test_an_export_knows_the_image_of_each_item(store: ProjectStore, tmp_path: Path) -> None:
    store.take_in(batch((picture(tmp_path / "a.png"), [])), ANA, {})
    found = next(iter(outgoing(store.database, ["boxes"]))).item.media
    assert found == store.media.of([1])[1]


def test_boxes_that_are_near_enough_are_one_answer(store: ProjectStore, tmp_path: Path) -> None:
    near = [answer("ana", [0, 0, 20, 20]), answer("ben", [1, 0, 20, 21])]
    far = [answer("ana", [0, 0, 20, 20]), answer("ben", [10, 0, 30, 20])]
    rows = (picture(tmp_path / "a.png"), near), (picture(tmp_path / "b.png", "blue"), far)
    store.take_in(batch(*rows), ANA, {})
    assert states(store) == ["agreed", "conflict"]


def test_a_later_import_is_compared_with_what_stands(store: ProjectStore, tmp_path: Path) -> None:
    place = picture(tmp_path / "a.png")
    store.take_in(batch((place, [answer("ana", [0, 0, 20, 20])])), ANA, {})
    store.take_in(batch((place, [answer("ben", [0, 0, 20, 21])]), digest="d2"), ANA, {})
    assert states(store) == ["agreed"]


def test_what_is_near_enough_is_a_setting(store: ProjectStore, tmp_path: Path) -> None:
    store.settings.put("same_region_iou", 0.99, ANA)
    two = [answer("ana", [0, 0, 20, 20]), answer("ben", [1, 0, 20, 21])]
    store.take_in(batch((picture(tmp_path / "a.png"), two)), ANA, {})
    assert states(store) == ["conflict"]


def test_the_stored_record_is_the_one_that_was_probed(store: ProjectStore, tmp_path: Path) -> None:
    made = batch((picture(tmp_path / "a.png"), []))
    store.take_in(made, ANA, {})
    record = json.loads(made.items["media"][0].as_py())
    record.pop("source")
    assert asdict(store.media.of([1])[1]) == asdict(Media(**record))


def test_files_that_are_gone_or_changed_are_named(store: ProjectStore, tmp_path: Path) -> None:
    rows = (picture(tmp_path / "a.png"), []), (picture(tmp_path / "b.png", "blue"), [])
    store.take_in(batch(*rows), ANA, {})
    assert store.media.missing() == []
    store.media.file(store.media.of([2])[2]).write_bytes(b"cut short")
    assert [one.split(":")[0] for one in store.media.missing()] == ["item 2"]
