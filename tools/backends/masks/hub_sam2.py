"""SAM 2 (Ravi et al., 2024) for single images, in transformers' ``Sam2Model``; torchvision is not needed."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.backends.contract import BackendIdentity
from tools.backends.hub_model import LOCK
from tools.backends.learning.threads import thread_count
from tools.backends.masks.contract_images import Encoding
from tools.backends.masks.hub_sam_torch import from_pretrained, prompts_for
from tools.backends.masks.sam_frame import Floats
from tools.backends.masks.sam_segmenter import Asked

_LEVEL = "level{}"


class TransformersSam2:
    """``Sam2Model`` behind the common interface; an encoding holds the maps of all its levels."""

    is_stretched = True

    def __init__(self, model: Any, identity: BackendIdentity) -> None:
        """``model`` is ready to answer."""
        self._model = model
        self.identity = identity
        side = model.config.vision_config.backbone_config.image_size
        self.side = int(side[0] if isinstance(side, (list, tuple)) else side)

    def encode(self, square: Floats) -> Encoding:
        """The maps of each level, finest first."""
        import torch

        torch.set_num_threads(thread_count())
        with LOCK, torch.inference_mode():
            levels = self._model.get_image_embeddings(torch.from_numpy(square))
        return {_LEVEL.format(n): level.float().numpy() for n, level in enumerate(levels)}

    def decode(self, encoding: Encoding, asked: Asked) -> tuple[Floats, Floats]:
        """Numbers and expected overlaps for each question."""
        import torch

        torch.set_num_threads(thread_count())
        levels = [torch.from_numpy(np.asarray(encoding[_LEVEL.format(n)])) for n in range(len(encoding))]
        prompts = prompts_for(asked)
        with LOCK, torch.inference_mode():
            found = self._model(image_embeddings=levels, multimask_output=asked.is_vague, **prompts)
        return found.pred_masks[0].float().numpy(), found.iou_scores[0].float().numpy()


def open_sam2(name: str) -> TransformersSam2:
    """A folder that transformers saved, or a name of the hub with its commit."""
    model, revision = from_pretrained(name, "Sam2Model")
    return TransformersSam2(model, BackendIdentity(f"hub:{name}", revision))
