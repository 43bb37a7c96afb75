"""Names of files that are dropped, and what a folder of an export is packed with."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from assistant.ui.routes.file_routes import Shelf, pack, safe_name, size_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("кот.csv", "кот.csv"),
        ("données été.csv", "données-été.csv"),
        ("猫の写真.png", "猫の写真.png"),
        ("हिन्दी.txt", "हिन्दी.txt"),
        ("..\\..\\secret.csv", "secret.csv"),
        ("../../x;rm -rf.csv", "x-rm-rf.csv"),
        (".hidden", "hidden"),
        ("\u202egnp.exe", "gnp.exe"),
        ("///", "file"),
    ],
)
def test_a_name_keeps_its_letters_and_nothing_that_leads_elsewhere(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_ending_and_fits_a_file_system() -> None:
    found = safe_name("я" * 300 + ".csv")
    assert found.endswith("я.csv")
    assert len(found.encode()) <= 200


def test_two_names_in_another_script_are_two_files(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    number, one = shelf.new_upload("кот.csv")
    _, two = shelf.new_upload("пёс.csv", number)
    assert (one.name, two.name) == ("кот.csv", "пёс.csv")


def test_a_link_in_an_export_is_neither_packed_nor_counted(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("outside", encoding="utf-8")
    folder = tmp_path / "export"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a.txt").write_text("hello", encoding="utf-8")
    (folder / "link.txt").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    assert size_of(folder) == 5
    packed = io.BytesIO()
    pack(folder, packed)
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == ["deep/a.txt"]
