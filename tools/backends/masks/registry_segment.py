"""Which segmenters there are: ``scheme:name`` to a late loader, and what would make the missing ones usable."""

from __future__ import annotations

import threading

from tools.backends import hub_model
from tools.backends.images.registry_images import BackendStatus, status_of
from tools.backends.masks import builtin_grabcut
from tools.backends.masks.contract_images import Segmenter
from tools.backends.masks.hub_sam_package import package_state
from tools.errors import InputError, NotFound

DEFAULT_SEGMENTER = builtin_grabcut.REFERENCE
_LOCK = threading.Lock()
_OPEN: dict[str, Segmenter] = {}
_MOST_OPEN = 2


def open_segmenter(reference: str) -> Segmenter:
    """The segmenter of that name, loaded once and kept; :class:`BackendMissing` carries the line that would help."""
    with _LOCK:
        if reference not in _OPEN:
            found = _load(reference)
            while len(_OPEN) >= _MOST_OPEN:
                _OPEN.pop(next(iter(_OPEN)))
            _OPEN[reference] = found
        return _OPEN[reference]


def is_encoder(reference: str) -> bool:
    """Whether a segmenter encodes images ahead, told without loading it."""
    return reference.startswith("hub:")


def _load(reference: str) -> Segmenter:
    scheme, _, name = reference.partition(":")
    if reference == builtin_grabcut.REFERENCE:
        return builtin_grabcut.GrabCutSegmenter()
    if scheme == "hub" and name:
        from tools.backends.masks.hub_sam import open_sam

        return open_sam(name)
    if scheme == "remote":
        raise InputError(f"{reference} cannot segment: no remote service can; use builtin:grabcut or hub:FOLDER.")
    raise NotFound(f"There is no segmenter {reference!r}; there are builtin:grabcut and hub:NAME-or-folder-or-file.")


def usable_segmenters() -> list[BackendStatus]:
    """Every segmenter with whether it can be used here and now. Nothing heavy is imported."""
    has_hub, package = hub_model.is_installed(), package_state()
    return [
        status_of(builtin_grabcut.REFERENCE, "segment", True),
        status_of("hub:SAM-folder-or-checkpoint", "segment", has_hub, hub_model.REMEDY),
        status_of("hub:SAM2-folder", "segment", has_hub, hub_model.REMEDY),
        status_of("hub:folder-of-ONNX-pair", "segment", True),
        status_of("hub:segment_anything:FILE", "segment", not package, package),
    ]
