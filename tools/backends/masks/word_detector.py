"""Boxes for words: detectors that read what they shall look for, as OWL-ViT (Minderer et al., ECCV 2022) and Grounding
DINO (Liu et al., ECCV 2024) do; through transformers, from a folder or the hub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tools.backends.hub_model import LOCK, place_of
from tools.backends.learning.threads import thread_count
from tools.backends.masks.contract_images import Box, Pixels
from tools.backends.masks.hub_sam_torch import from_pretrained
from tools.backends.masks.mask_proposals import suppressed
from tools.errors import BackendFailed, InputError
from tools.geometry.boxes import clip_box

_LEAST_SCORE = 0.2
_MOST_OVERLAP = 0.5
_KIND = "AutoModelForZeroShotObjectDetection"


@dataclass(frozen=True, slots=True)
class FoundBox:
    """A box, half open in pixels of the image, with the word it was found by and the detector's score."""

    box: Box
    word: str
    score: float


class WordDetector:
    """A detector that takes words."""

    def __init__(self, name: str) -> None:
        """Load model and tokenizer; errors say what is lacking."""
        self._model, self.revision = from_pretrained(name, _KIND)
        place, revision, is_folder = place_of(name)
        import transformers

        pinned: dict[str, Any] = {"local_files_only": is_folder, **({"revision": revision} if revision else {})}
        try:
            self._reader: Any = transformers.AutoProcessor.from_pretrained(place, **pinned)
        except (OSError, ValueError, KeyError, ImportError) as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise BackendFailed(f"The detector {name} lacks what reads its words: {said}") from None
        self.reference = f"hub:{name}"

    def find(self, image: Pixels, words: Sequence[str]) -> list[FoundBox]:
        """What the words name, the surest first; of two boxes on the same thing the surer stays."""
        import torch
        from PIL import Image

        torch.set_num_threads(thread_count())
        size = [(image.shape[0], image.shape[1])]
        with LOCK, torch.inference_mode():
            given = self._reader(images=Image.fromarray(image), text=[list(words)], return_tensors="pt")
            outputs = self._model(**given)
            found = self._reader.post_process_grounded_object_detection(
                outputs, threshold=_LEAST_SCORE, target_sizes=size, text_labels=[list(words)]
            )[0]
        height, width = size[0]
        boxes = [clip_box(box, (width, height)) for box in found["boxes"].tolist()]
        scores = found["scores"].tolist()
        named = [str(one) for one in found.get("text_labels", found["labels"])]
        kept = suppressed(boxes, scores, _MOST_OVERLAP) if boxes else []
        return [
            FoundBox(boxes[at], named[at], float(scores[at]))
            for at in kept
            if named[at] in words and boxes[at][0] < boxes[at][2] and boxes[at][1] < boxes[at][3]
        ]


@lru_cache(maxsize=1)
def open_word_detector(reference: str) -> WordDetector:
    """The detector of that name."""
    scheme, _, name = reference.partition(":")
    if scheme != "hub" or not name:
        raise InputError(f"A detector that reads words is written hub:FOLDER or hub:NAME@COMMIT; got {reference!r}.")
    return WordDetector(name)
