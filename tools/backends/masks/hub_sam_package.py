"""Segment-anything by its authors' own package, where that and a working torchvision are installed (extra ``sam``)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tools.backends.contract import BackendIdentity
from tools.backends.hub_model import LOCK, digest_files
from tools.backends.learning.threads import thread_count
from tools.backends.masks.contract_images import Encoding
from tools.backends.masks.hub_sam_keys import is_segment_anything, sizes_of
from tools.backends.masks.hub_sam_torch import EMBEDDINGS, read_weights, torchvision_problem
from tools.backends.masks.sam_frame import Floats
from tools.backends.masks.sam_segmenter import Asked
from tools.errors import BackendFailed, BackendMissing

REMEDY = 'in an environment of its own: pip install "annotation-assistant[sam]"'
_BY_WIDTH = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}


def package_state() -> str:
    """ "" where the package can be used, else what would make it usable."""
    if find_spec("segment_anything") is None or find_spec("torchvision") is None:
        return REMEDY
    return torchvision_problem()


class PackageSam:
    """``segment_anything`` behind the common interface."""

    is_stretched = False

    def __init__(self, place: Path) -> None:
        """Load a checkpoint of ViT-B, -L or -H."""
        lacking = package_state()
        if lacking:
            raise BackendMissing(f"hub:segment_anything:{place.name} needs segment_anything and torchvision.", lacking)
        import segment_anything

        state = read_weights(place)
        if not is_segment_anything(state):
            raise BackendFailed(f"{place.name} holds no weights of segment-anything: its tensors have other names.")
        width = int(sizes_of(state)["vision_config"]["hidden_size"])
        if width not in _BY_WIDTH:
            raise BackendFailed(f"{place.name} is {width} wide; the package knows {', '.join(_BY_WIDTH.values())}.")
        self._model: Any = segment_anything.sam_model_registry[_BY_WIDTH[width]](checkpoint=None)
        self._model.load_state_dict(state)
        self._model.eval()
        self.side = int(self._model.image_encoder.img_size)
        self.identity = BackendIdentity(f"hub:segment_anything:{place}", digest_files([place]))

    def encode(self, square: Floats) -> Encoding:
        """The embedding, (1, 256, 64, 64)."""
        import torch

        torch.set_num_threads(thread_count())
        with LOCK, torch.inference_mode():
            found = self._model.image_encoder(torch.from_numpy(square))
        return {EMBEDDINGS: found.float().numpy()}

    def decode(self, encoding: Encoding, asked: Asked) -> tuple[Floats, Floats]:
        """Numbers and expected overlaps for each question; corners of a box are points with labels 2 and 3 here too."""
        import torch

        torch.set_num_threads(thread_count())
        points = (torch.from_numpy(asked.points), torch.from_numpy(asked.labels))
        masks = None if asked.earlier is None else torch.from_numpy(asked.earlier[None, None])
        with LOCK, torch.inference_mode():
            sparse, dense = _prompted(self._model.prompt_encoder, points, masks)
            numbers, scores = self._model.mask_decoder(
                image_embeddings=torch.from_numpy(np.asarray(encoding[EMBEDDINGS])),
                image_pe=self._model.prompt_encoder.get_dense_pe(),
                sparse_prompt_embeddings=sparse,
                dense_prompt_embeddings=dense,
                multimask_output=asked.is_vague,
            )
        return numbers.float().numpy(), scores.float().numpy()


def _prompted(encoder: Any, points: tuple[Any, Any], masks: Any) -> tuple[Any, Any]:
    """Prompts as the package takes them: points and a box apart, and no padding of its own beside a box."""
    import torch

    coordinates, labels = points
    is_corner = labels[0] >= 2
    is_point = (labels[0] >= 0) & ~is_corner
    boxes = coordinates[:, is_corner].reshape(-1, 4) if bool(is_corner.any()) else None
    asked = (coordinates[:, is_point], labels[:, is_point]) if bool(is_point.any()) else None
    sparse, dense = encoder(points=asked, boxes=boxes, masks=masks)
    assert isinstance(sparse, torch.Tensor)
    return sparse, dense
