"""Detectors of transformers: DETR, RT-DETR, YOLOS and their like, and OWL-ViT, which is told in words what to find."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tools.backends.hub_model import LOCK
from tools.backends.images.detections import Detections, Detector, Pixels, best_first, clipped, suppressed
from tools.backends.images.hub_images import family_of, open_image_model, open_tokenizer
from tools.backends.learning.threads import thread_count
from tools.errors import BackendFailed, InputError
from tools.schema import FieldSpec

WORDED = ("owlvit", "owlv2")
FLOOR = 0.02
_OVERLAP = 0.6
_QUERY = "a photo of a {}"


def open_detector(name: str, field: FieldSpec) -> Detector:
    """The detector in a folder or under ``owner/model@revision``; the labels of ``field`` are the words for OWL-ViT."""
    if family_of(name) in WORDED:
        return WordedDetector(name, [label.name for label in field.labels])
    return ClassDetector(name)


class ClassDetector:
    """A detector of fixed classes."""

    usual_threshold = 0.5
    pace = 0.5

    def __init__(self, name: str) -> None:
        """Load the model; one sentence where it is no detector."""
        self.reference = f"hub:{name}"
        self._loaded = open_image_model(name, "AutoModelForObjectDetection")
        self.revision = self._loaded.revision
        labels = self._loaded.model.config.id2label
        self.names = tuple(str(labels[at]) for at in range(len(labels)))
        self.aliases: Mapping[str, str] = {}

    def detect(self, pixels: Pixels) -> Detections:
        """Everything found, in pixels of the image."""
        given = _inputs(self._loaded.processor, pixels)
        return _found(self._loaded, given, pixels, len(self.names), self.reference)


class WordedDetector:
    """A detector that looks for whatever the words say; its classes are the words."""

    usual_threshold = 0.1
    pace = 0.3

    def __init__(self, name: str, words: Sequence[str]) -> None:
        """Load the model and read the words."""
        self.reference = f"hub:{name}"
        self._loaded = open_image_model(name, "AutoModelForZeroShotObjectDetection")
        self.revision = self._loaded.revision
        self.names = tuple(words)
        self.aliases: Mapping[str, str] = {}
        queries = [_QUERY.format(word.replace("_", " ").lower()) for word in words]
        length = int(self._loaded.model.config.text_config.max_position_embeddings)
        with LOCK:
            self._read = open_tokenizer(name)(
                queries, padding="max_length", truncation=True, max_length=length, return_tensors="pt"
            )

    def detect(self, pixels: Pixels) -> Detections:
        """Everything found, in pixels of the image."""
        given = {**_inputs(self._loaded.processor, pixels)}
        given |= {"input_ids": self._read["input_ids"], "attention_mask": self._read["attention_mask"]}
        return _found(self._loaded, given, pixels, len(self.names), self.reference)


def _inputs(processor: Any, pixels: Pixels) -> dict[str, Any]:
    with LOCK:
        return dict(processor(images=[pixels], return_tensors="pt"))


def _found(loaded: Any, given: dict[str, Any], pixels: Pixels, classes: int, reference: str) -> Detections:
    """Run the model; its own image processor brings the boxes back to the image."""
    import torch

    torch.set_num_threads(thread_count())
    height, width = pixels.shape[:2]
    # Processors hand over more than some models take, such as masks of the padding.
    takes = inspect.signature(loaded.model.forward).parameters
    try:
        with LOCK, torch.inference_mode():
            outputs = loaded.model(**{name: value for name, value in given.items() if name in takes})
            read = loaded.processor.post_process_object_detection(
                outputs, threshold=FLOOR, target_sizes=torch.tensor([[height, width]])
            )[0]
    except (AttributeError, RuntimeError, ValueError, TypeError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
        raise BackendFailed(f"{reference} cannot be run as a detector: {said}") from None
    codes = np.asarray(read["labels"].numpy(), dtype=np.int64)
    if len(codes) and int(codes.max()) >= classes:
        raise InputError(f"{reference} answers with class {int(codes.max())} and names only {classes} classes.")
    boxes = np.asarray(read["boxes"].float().numpy(), dtype=np.float32).reshape(-1, 4)
    found = best_first(boxes, np.asarray(read["scores"].float().numpy(), dtype=np.float32), codes)
    return clipped(suppressed(found, _OVERLAP), width, height)
