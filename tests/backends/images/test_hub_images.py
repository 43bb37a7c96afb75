"""Hub models of images on tiny random weights: vectors of CLIP and DINO, boxes of DETR, YOLOS and OWL-ViT."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.backends.images.boxed_pictures import HEIGHT, SHAPES, WIDTH, boxed_pictures
from tests.backends.images.tiny_image_models import save_clip, save_detr, save_dino, save_owl, save_yolos
from tests.backends.texts.messages import INTENT
from tests.backends.tiny_models import save_bert
from tools.backends import hub_model
from tools.backends.contract import Input
from tools.backends.learning.label_names import knows_words, name_vectors
from tools.backends.registry import Resources, choose_image_embedder, open_embedder, open_labeller
from tools.errors import BackendFailed, InputError
from tools.schema import FieldSpec
from tools.values import check_value

pytestmark = pytest.mark.skipif(not hub_model.is_installed(), reason=f"no transformers: {hub_model.REMEDY}")
COLOUR = FieldSpec.model_validate({"name": "Colour", "kind": "choice", "labels": ["red", "blue"]})


def test_a_clip_folder_gives_vectors_of_pictures_and_of_words_in_one_space(tmp_path: Path) -> None:
    embedder = open_embedder(f"hub:{save_clip(tmp_path / 'clip')}")
    rows = embedder.embed([str(one.place) for one in boxed_pictures(tmp_path, 3)])
    names = name_vectors(COLOUR, embedder)
    assert rows.shape == (3, 12) and names.shape == (2, 12) and knows_words(embedder)
    assert np.linalg.norm(np.vstack([rows, names]), axis=1) == pytest.approx(np.ones(5), abs=1e-5)


def test_names_alone_propose_with_clip_and_not_with_dino(tmp_path: Path) -> None:
    place = str(boxed_pictures(tmp_path, 1)[0].place)
    clip = open_labeller("builtin:few-shot", COLOUR, Resources(f"hub:{save_clip(tmp_path / 'clip')}"))
    assert clip.predict(clip.fit([], [], 1), [Input.of_image(1, place)])[0].value in (
        {"label": "red"},
        {"label": "blue"},
    )
    dino = open_embedder(f"hub:{save_dino(tmp_path / 'dino')}")
    assert dino.embed([place]).shape == (1, dino.dimension) and not knows_words(dino)
    assert not name_vectors(COLOUR, dino).any()


def test_a_picture_that_cannot_be_read_is_a_row_of_zeros(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    embedder = open_embedder(f"hub:{save_dino(tmp_path / 'dino')}")
    assert not embedder.embed([str(tmp_path / "broken.png")]).any()


def test_a_model_of_texts_is_refused_for_pictures(tmp_path: Path) -> None:
    folder = save_bert(tmp_path, "BertForSequenceClassification", ["refund"])
    with pytest.raises(InputError, match="no model of images"):
        choose_image_embedder(f"hub:{folder}")


@pytest.mark.parametrize("save", [save_yolos, save_detr, save_owl], ids=["yolos", "detr", "owl-vit"])
def test_a_detector_of_transformers_proposes_boxes_inside_the_picture(
    tmp_path: Path, save: Callable[[Path], Path]
) -> None:
    labeller = open_labeller(f"hub:{save(tmp_path / 'model')}", SHAPES, Resources())
    picture = boxed_pictures(tmp_path, 1)[0]
    artefact = labeller.fit([], [], 1)
    # Random weights are sure of nothing: with the threshold at the floor their boxes are seen.
    artefact.json["scores"]["threshold"] = 0.0
    draft = labeller.predict(artefact, [Input.of_image(1, picture.place)])[0]
    assert draft.value is not None and draft.value["boxes"]
    assert check_value(SHAPES, draft.value, size=(WIDTH, HEIGHT)) == draft.value
    assert labeller.predict(artefact, [Input.of_image(1, picture.place)])[0] == draft


def test_what_is_no_detector_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed, match="cannot be loaded"):
        open_labeller(f"hub:{save_dino(tmp_path / 'dino')}", SHAPES, Resources())
    with pytest.raises(InputError, match="names no revision"):
        open_labeller("hub:somebody/detector", SHAPES, Resources())


def test_a_text_field_keeps_to_its_own_models(tmp_path: Path) -> None:
    folder = save_bert(tmp_path, "BertForSequenceClassification", ["refund", "delivery", "password"])
    assert open_labeller(f"hub:{folder}", INTENT, Resources()).identity.reference == f"hub:{folder}"
