"""Projects of images in the formats that texts have too: tables and the project's own JSONL."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exchange.pictures import Drawn, drawn, made, picture, schema_of, told, values_of
from tools.errors import InputError
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import losses, write_export

pytestmark = pytest.mark.usefixtures("read_in_this_process")
SUFFIX = {"jsonl": ".jsonl", "csv": ".csv", "tsv": ".tsv", "parquet": ".parquet", "huggingface": ""}
ALL = schema_of("boxes", "polygons", "masks", "keypoints", "choice", "multi_choice", "text", "rating")
REGIONS = schema_of("boxes", "polygons", "masks", "keypoints")
ASKED = ("crowd", "colour", "depth", "plate")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(drawn(REGIONS, ASKED), st.sampled_from(sorted(SUFFIX)))
def test_every_kind_of_region_comes_back(found: list[Drawn], format: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        items = made(Path(folder) / "in", found)
        target = Path(folder) / f"out{SUFFIX[format]}"
        write_export(format, items, REGIONS, target, ExportOptions(keep_undecided=True))
        for item in items:
            assert item.item.media is not None
            beside = Path(folder) / "images" / item.item.text
            beside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(item.item.media.place, beside)
            # A folder is looked through by itself, a file with what stands beside it.
            if not SUFFIX[format]:
                (target / "images" / item.item.text).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(item.item.media.place, target / "images" / item.item.text)
        batch = read_file(target, REGIONS, ImportOptions(format=format, annotator="anna"))
    assert batch.items["key"].to_pylist() == [one.name for one in found]
    assert values_of(batch) == told(found)


def test_a_table_of_file_names_and_labels_is_read(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    (tmp_path / "labels.csv").write_text("image,label,note\na.jpg,car,x\nb.jpg,car,y\n")
    batch = read_file(tmp_path / "labels.csv", schema_of("choice"), ImportOptions(annotator="anna"))
    assert values_of(batch) == {("a.jpg", "choice"): {"label": "car"}}
    assert batch.items["meta"].to_pylist() == ['{"note":"x"}']
    assert batch.rejects["reason"].to_pylist() == ["its image was not found beside the file"]


def test_a_box_in_a_table_that_does_not_fit_its_image_is_dropped(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    cell = '[{""label"": ""car"", ""box"": [0, 0, 900, 4]}]'
    (tmp_path / "a.csv").write_text(f'image,boxes\na.jpg,"{cell}"\n')
    batch = read_file(tmp_path / "a.csv", schema_of("boxes"), ImportOptions(annotator="anna"))
    assert (batch.labels.num_rows, batch.dropped["reason"].to_pylist()) == (0, ["the region lies outside the image"])


@pytest.mark.parametrize("format", ["prodigy", "doccano", "conll"])
def test_formats_of_texts_do_not_take_images(format: str) -> None:
    with pytest.raises(InputError, match=f"The format {format} holds texts"):
        losses(format, ALL)


@pytest.mark.parametrize("format", sorted(SUFFIX))
def test_that_image_files_are_only_named_is_said(format: str) -> None:
    assert f"The image files: {format} names them and holds none." in losses(format, ALL)
