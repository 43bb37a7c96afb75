"""Segment-anything in its forms: names of tensors, the square, prompts, proposals, and what refuses to load."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends.masks.sam_models import ORIGINAL, original_names, original_state, picture, save_tiny_sam2, tiny_sam
from tools.backends.masks import hub_sam_torch
from tools.backends.masks.contract_images import Click, Prompts, ProposalTerms, Segmenter
from tools.backends.masks.hub_sam import open_sam
from tools.backends.masks.hub_sam_keys import converted, renamed_key, sizes_of
from tools.backends.masks.mask_proposals import grid_points, propose_masks, stability, suppressed
from tools.backends.masks.sam_frame import MEAN, Frame
from tools.backends.masks.sam_segmenter import BACKGROUND, BOTTOM_RIGHT, NOTHING, OBJECT, TOP_LEFT, asked_for
from tools.errors import BackendFailed, BackendMissing, InputError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def model() -> Any:
    return tiny_sam()


@pytest.fixture(scope="module")
def checkpoint(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sam") / "sam_tiny.pth"
    torch.save(original_state(model), place)
    return place


@pytest.fixture(scope="module")
def saved(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sam") / "folder"
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def opened(checkpoint: Path) -> Iterator[Segmenter]:
    yield open_sam(str(checkpoint))


@pytest.mark.parametrize(("original", "here"), ORIGINAL)
def test_a_tensor_is_found_under_its_name_in_transformers(original: str, here: str) -> None:
    assert renamed_key(original) == here


def test_every_tensor_of_the_original_has_its_place_and_none_is_left(model: Any) -> None:
    assert set(converted(original_state(model))) == set(model.state_dict())


def test_the_sizes_are_read_off_the_shapes(model: Any) -> None:
    vision = sizes_of(original_state(model))["vision_config"]
    assert (vision["hidden_size"], vision["num_hidden_layers"], vision["num_attention_heads"]) == (96, 2, 4)
    assert (vision["image_size"], vision["global_attn_indexes"], vision["window_size"]) == (1024, [1], 14)


def test_vit_b_l_and_h_are_told_apart() -> None:
    for width, layers, heads, whole in ((768, 12, 12, [2, 5, 8, 11]), (1280, 32, 16, [7, 15, 23, 31])):
        state = {name: torch.empty(0) for name in original_names(layers)}
        head = width // heads
        state |= {
            "image_encoder.patch_embed.proj.weight": torch.empty(width, 3, 16, 16, device="meta"),
            "image_encoder.pos_embed": torch.empty(1, 64, 64, width, device="meta"),
            "image_encoder.blocks.0.mlp.lin1.weight": torch.empty(4 * width, width, device="meta"),
            "image_encoder.neck.0.weight": torch.empty(256, width, 1, 1, device="meta"),
            "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix": torch.empty(2, 128),
        }
        for at in range(layers):
            state[f"image_encoder.blocks.{at}.attn.rel_pos_h"] = torch.empty(127 if at in whole else 27, head)
        found = sizes_of(state)["vision_config"]
        assert (found["num_hidden_layers"], found["num_attention_heads"]) == (layers, heads)
        assert found["global_attn_indexes"] == whole


def test_checkpoint_and_saved_folder_give_the_same_masks(opened: Segmenter, saved: Path) -> None:
    image, prompts = picture(), Prompts(clicks=(Click(120, 100), Click(20, 20, False)), box=(70, 50, 210, 170))
    other = open_sam(str(saved))
    first = opened.segment(image, opened.encode(image), prompts)[0]
    second = other.segment(image, other.encode(image), prompts)[0]
    assert (first.full() == second.full()).all()
    assert first.score == pytest.approx(second.score, abs=1e-5)


def test_safetensors_load_as_the_checkpoint_does(model: Any, opened: Segmenter, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file(original_state(model), tmp_path / "sam.safetensors")
    image = picture()
    other = open_sam(str(tmp_path / "sam.safetensors"))
    assert np.allclose(other.encode(image)["image_embeddings"], opened.encode(image)["image_embeddings"], atol=1e-5)


def test_the_picture_is_scaled_as_transformers_own_processor_does_it() -> None:
    image = picture()
    own = getattr(__import__("transformers"), "SamImageProcessorPil")()  # noqa: B009 - the type stubs lack it
    theirs = own(images=image, return_tensors="np")["pixel_values"]
    ours = Frame(*image.shape[:2]).pixels_in(image)
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() < 0.02


def test_masks_are_those_that_transformers_own_processing_gives(model: Any) -> None:
    image = picture()
    frame = Frame(*image.shape[:2])
    numbers = np.random.default_rng(1).normal(size=(256, 256)).astype(np.float32)
    own = getattr(__import__("transformers"), "SamImageProcessorPil")()  # noqa: B009
    theirs = own.post_process_masks(
        torch.from_numpy(numbers[None, None, None]), [list(image.shape[:2])], [list(frame.inner)], binarize=False
    )[0][0, 0]
    assert np.abs(frame.on_image(numbers) - np.asarray(theirs)).max() < 1e-3


def test_one_click_asks_for_several_masks_and_more_for_one() -> None:
    frame = Frame(240, 320)
    one = asked_for(Prompts(clicks=(Click(10, 20),)), frame)
    two = asked_for(Prompts(clicks=(Click(10, 20), Click(30, 20, False))), frame)
    assert one.is_vague and not two.is_vague
    assert one.labels.tolist() == [[OBJECT, NOTHING]] and two.labels.tolist() == [[OBJECT, BACKGROUND, NOTHING]]
    assert one.points[0, 0] == pytest.approx([10 * 3.2 - 0.5, 20 * 3.2 - 0.5])


def test_a_box_is_two_corners_without_a_point_that_means_nothing() -> None:
    asked = asked_for(Prompts(box=(10, 20, 110, 120)), Frame(240, 320))
    assert asked.labels.tolist() == [[TOP_LEFT, BOTTOM_RIGHT]] and not asked.is_vague


def test_an_earlier_mask_comes_back_as_itself() -> None:
    frame = Frame(240, 320)
    mask = np.zeros((240, 320), dtype=np.bool_)
    mask[40:200, 60:260] = True
    again = frame.guess_of(frame.numbers_of(mask, 256), None).full()
    assert np.count_nonzero(again != mask) / mask.sum() < 0.02


@pytest.mark.parametrize("shape", [(240, 320), (320, 240), (1, 1), (7, 900), (1500, 1100)])
def test_masks_have_the_size_of_the_image(opened: Segmenter, shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 80, dtype=np.uint8)
    guesses = opened.segment(image, ENCODED.setdefault("any", opened.encode(image)), Prompts(clicks=(Click(0.5, 0.5),)))
    assert len(guesses) == 3 and all(one.full().shape == shape for one in guesses)
    assert [one.score for one in guesses] == sorted((one.score or 0.0 for one in guesses), reverse=True)


ENCODED: dict[str, Any] = {}


def test_sam2_answers_from_a_folder_without_torchvision(tmp_path: Path) -> None:
    segmenter = open_sam(str(save_tiny_sam2(tmp_path / "sam2")))
    image = picture()
    encoding = segmenter.encode(image)
    assert len(encoding) == 3
    assert len(segmenter.segment(image, encoding, Prompts(clicks=(Click(100, 100),)))) == 3
    assert segmenter.segment(image, encoding, Prompts(box=(70, 50, 210, 170)))[0].full().shape == (240, 320)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return print, ("this must not run",)

    torch.save({"image_encoder.pos_embed": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(BackendFailed, match="cannot be read as a checkpoint of tensors"):
        open_sam(str(tmp_path / "trap.pth"))


def test_what_is_no_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("hello")
    torch.save({"layer.weight": torch.zeros(2)}, tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    with zipfile.ZipFile(tmp_path / "empty.pth", "w"):
        pass
    for name in ("text", "other", "list", "empty"):
        with pytest.raises(BackendFailed) as told:
            open_sam(str(tmp_path / f"{name}.pth"))
        assert "\n" not in str(told.value)


def test_weights_of_other_sizes_are_one_sentence(model: Any, tmp_path: Path) -> None:
    state = original_state(model)
    state["mask_decoder.iou_token.weight"] = torch.zeros(1, 99)
    torch.save(state, tmp_path / "bent.pth")
    with pytest.raises(BackendFailed, match="do not fit segment-anything"):
        open_sam(str(tmp_path / "bent.pth"))


def test_names_that_are_nothing_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BackendMissing, match="no checkpoint"):
        open_sam("nowhere.pth")
    with pytest.raises(InputError, match="names no revision"):
        open_sam("owner/model")
    with pytest.raises(InputError, match="holds no segmenter"):
        open_sam(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="kind 'bert'"):
        open_sam(str(tmp_path))


def test_a_torchvision_that_does_not_import_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BackendMissing, match=r"torchvision does not fit.*nms does not exist.*pip uninstall"):
        hub_sam_torch.require_transformers("x")


def test_the_package_route_says_what_would_make_it_usable(checkpoint: Path) -> None:
    with pytest.raises(BackendMissing, match=r"annotation-assistant\[sam\]"):
        open_sam(f"segment_anything:{checkpoint}")


def test_points_of_the_grid_lie_in_the_middle_of_cells() -> None:
    assert grid_points(2, 8, 4).tolist() == [[2, 1], [6, 1], [2, 3], [6, 3]]


def test_a_mask_is_stable_where_the_threshold_hardly_changes_it() -> None:
    numbers = np.full((2, 10, 10), -5.0, dtype=np.float32)
    numbers[0, :5] = 5
    numbers[1, :2], numbers[1, 2:4] = 5, 0.5
    assert stability(numbers) == pytest.approx([1.0, 0.5])


def test_of_boxes_on_the_same_thing_the_surest_stays() -> None:
    boxes = [(0, 0, 10, 10), (1, 0, 11, 10), (20, 20, 30, 30)]
    assert suppressed(boxes, [0.5, 0.9, 0.7], 0.7) == [1, 2]


def test_proposals_are_the_objects_of_a_network_that_knows_them() -> None:
    frame = Frame(100, 200, side=256)
    grid = np.full((2, 64, 64), -9.0, dtype=np.float32)
    grid[0, 4:20, 4:20], grid[1, 10:30, 30:60] = 9, 9

    def ask(points: Any) -> tuple[Any, Any]:
        """Left of the middle the first object is sure, right of it the second; a third mask is never stable."""
        loose = np.zeros((64, 64), dtype=np.float32)
        numbers = np.stack([np.stack([grid[int(x > 100)], loose]) for x, _ in points])
        return numbers, np.tile(np.array([[0.95, 0.99]], dtype=np.float32), (len(points), 1))

    found = propose_masks(frame, ask, ProposalTerms(points=4))
    expected = [(12.5, 12.5, 62.5, 62.5), (94, 31, 188, 94)]
    assert len(found) == 2 and np.abs(np.array([one.box for one in found]) - expected).max() < 2


def test_masks_of_a_random_network_are_proposed_only_where_it_is_sure(opened: Segmenter) -> None:
    image = picture()
    encoding = opened.encode(image)
    loose = ProposalTerms(points=2, least_score=-1e9, least_stability=0.0, least_area=0.0)
    assert len(opened.propose(image, encoding, loose)) > 0
    assert opened.propose(image, encoding, ProposalTerms(points=2, least_score=1e9)) == []


def test_colours_are_normalised_as_the_networks_were_trained() -> None:
    image = np.tile(np.array(MEAN, dtype=np.float64).round().astype(np.uint8), (30, 30, 1))
    assert np.abs(Frame(30, 30, 64).pixels_in(image)).max() < 0.01
