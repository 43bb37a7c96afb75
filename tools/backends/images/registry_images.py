"""Which back-ends there are for images: embedders, and what proposes boxes. See :mod:`tools.backends.registry`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

from tools.backends import hub_model
from tools.backends.contract import Ability, ImageEmbedder, Labeller
from tools.backends.images import builtin_images, builtin_similar_regions, hub_images
from tools.backends.images.builtin_opencv import FACES, PEOPLE, FaceDetector, PeopleDetector
from tools.backends.images.detector_labeller import DetectorLabeller
from tools.backends.images.hub_onnx import OnnxDetector, find_files
from tools.errors import AssistantError, InputError, NotFound
from tools.schema import FieldSpec

HUB = "hub:NAME-or-folder"
ONNX = "hub:FILE.onnx"
SIMILAR = builtin_similar_regions.REFERENCE
BOX_BACKENDS = (SIMILAR, FACES, PEOPLE)
"""What proposes boxes without any weights of ours or of others to fetch."""


@dataclass(frozen=True, slots=True)
class BackendStatus:
    """One back-end as ``assistant doctor`` shows it; ``remedy`` is the line that would make it usable."""

    name: str
    ability: Ability
    usable: bool
    remedy: str = ""


def status_of(name: str, ability: Ability, is_usable: bool, remedy: str = "") -> BackendStatus:
    """A line of the doctor; what is usable needs no remedy."""
    return BackendStatus(name, ability, is_usable, "" if is_usable else remedy)


def open_image_embedder(reference: str) -> ImageEmbedder:
    """The embedder of images of that name; one sentence where the name belongs to texts."""
    scheme, _, name = reference.partition(":")
    if reference == builtin_images.REFERENCE:
        return builtin_images.ImageFeatures()
    if scheme == "hub":
        if not is_image_model(name):
            raise InputError(
                f"{reference} is no model of images that can be compared: for images the embedder is "
                f"{builtin_images.REFERENCE}, or a folder with CLIP, SigLIP, DINO or ViT weights."
            )
        return hub_images.HubImageEmbedder(name)
    raise NotFound(
        f"There is no embedder of images {reference!r}; there are {builtin_images.REFERENCE} and {HUB} (CLIP, DINO)."
    )


@lru_cache(maxsize=32)
def is_image_model(name: str) -> bool:
    """Whether a name of the hub means a model that turns images into vectors, from its configuration alone."""
    folder = hub_model.folder_of(name)
    if folder is not None:
        try:
            family = str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type"))
        except (OSError, ValueError, AttributeError):
            return False
    else:
        try:
            family = hub_images.family_of(name)
        except AssistantError:
            return False
    return family in hub_images.WORD_FAMILIES or family in hub_images.SIGHT_FAMILIES


def open_box_labeller(reference: str, spec: FieldSpec) -> Labeller:
    """The labeller of that name for a boxes field, ``builtin:`` or ``hub:``."""
    scheme, _, name = reference.partition(":")
    if scheme == "hub":
        return _open_hub_detector(name, spec)
    if reference == SIMILAR:
        return builtin_similar_regions.SimilarRegions(spec)
    if reference in (FACES, PEOPLE):
        return DetectorLabeller(spec, FaceDetector() if reference == FACES else PeopleDetector())
    known = ", ".join((*BOX_BACKENDS, ONNX, HUB))
    raise NotFound(f"{reference} proposes no boxes; for field {spec.name!r} there are {known}.")


def _open_hub_detector(name: str, spec: FieldSpec) -> Labeller:
    if find_files(name) is not None:
        return DetectorLabeller(spec, OnnxDetector(name))
    from tools.backends.images.hub_detector import open_detector

    return DetectorLabeller(spec, open_detector(name, spec))


def usable_for_images() -> list[BackendStatus]:
    """The back-ends for images, for the doctor. Nothing heavy is imported."""
    return [
        status_of(builtin_images.REFERENCE, "embed images", True),
        status_of(HUB, "embed images", hub_model.is_installed(), hub_model.REMEDY),
        *(status_of(one, "detect", True) for one in BOX_BACKENDS),
        status_of(ONNX, "detect", _has("onnxruntime"), "pip install onnxruntime"),
        status_of(HUB, "detect", hub_model.is_installed(), hub_model.REMEDY),
    ]


def _has(module: str) -> bool:
    return find_spec(module) is not None
