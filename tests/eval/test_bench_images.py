"""The benchmarks of boxes and of pictures: honest draws and scores, and a sentence where the files are not there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.bench import suite
from eval.bench.pictures import detect as detect_bench
from eval.bench.pictures import images as images_bench
from eval.bench.pictures.box_sets import BoxSet, average_precision, coco_photos
from eval.bench.pictures.detect import describe_fastestdet, draw_examples, judged_on
from eval.bench.pictures.images import mean_recall
from eval.bench.pictures.template_peer import find_templates, take_template
from eval.bench.texts.labelled_texts import DataMissing
from tests.backends.images.boxed_pictures import boxed_pictures
from tools.backends.images.detections import Detections
from tools.backends.images.hub_onnx import OnnxDetector
from tools.images.pixels import read_pixels

NAMES = ("disc", "square")


@pytest.fixture
def shapes(tmp_path: Path) -> BoxSet:
    """Four pictures with a disc and a square each."""
    made = boxed_pictures(tmp_path, 4)
    boxes = tuple(np.array([one["box"] for one in picture.value["boxes"]], dtype=np.float32) for picture in made)
    codes, crowds = (np.array([0, 1]),) * 4, (np.zeros(2, dtype=np.bool_),) * 4
    return BoxSet("shapes", tuple(one.place for one in made), boxes, codes, crowds, NAMES)


def found_at(boxes: np.ndarray, codes: np.ndarray) -> Detections:
    return Detections(boxes, np.linspace(0.9, 0.5, len(boxes)).astype(np.float32), codes)


def test_average_precision_of_the_truth_is_one_and_of_half_of_it_one_half(shapes: BoxSet) -> None:
    pytest.importorskip("pycocotools")
    every = {at: found_at(shapes.boxes[at], shapes.codes[at]) for at in range(4)}
    assert average_precision(shapes, every, NAMES) == pytest.approx(1)
    discs = {at: found_at(shapes.boxes[at][:1], shapes.codes[at][:1]) for at in range(4)}
    assert average_precision(shapes, discs, NAMES) == pytest.approx(0.5)
    nothing = {at: found_at(shapes.boxes[at][:0], np.zeros(0, dtype=np.int64)) for at in range(4)}
    assert average_precision(shapes, nothing, NAMES) == 0


def test_exactly_so_many_boxes_of_each_class_are_learned_from(shapes: BoxSet) -> None:
    drawn = draw_examples(shapes, NAMES, 3, np.random.default_rng(0))
    labels = [region["label"] for one in drawn for region in one.value["boxes"]]
    assert sorted(labels) == ["disc"] * 3 + ["square"] * 3
    assert len({one.input.item_id for one in drawn}) == 3


def test_the_images_that_are_judged_show_what_is_looked_for(shapes: BoxSet) -> None:
    codes = tuple(np.array([0, 1]) if at in (1, 3) else np.array([0, 0]) for at in range(4))
    some = replace(shapes, codes=codes)
    assert judged_on(some, ["square"], {0}, 2) == [1, 2]
    assert judged_on(some, ["square"], {0}, None) == [1, 2, 3]


def test_the_peer_finds_a_crop_where_it_was_cut_out(shapes: BoxSet) -> None:
    pixels, box = read_pixels(shapes.paths[0]), shapes.boxes[0][0]
    template = take_template(pixels, box.tolist(), 0)
    assert template is not None
    best = find_templates(pixels, [template]).boxes[0]
    assert best == pytest.approx(box, abs=3)


def test_every_class_counts_the_same_in_the_mean_recall() -> None:
    assert mean_recall(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])) == 0.5


@pytest.mark.parametrize("name", ["detect", "images"])
def test_without_the_files_one_sentence_says_so(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (detect_bench, images_bench):
        monkeypatch.setattr(module, "sample_folder", lambda: tmp_path)
    outcome = suite.BENCHES[name](tmp_path, True)
    assert outcome.lines == () and "There is no file" in outcome.notes[0]
    with pytest.raises(DataMissing):
        describe_fastestdet(tmp_path, tmp_path)


@pytest.mark.data
def test_fastestdet_reaches_the_published_score_of_these_photographs(shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    photos = coco_photos(shared_data)
    detector = OnnxDetector(str(describe_fastestdet(tmp_path, shared_data)))
    found, _ = detect_bench._run(photos, detector)
    assert average_precision(photos, found, photos.names) == pytest.approx(0.40, abs=0.01)
