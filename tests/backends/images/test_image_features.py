"""Vectors of pictures without weights: of unit length, near for what looks alike, zeros for what cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.fake_context import MemoryCache
from tests.pictures import coloured, draw, ground, save
from tools.backends.images.builtin_images import ImageFeatures
from tools.backends.images.image_features import DIMENSION, image_vector
from tools.backends.learning.vectors import vectors_of
from tools.backends.registry import choose_image_embedder, open_embedder
from tools.content import ImageFile
from tools.errors import NotFound


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (128, 128), (700, 20)])
def test_pictures_of_every_shape_have_a_vector_of_unit_length(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    vector = image_vector(rng.integers(0, 256, (*size, 3)).astype(np.uint8))
    assert vector.shape == (DIMENSION,) and np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_same_scene_at_half_its_size_is_nearer_than_another_scene() -> None:
    rng = np.random.default_rng(2)
    scene, other = ground(rng, 320, 240), ground(rng, 320, 240)
    draw(scene, "disc", (40, 40, 200, 200), "red")
    draw(other, "square", (100, 20, 300, 220), "blue")
    half = image_vector(scene[::2, ::2])
    assert half @ image_vector(scene) > 0.8 > half @ image_vector(other)


def test_a_shape_is_told_from_another_of_the_same_colour() -> None:
    rng = np.random.default_rng(3)
    made = []
    for shape in ("disc", "square", "disc", "square"):
        pixels = ground(rng, 120, 120)
        draw(pixels, shape, (20, 20, 100, 100), "red")
        made.append(image_vector(pixels))
    assert made[0] @ made[2] > made[0] @ made[1] and made[1] @ made[3] > made[1] @ made[2]


def test_vectors_are_made_once_and_kept_for_the_next_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [ImageFile(place) for place, _ in coloured(tmp_path, 3)]
    cache, embedder = MemoryCache(), ImageFeatures()
    first = vectors_of(cache, embedder, [1, 2, 3], places)
    monkeypatch.setattr(ImageFeatures, "embed", lambda self, texts: pytest.fail("made again"))
    again = vectors_of(cache, embedder, [1, 2, 3], places)
    assert (first.made, again.made) == (3, 0) and (first.matrix == again.matrix).all()


def test_a_broken_file_is_zeros_and_the_others_have_their_vectors(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    good = save(ground(np.random.default_rng(1)), tmp_path / "good.png")
    rows = ImageFeatures().embed([str(tmp_path / "broken.png"), str(good)])
    assert not rows[0].any() and rows[1].any()
    assert not ImageFeatures().embed_words(["a red disc"]).any()


def test_the_embedder_of_pictures_says_how_little_it_knows() -> None:
    chosen = choose_image_embedder("")
    assert chosen.embedder.reference == "builtin:image-features"
    assert "knows no things and no words" in chosen.notes[0]
    assert open_embedder("builtin:image-features").dimension == DIMENSION
    with pytest.raises(NotFound, match="no embedder of images"):
        choose_image_embedder("builtin:minilm")
