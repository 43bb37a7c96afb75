"""The demo project of photographs is made from what the installed packages carry."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.demo.photos import build_photos, photo_place
from assistant.demo.project import demo_is_whole
from assistant.store.checks.verify import verify
from assistant.store.project import ProjectStore
from tools.images.probe import digest_of


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "demo-photos"
    build_photos(made)
    return made


@pytest.fixture
def store(place: Path):  # type: ignore[no-untyped-def]
    opened = ProjectStore(place)
    yield opened
    opened.close()


def test_every_picture_that_is_named_is_carried_by_a_package(store: ProjectStore) -> None:
    assert store.items.count() == 22
    assert store.database.rows("SELECT count(*) FROM import_problems") == [(0,)]


def test_every_picture_was_copied_as_it_is(store: ProjectStore) -> None:
    media = store.media.of(store.items.all_ids().tolist())
    assert len(media) == 22
    assert all(digest_of(store.media.file(one)) == one.digest for one in media.values())


def test_two_people_agree_on_near_boxes_of_one_picture_and_differ_on_those_of_others(store: ProjectStore) -> None:
    rows = store.database.rows(
        "SELECT i.key, a.state FROM annotations a JOIN items i USING (item_id) WHERE field = 'things'"
    )
    states = dict(rows)
    # Ben left the helmet out of one picture and took the tripod into the box of the other.
    assert {key for key, state in states.items() if state == "conflict"} == {"astronaut.png", "camera.png"}


def test_the_project_holds_together(store: ProjectStore) -> None:
    assert [check.name for check in verify(store.database) if not check.holds] == []


def test_a_project_made_to_its_end_says_so(place: Path) -> None:
    assert demo_is_whole(place)


def test_a_picture_that_no_package_carries_has_no_place() -> None:
    assert photo_place("no-such-picture.png") is None
