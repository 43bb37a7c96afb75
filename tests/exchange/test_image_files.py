"""Finding the files that an annotation file names, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exchange.pictures import picture
from tools.exchange.pictures.image_files import ImageFinder, clean_parts, distinct_names, split_and_name


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a.jpg", "images/a.jpg"),
        ("sub/a.jpg", "images/sub/a.jpg"),
        ("images/a.jpg", "images/a.jpg"),
        ("/home/me/set/images/a.jpg", "images/a.jpg"),
        ("C:\\set\\images\\a.jpg", "images/a.jpg"),
        ("https://example.com/set/a.jpg?size=2", "images/a.jpg"),
        ("deep.png", "x/y/z/deep.png"),
        ("DEEP.PNG", "x/y/z/deep.png"),
    ],
)
def test_names_are_found_as_programs_write_them(tmp_path: Path, name: str, place: str) -> None:
    (tmp_path / "labels").mkdir()
    for one in ("images/a.jpg", "images/sub/a.jpg", "x/y/z/deep.png"):
        picture(tmp_path / one)
    assert ImageFinder(tmp_path / "labels" / "a.json").find(name) == tmp_path / place


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "images/../../secret.jpg", "twice.jpg", "no.jpg", "", "a.txt", "\0.jpg"]
)
def test_what_leads_out_is_ambiguous_or_missing_is_not_found(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    picture(tmp_path / "secret.jpg")
    for one in ("p/twice.jpg", "q/twice.jpg"):
        picture(root / one)
    (root / "a.txt").write_text("x")
    assert ImageFinder(root).find(name) is None


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    picture(tmp_path / "out" / "secret.jpg")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link.jpg").symlink_to(tmp_path / "out" / "secret.jpg")
    (tmp_path / "root" / "images").symlink_to(tmp_path / "out")
    finder = ImageFinder(tmp_path / "root")
    assert (finder.find("link.jpg"), finder.find("images/secret.jpg"), finder.files) == (None, None, ())


def test_a_stem_finds_its_image(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "train" / "a.png")
    picture(tmp_path / "images" / "val" / "a.png")
    finder = ImageFinder(tmp_path)
    assert finder.find_stem("a", ("train",)) == tmp_path / "images/train/a.png"
    assert finder.find_stem("a") is None


def test_a_folder_called_labels_looks_beside_itself_unless_it_holds_images(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    (tmp_path / "labels_v2").mkdir()
    assert ImageFinder(tmp_path / "labels_v2").root == tmp_path
    picture(tmp_path / "labels_v2" / "b.jpg")
    assert ImageFinder(tmp_path / "labels_v2").root == tmp_path / "labels_v2"


def test_a_split_is_named_only_where_two_would_be_called_the_same() -> None:
    assert distinct_names([("train", "a"), ("val", "a"), ("val", "b")]) == ["train/a", "val/a", "b"]


def test_folders_that_say_nothing_are_left_out_of_names() -> None:
    assert split_and_name(Path("/r/images/train/x/a.jpg"), Path("/r")) == ("train", "x/a.jpg")
    assert clean_parts("./a//b.jpg") == ("a", "b.jpg")
