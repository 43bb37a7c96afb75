"""Pictures for the page, and folders of them dropped on it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.ui.clients import client_of
from tests.ui.projects import Opened
from tools.schema import dump_schema, schema_from_labels

BOXES = dump_schema(schema_from_labels(["car"], images="boxes"))
Maker = Callable[..., Opened]


def photo(place: Path, width: int = 300, height: int = 200, **more: Any) -> Path:
    """Dark at the left, bright at the right, so that a crop says where it is from."""
    pixels = np.tile(np.linspace(0, 250, width, dtype=np.uint8)[None, :, None], (height, 1, 3))
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(place, **more)
    return place


@pytest.fixture
def project(made: Maker, tmp_path: Path) -> Opened:
    turned = Image.Exif()
    turned[274] = 6
    places = [photo(tmp_path / "a.png"), photo(tmp_path / "b.jpg", exif=turned, quality=95)]
    return made(BOXES, [{"image": str(place)} for place in places])


@pytest.fixture
def client(project: Opened) -> Iterator[TestClient]:
    with client_of(project) as found:
        yield found


def shown(client: TestClient, path: str) -> np.ndarray[Any, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("image/webp", "nosniff")
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB"))


def test_the_whole_picture_is_shown_and_its_full_size_told(client: TestClient) -> None:
    assert shown(client, "/media/1/display").shape == (200, 300, 3)
    assert client.get("/media/1/display").headers["x-image-size"] == "300x200"


def test_a_picture_taken_sideways_is_shown_upright(client: TestClient) -> None:
    pixels = shown(client, "/media/2/display")
    assert pixels.shape == (300, 200, 3)
    # What was left in the file is at the top now.
    assert pixels[5].mean() < 20 < 220 < pixels[-5].mean()


def test_a_smaller_copy_keeps_proportions(client: TestClient) -> None:
    assert shown(client, "/media/1/display?side=150").shape == (100, 150, 3)
    assert max(shown(client, "/media/1/thumb").shape) == 256


def test_a_crop_shows_its_part_at_full_size(client: TestClient) -> None:
    part = shown(client, "/media/1/tile?x=200&y=0&w=100&h=200&side=512")
    whole = shown(client, "/media/1/display")
    assert part.shape == (200, 100, 3)
    assert abs(part.mean() - whole[:, 200:].mean()) < 3


def test_the_browser_keeps_what_it_has(client: TestClient) -> None:
    tag = client.get("/media/1/thumb").headers["etag"]
    assert client.get("/media/1/thumb", headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/media/99/display", 404),
        ("/media/1/display?side=9", 422),
        ("/media/1/tile?x=300&y=0&w=10&h=10", 422),
        ("/media/..%2f..%2fetc/display", 404),
        ("/media/-1/display", 422),
    ],
)
def test_what_is_not_there_is_refused(client: TestClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_picture_whose_file_is_gone_says_so(client: TestClient, project: Opened) -> None:
    project.store.media.file(project.store.media.of([1])[1]).unlink()
    answer = client.get("/media/1/display")
    assert (answer.status_code, "is gone" in answer.json()["error"]) == (404, True)


def test_strangers_see_no_pictures(project: Opened) -> None:
    with client_of(project, signed_in=False) as stranger:
        assert stranger.get("/media/1/thumb").status_code in (303, 401)


def test_the_card_says_how_large_the_picture_is(client: TestClient) -> None:
    card = client.post("/card/next", json={"field": "boxes", "count": 1}).json()["cards"][0]
    assert card["item"]["media"] == {"width": 300, "height": 200, "mime": "image/png", "bits": 8}


def upload(client: TestClient, name: str, content: bytes, number: str = "") -> Any:
    return client.post("/page/files/upload", params={"name": name, "upload": number}, content=content)


def test_the_files_of_a_dropped_folder_are_kept_in_their_folders(
    client: TestClient, project: Opened, tmp_path: Path
) -> None:
    first = photo(tmp_path / "one.png", 64, 48).read_bytes()
    number = upload(client, "trip/day 1/one.png", first).json()["upload"]
    upload(client, "trip/day 2/../two.png", photo(tmp_path / "two.png", 65, 48).read_bytes(), number)
    kept = {path.relative_to(project.path / "uploads" / number).as_posix() for path in _files(project, number)}
    assert kept == {"trip/day-1/one.png", "trip/day-2/two.png"}


def _files(project: Opened, number: str) -> list[Path]:
    return [path for path in (project.path / "uploads" / number).rglob("*") if path.is_file()]


def test_two_files_of_one_name_are_refused_and_a_half_sent_folder_is_dropped(
    client: TestClient, project: Opened
) -> None:
    number = upload(client, "a/x.png", b"1").json()["upload"]
    twice = upload(client, "a/x.png", b"2", number)
    assert (twice.status_code, "called x.png" in twice.json()["error"]) == (422, True)
    assert upload(client, "a/y.png", b"", number).status_code == 422
    assert not (project.path / "uploads" / number).exists()


def test_files_are_added_to_no_upload_that_is_not_there(client: TestClient) -> None:
    assert upload(client, "x.png", b"1", "0" * 32).status_code == 404
    assert upload(client, "x.png", b"1", "../../etc").status_code == 404
