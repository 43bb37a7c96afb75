"""Which back-ends there are for images: embedders, and what proposes boxes. See :mod:`tools.backends.registry`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from tools.backends import builtin_images, hub_images, hub_model
from tools.backends.contract import Ability, ImageEmbedder
from tools.errors import AssistantError, InputError, NotFound

HUB = "hub:NAME-or-folder"


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


def usable_for_images() -> list[BackendStatus]:
    """The back-ends for images, for the doctor. Nothing heavy is imported."""
    return [
        status_of(builtin_images.REFERENCE, "embed images", True),
        status_of(HUB, "embed images", hub_model.is_installed(), hub_model.REMEDY),
    ]
