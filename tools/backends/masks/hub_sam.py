"""``hub:`` segment-anything: finds out what a name means and opens it; nothing is loaded before that.

A name is a checkpoint of the original project (.pth, .pt, .safetensors), a folder that transformers saved (SAM or
SAM 2), ``owner/model@commit`` of the hub, a folder with an ONNX encoder and decoder, or ``segment_anything:FILE`` for
the original package.
"""

from __future__ import annotations

import json
from pathlib import Path

from tools.backends.hub_model import place_of
from tools.backends.masks.contract_images import Segmenter
from tools.backends.masks.sam_segmenter import SamSegmenter
from tools.errors import BackendFailed, BackendMissing, InputError

PACKAGE = "segment_anything:"
CHECKPOINTS = (".pth", ".pt", ".safetensors")
_FAMILIES = {"sam": "SamModel", "sam2": "Sam2Model", "sam2_video": "Sam2Model"}


def open_sam(name: str) -> Segmenter:
    """The segmenter that ``hub:name`` means."""
    if name.startswith(PACKAGE):
        from tools.backends.masks.hub_sam_package import PackageSam

        return SamSegmenter(PackageSam(_file(name.removeprefix(PACKAGE))))
    place = Path(name).expanduser()
    if place.suffix in CHECKPOINTS or place.is_file():
        from tools.backends.masks.hub_sam_torch import open_checkpoint

        return SamSegmenter(open_checkpoint(name, _file(name)))
    if place.is_dir() and (any(place.glob("*.onnx")) or any(place.glob("*/*.onnx"))):
        from tools.backends.masks.hub_sam_onnx import OnnxSam

        return SamSegmenter(OnnxSam(name, place))
    if place.is_dir():
        return _folder(name, place)
    return _from_hub(name)


def _file(name: str) -> Path:
    place = Path(name).expanduser()
    if not place.is_file():
        raise BackendMissing(f"There is no checkpoint {name!r}.", "Name the file: hub:FILE.pth.")
    return place


def _folder(name: str, place: Path) -> Segmenter:
    from tools.backends.masks.hub_sam2 import open_sam2
    from tools.backends.masks.hub_sam_torch import open_checkpoint, open_pretrained

    if not (place / "config.json").is_file():
        lying = sorted(one for one in place.iterdir() if one.suffix in CHECKPOINTS)
        if len(lying) == 1:
            return SamSegmenter(open_checkpoint(name, lying[0]))
        raise InputError(f"The folder {place.name} holds no segmenter: neither config.json nor one checkpoint.")
    family = _family(place / "config.json")
    return SamSegmenter(open_sam2(name) if family == "Sam2Model" else open_pretrained(name))


def _family(config: Path) -> str:
    try:
        kind = str(json.loads(config.read_text(encoding="utf-8")).get("model_type"))
    except (OSError, ValueError, AttributeError) as error:
        raise BackendFailed(f"{config.parent.name}/config.json cannot be read: {str(error)[:80]}.") from None
    if kind not in _FAMILIES:
        raise InputError(f"The folder {config.parent.name} holds a model of kind {kind!r}, which draws no masks here.")
    return _FAMILIES[kind]


def _from_hub(name: str) -> Segmenter:
    """A name of the hub; which family it is stands in its configuration."""
    place_of(name)
    from tools.backends.masks.hub_sam2 import open_sam2
    from tools.backends.masks.hub_sam_torch import hub_kind, open_pretrained

    return SamSegmenter(open_sam2(name) if hub_kind(name).startswith("sam2") else open_pretrained(name))
