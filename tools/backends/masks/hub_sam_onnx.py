"""Segment-anything exported to ONNX: an encoder and a decoder, run by onnxruntime, without torch.

The decoder is what the original project's exporter writes: inputs ``image_embeddings``, ``point_coords``,
``point_labels``, ``mask_input``, ``has_mask_input`` and ``orig_im_size``, an output ``low_res_masks`` and one
``iou_predictions``. For the encoder there is no such convention: it takes the normalised square (1, 3, side, side), or
with ``input: rgb`` in a file ``segmenter.yaml`` beside it the same square in 0..255.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.backends.contract import BackendIdentity
from tools.backends.hub_model import digest_files
from tools.backends.learning.threads import thread_count
from tools.backends.masks.contract_images import Encoding
from tools.backends.masks.hub_sam_torch import EMBEDDINGS
from tools.backends.masks.sam_frame import DEVIATION, MEAN, Floats
from tools.backends.masks.sam_segmenter import GRID, Asked
from tools.errors import BackendFailed, InputError

DESCRIPTION = "segmenter.yaml"
_INPUTS = {"image_embeddings", "point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size"}


class SegmenterFile(BaseModel):
    """The description beside an ONNX pair; every key may be left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoder: str = Field(default="*encoder*.onnx", description="File of the encoder, or a pattern")
    decoder: str = Field(default="*decoder*.onnx", description="File of the decoder, or a pattern")
    input: Literal["normalised", "rgb"] = Field(default="normalised", description="Colours that the encoder takes")


class OnnxSam:
    """An exported pair behind the common interface."""

    is_stretched = False

    def __init__(self, name: str, folder: Path) -> None:
        """Find and load both halves; one sentence says what is wrong with them."""
        told = read_segmenter_file(folder)
        encoder, decoder = _found(folder, told.encoder), _found(folder, told.decoder)
        self._encoder, self._decoder = _session(encoder), _session(decoder)
        self._takes_rgb = told.input == "rgb"
        shape = self._encoder.get_inputs()[0].shape
        if len(shape) != 4 or shape[1] != 3 or not isinstance(shape[2], int) or shape[2] != shape[3]:
            raise BackendFailed(f"{encoder.name} takes {shape}; an encoder takes a square picture [1, 3, side, side].")
        lacking = _INPUTS - {one.name for one in self._decoder.get_inputs()}
        if lacking:
            raise BackendFailed(f"{decoder.name} lacks the input {sorted(lacking)[0]!r} of an exported decoder.")
        self._outputs = _outputs(decoder, [one.name for one in self._decoder.get_outputs()])
        self.side = int(shape[2])
        self.identity = BackendIdentity(f"hub:{name}", digest_files([encoder, decoder]), {"input": told.input})

    def encode(self, square: Floats) -> Encoding:
        """The embedding."""
        given = _as_rgb(square) if self._takes_rgb else square
        found = self._encoder.run(None, {self._encoder.get_inputs()[0].name: given})[0]
        return {EMBEDDINGS: np.asarray(found, dtype=np.float32)}

    def decode(self, encoding: Encoding, asked: Asked) -> tuple[Floats, Floats]:
        """Numbers and expected overlaps; the exported decoder answers one question at a time."""
        numbers, scores = [], []
        for points, labels in zip(asked.points, asked.labels, strict=True):
            found = self._decoder.run(self._outputs, self._given(encoding, points, labels, asked.earlier))
            numbers.append(found[0][0])
            scores.append(found[1][0])
        return _chosen(np.stack(numbers), np.stack(scores), asked.is_vague)

    def _given(self, encoding: Encoding, points: Floats, labels: Floats, earlier: Floats | None) -> dict[str, Any]:
        mask = np.zeros((GRID, GRID), dtype=np.float32) if earlier is None else earlier
        return {
            "image_embeddings": np.asarray(encoding[EMBEDDINGS], dtype=np.float32),
            "point_coords": points[None].astype(np.float32),
            "point_labels": labels[None].astype(np.float32),
            "mask_input": mask[None, None],
            "has_mask_input": np.array([0.0 if earlier is None else 1.0], dtype=np.float32),
            "orig_im_size": np.array([self.side, self.side], dtype=np.float32),
        }


def _chosen(numbers: Floats, scores: Floats, is_vague: bool) -> tuple[Floats, Floats]:
    """Exported with several masks a question, the first is the one for clear prompts, the others for vague ones."""
    if numbers.shape[1] == 1:
        return numbers, scores
    part = slice(1, None) if is_vague else slice(0, 1)
    return numbers[:, part], scores[:, part]


def _as_rgb(square: Floats) -> Floats:
    """The square in 0..255; its padding becomes the mean colour."""
    mean, deviation = (np.array(one, dtype=np.float32).reshape(1, 3, 1, 1) for one in (MEAN, DEVIATION))
    return np.asarray(square * deviation + mean, dtype=np.float32)


def read_segmenter_file(folder: Path) -> SegmenterFile:
    """The description in a folder, or the usual one."""
    place = folder / DESCRIPTION
    if not place.is_file():
        return SegmenterFile()
    try:
        return SegmenterFile.model_validate(yaml.safe_load(place.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, ValidationError) as error:
        raise InputError(
            f"{place.name} is no description of a segmenter: {str(error).splitlines()[0][:120]}."
        ) from None


def _found(folder: Path, pattern: str) -> Path:
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise InputError(f"A segmenter's files lie in its folder; got {pattern!r}.")
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise InputError(
            f"The folder {folder.name} holds {len(found)} files {pattern!r}; name encoder and decoder in {DESCRIPTION}."
        )
    return found[0]


def _outputs(decoder: Path, names: list[str]) -> list[str]:
    for wanted in ("low_res_masks", "iou_predictions"):
        if wanted not in names:
            raise BackendFailed(f"{decoder.name} lacks the output {wanted!r} of an exported decoder.")
    return ["low_res_masks", "iou_predictions"]


def _session(place: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(place), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - the runtime's errors have no common class of their own
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise BackendFailed(f"{place.name} cannot be loaded as an ONNX model: {said}") from None
