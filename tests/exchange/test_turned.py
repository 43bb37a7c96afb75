"""Labels that count in the picture as it lies in the file follow it when it is turned by its EXIF mark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.exchange.pictures import schema_of, values_of
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.geometry.masks import decode, encode
from tools.images.pixels import read_pixels

WIDTH, HEIGHT = 40, 24
X0, Y0, X1, Y1 = 4, 2, 16, 8
ORIENTATION = 274


def _picture(folder: Path, orientation: int) -> Any:
    """A dark picture with a bright block; the pixels as they lie in the file."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels[Y0:Y1, X0:X1] = 255
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(pixels).save(folder / "a.png", exif=exif)
    return pixels[..., 0] > 0


def _coco(folder: Path, orientation: int, size: tuple[int, int]) -> Path:
    bright = _picture(folder, orientation)
    outline = {"size": [HEIGHT, WIDTH], "counts": encode(bright)}
    one = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [X0, Y0, X1 - X0, Y1 - Y0], "segmentation": outline}
    one["keypoints"] = [X0, Y0, 2, 0, 0, 0, X1, Y1, 1]
    whole = {
        "images": [{"id": 1, "file_name": "a.png", "width": size[0], "height": size[1]}],
        "annotations": [one],
        "categories": [{"id": 1, "name": "car"}],
    }
    path = folder / "a.json"
    path.write_text(json.dumps(whole))
    return path


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_masks_and_points_lie_on_what_they_mark_in_the_picture_as_shown(tmp_path: Path, orientation: int) -> None:
    path = _coco(tmp_path, orientation, (WIDTH, HEIGHT))
    batch = read_file(path, schema_of("boxes", "masks", "keypoints"), ImportOptions(annotator="anna"))
    shown = read_pixels(tmp_path / "a.png")[..., 0] > 0
    assert shown.shape == (WIDTH, HEIGHT)
    rows, columns = np.nonzero(shown)
    values = values_of(batch)
    (box,) = values["a.png", "boxes"]["boxes"]
    assert box["box"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    (mask,) = values["a.png", "masks"]["masks"]
    assert (decode(mask["counts"], (WIDTH, HEIGHT)) == shown).all()
    (points,) = values["a.png", "keypoints"]["keypoints"]
    assert sorted(points["points"][0][:2] + points["points"][2][:2]) == sorted(box["box"])
    assert "turned with it as its EXIF mark says: 1." in batch.notes[0]


def test_labels_that_count_in_the_picture_as_shown_stay_as_they_are(tmp_path: Path) -> None:
    path = _coco(tmp_path, 6, (HEIGHT, WIDTH))
    batch = read_file(path, schema_of("boxes"), ImportOptions(annotator="anna"))
    assert values_of(batch)["a.png", "boxes"]["boxes"][0]["box"] == [X0, Y0, X1, Y1]
    assert not any("EXIF" in note for note in batch.notes)
