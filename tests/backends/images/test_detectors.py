"""Detectors: outputs of ONNX models read as boxes, classes as labels, scores compared with confirmed boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.backends.images.boxed_pictures import HEIGHT, SHAPES, WIDTH, boxed_pictures
from tests.backends.images.tiny_onnx import save_detector
from tools.backends.contract import Example, Input
from tools.backends.images.detections import Detections, matched, suppressed
from tools.backends.images.detector_labeller import DetectorLabeller
from tools.backends.images.hub_onnx import OnnxDetector
from tools.backends.registry import Resources, open_labeller
from tools.backends.texts.label_map import map_labels
from tools.errors import BackendFailed, BackendMissing, InputError
from tools.schema import FieldSpec
from tools.values import check_value

STRETCH = "input: {width: 64, height: 64, fit: stretch}\nnames: [disc, square, star]\n"
# In an input of 64 by 64: a disc at the left, a square at the right, and a star, which the field has no label for.
DISC, SQUARE, STAR = [16, 32, 16, 32], [48, 32, 8, 16], [32, 8, 8, 8]


def found_in(folder: Path, width: int = WIDTH, height: int = HEIGHT) -> Detections:
    return OnnxDetector(str(folder)).detect(np.zeros((height, width, 3), dtype=np.uint8))


def assert_disc_and_square(found: Detections) -> None:
    by_code = {int(code): found.boxes[at] for at, code in enumerate(found.codes)}
    x, y = WIDTH / 64, HEIGHT / 64
    assert by_code[0] == pytest.approx([8 * x, 16 * y, 24 * x, 48 * y], abs=0.01)
    assert by_code[1] == pytest.approx([44 * x, 24 * y, 52 * x, 40 * y], abs=0.01)


def test_a_yolov8_export_gives_its_boxes_in_pixels_of_the_image(tmp_path: Path) -> None:
    rows = np.array([[*DISC, 0.9, 0.1, 0], [*SQUARE, 0.1, 0.8, 0]])
    assert_disc_and_square(found_in(save_detector(tmp_path, rows.T[None], f"layout: yolov8\n{STRETCH}")))


def test_a_yolov5_export_multiplies_class_and_objectness(tmp_path: Path) -> None:
    rows = np.array([[*DISC, 0.5, 0.8, 0.1, 0], [*SQUARE, 1, 0.1, 0.8, 0]])
    found = found_in(save_detector(tmp_path, rows[None], f"layout: yolov5\n{STRETCH}"))
    assert_disc_and_square(found)
    assert found.scores == pytest.approx([0.8, 0.4])


def test_a_yolov10_export_has_done_its_own_suppression(tmp_path: Path) -> None:
    rows = np.array([[8, 16, 24, 48, 0.9, 0], [44, 24, 52, 40, 0.8, 1], [0, 0, 0, 0, 0, 0]])
    assert_disc_and_square(found_in(save_detector(tmp_path, rows[None], f"layout: yolov10\n{STRETCH}")))


def test_coordinates_may_be_shares_of_the_input(tmp_path: Path) -> None:
    rows = np.array([[*np.array(DISC) / 64, 0.9, 0.1, 0], [*np.array(SQUARE) / 64, 0.1, 0.8, 0]])
    told = f"layout: yolov8\nrelative: true\n{STRETCH}"
    assert_disc_and_square(found_in(save_detector(tmp_path, rows.T[None], told)))


def test_a_letterboxed_image_keeps_its_proportions(tmp_path: Path) -> None:
    told = "layout: yolov8\ninput: {width: 64, height: 64, fit: letterbox}\nnames: [disc]\n"
    rows = np.array([[32, 32, 16, 16, 0.9]])
    found = found_in(save_detector(tmp_path, rows.T[None], told), 200, 100)
    # 200 x 100 becomes 64 x 32 with 16 rows above: the centre of the input is the centre of the image.
    assert found.boxes[0] == pytest.approx([75, 25, 125, 75], abs=0.01)


def test_names_in_the_models_own_metadata_need_no_list(tmp_path: Path) -> None:
    told = "layout: yolov8\ninput: {width: 64, height: 64}\n"
    rows = np.array([[*DISC, 0.9, 0.1]])
    folder = save_detector(tmp_path, rows.T[None], told, metadata={"names": "{0: 'disc', 1: 'square'}"})
    assert OnnxDetector(str(folder)).names == ("disc", "square")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("layout: yolov99\nnames: [disc]", "wrong at layout"),
        ("layout: yolov8\nnames: [disc]\ncolour: red", "wrong at colour"),
        ("layout: yolov8\nnames: {0: disc, 2: square}", "numbered from 0 without gaps"),
        ("layout: yolov8\nnames: missing.txt", "file of names 'missing.txt'"),
        ("- a list", "is a mapping such as"),
        ("layout: [", "cannot be read"),
        ("layout: yolov8", "lacks 'names'"),
    ],
)
def test_a_wrong_description_is_one_sentence(tmp_path: Path, told: str, sentence: str) -> None:
    folder = save_detector(tmp_path, np.zeros((1, 5, 3)), told)
    with pytest.raises(InputError, match=sentence):
        OnnxDetector(str(folder))


def test_another_output_than_described_is_one_sentence(tmp_path: Path) -> None:
    folder = save_detector(tmp_path, np.zeros((1, 9, 3)), f"layout: yolov8\n{STRETCH}")
    with pytest.raises(BackendFailed, match=r"shape \(9, 3\).*needs 7 numbers"):
        found_in(folder)


def test_a_model_without_description_or_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"not a model")
    with pytest.raises(InputError, match=r"needs a description beside it, broken\.yaml"):
        open_labeller(f"hub:{tmp_path / 'broken.onnx'}", SHAPES, Resources())
    (tmp_path / "broken.yaml").write_text(f"layout: yolov8\n{STRETCH}")
    with pytest.raises(BackendFailed, match="cannot be loaded as an ONNX model"):
        open_labeller(f"hub:{tmp_path}", SHAPES, Resources())
    with pytest.raises(BackendMissing, match="There is no file"):
        open_labeller(f"hub:{tmp_path / 'gone.onnx'}", SHAPES, Resources())


def test_overlapping_boxes_of_one_class_leave_the_best() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60]], dtype=np.float32)
    found = Detections(boxes, np.array([0.9, 0.8, 0.7, 0.6], np.float32), np.array([0, 0, 1, 0]))
    assert suppressed(found, 0.5).scores == pytest.approx([0.9, 0.7, 0.6])
    assert suppressed(found, 0.5, by_class=False).scores == pytest.approx([0.9, 0.6])


def test_one_confirmed_box_makes_one_detection_right() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10]], dtype=np.float32)
    found = Detections(boxes, np.array([0.9, 0.8, 0.7], np.float32), np.array([0, 0, 1]))
    right = matched(found, np.array([[0, 0, 10, 10]], np.float32), np.array([0]))
    assert right.tolist() == [True, False, False]


def test_classes_become_labels_by_name_alias_and_synonym() -> None:
    field = FieldSpec.model_validate(
        {
            "name": "Things",
            "kind": "boxes",
            "labels": ["motorcycle", {"name": "Seat", "description": "To sit on; also: sofa, dining chair."}, "ghost"],
        }
    )
    found = map_labels(field, ["person", "motorbike", "sofa"], {"motorbike": "motorcycle"}, "hub:x")
    assert found.ids == {1: "motorcycle", 2: "seat"}
    assert "Of its 3 classes 2 are labels" in found.words() and "does not know ghost" in found.words()
    with pytest.raises(InputError, match="none of these is a label of field 'things'"):
        map_labels(field, ["person"], {}, "hub:x")


def fixed_labeller(folder: Path, scores: tuple[float, float, float] = (0.9, 0.8, 0.7)) -> DetectorLabeller:
    rows = np.zeros((3, 7))
    for at, (box, score) in enumerate(zip((DISC, SQUARE, STAR), scores, strict=True)):
        rows[at, :4], rows[at, 4 + at] = box, score
    return DetectorLabeller(
        SHAPES, OnnxDetector(str(save_detector(folder, rows.T[None], f"layout: yolov8\n{STRETCH}")))
    )


def test_a_draft_holds_the_fields_labels_and_names_what_is_left_out(tmp_path: Path) -> None:
    labeller, picture = fixed_labeller(tmp_path / "model"), boxed_pictures(tmp_path, 1)[0]
    draft = labeller.predict(labeller.fit([], [], 1), [Input.of_image(4, picture.place)])[0]
    assert draft.value is not None
    assert [one["label"] for one in draft.value["boxes"]] == ["disc", "square"]
    assert check_value(SHAPES, draft.value, size=(WIDTH, HEIGHT)) == draft.value
    assert "left out, having no label: 1 star" in draft.reason
    assert (draft.score_source, draft.state) == ("uncalibrated", "ok")


def test_a_file_that_cannot_be_read_is_an_unread_draft(tmp_path: Path) -> None:
    labeller = fixed_labeller(tmp_path / "model")
    drafts = labeller.predict(labeller.fit([], [], 1), [Input.of_image(1, tmp_path / "gone.png")])
    assert (drafts[0].state, drafts[0].value) == ("unread", None)
    assert "gone.png cannot be read" in drafts[0].problem


def test_scores_are_calibrated_on_boxes_of_images_that_nobody_steered(tmp_path: Path) -> None:
    # Every disc is right and every square is wrong, whatever the detector says of itself.
    labeller, picture = fixed_labeller(tmp_path / "model"), boxed_pictures(tmp_path, 1)[0]
    right = {"boxes": [{"id": "r", "label": "disc", "box": [30, 45, 90, 135]}]}
    given = [Example(Input.of_image(at, picture.place), right, True) for at in range(60)]
    artefact = labeller.fit(given, [], 1)
    assert artefact.json["calibrated_on"] == 120
    draft = labeller.predict(artefact, [Input.of_image(99, picture.place)])[0]
    assert draft.value is not None and draft.score_source == "calibrated"
    # The threshold that does best on them shows the disc alone, and its score says that it is nearly always right.
    assert [(one["label"], one["score"] > 0.9) for one in draft.value["boxes"]] == [("disc", True)]
    steered = [Example(one.input, one.value) for one in given]
    assert labeller.fit(steered, [], 1).json["calibrated_on"] == 0
