"""What a further click costs on an image that is encoded: the server's share beside the decoder's own time.

A segment-anything model of full size (ViT-B) with random weights is saved and loaded as a real one would be; the time
of its arithmetic does not depend on the weights.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant.session import Session
from eval.bench.measure import Line
from tools.backends.hub_model import is_installed
from tools.backends.masks.hub_sam_torch import TransformersSam, save_random
from tools.backends.masks.registry_segment import open_segmenter
from tools.records import Actor
from tools.schema import read_schema

SERVER_MS = 100
CLICKS = 10
TINY = {"hidden_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "global_attn_indexes": [1]}
"""An encoder of two layers, where it has to be quick."""

_SIDE = (768, 1024)
_SCHEMA = "name: Things\nitem: image\nfields:\n  - {id: things, kind: masks, labels: [thing]}\n"
_LEAD = Actor("lead", "lead", "cli")
Spent = tuple[float, float]
"""Seconds on the clock, and of processor time in this thread."""


def latency(folder: Path, is_quick: bool) -> tuple[list[Line], list[str]]:
    """Clicks one after the other through the executor, as the page's route asks them."""
    if not is_installed():
        return [], ["the click on an encoded image was not measured: transformers and torch are missing"]
    weights = save_random(folder / "sam", TINY if is_quick else {})
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(_SIDE[::-1], Image.Resampling.BICUBIC).save(folder / "photo.png")
    images = [{"id": 1, "file_name": "photo.png", "width": _SIDE[1], "height": _SIDE[0]}]
    told = {"images": images, "annotations": [], "categories": [{"id": 1, "name": "thing"}]}
    (folder / "photos.json").write_text(json.dumps(told), encoding="utf-8")
    with Session.create(folder / "project", "Clicks", read_schema(_SCHEMA), "lead") as session:
        outcome = session.executor.call("import_data", {"path": str(folder / "photos.json")}, _LEAD)
        assert outcome.action_id is not None
        session.executor.confirm(outcome.action_id, _LEAD)
        reference = f"hub:{folder / 'sam'}"
        first, whole, decoder = _clicks(session, reference, 3 if is_quick else CLICKS)
    server = [one[0] - two[0] for one, two in zip(whole, decoder, strict=True)]
    worked = [one[1] - two[1] for one, two in zip(whole, decoder, strict=True)]
    lines = [
        Line(f"first click, encoding of {_SIDE[1]} × {_SIDE[0]} px included", first),
        Line("further click: decoder, median", statistics.median(one[0] for one in decoder), "ms"),
        Line("further click: server beside it, median", statistics.median(server), "ms", bar=SERVER_MS),
        Line("  of it processor time", statistics.median(worked), "ms"),
    ]
    return lines, [f"the click was asked of SamModel with random weights, {weights / 1e6:.1f} million parameters"]


def _clicks(session: Session, reference: str, count: int) -> tuple[float, list[Spent], list[Spent]]:
    """(seconds of the first click, of each further one, of it in the decoder)."""
    spent: list[Spent] = []
    plain = TransformersSam.decode
    TransformersSam.decode = _timed(plain, spent)  # type: ignore[method-assign]
    try:
        open_segmenter(reference)
        item = int(session.store.items.all_ids()[0])
        took = []
        for number in range(count + 1):
            clicks = [(100.0 + 40 * n, 120.0 + 30 * n, 1) for n in range(number + 1)]
            asked = {"item": item, "clicks": clicks, "backend": reference}
            began = _now()
            session.executor.preview("segment", asked, _LEAD, "bench")
            took.append(_since(began))
    finally:
        TransformersSam.decode = plain  # type: ignore[method-assign]
    return took[0][0], took[1:], spent[1:]


def _now() -> Spent:
    return time.perf_counter(), time.thread_time()


def _since(began: Spent) -> Spent:
    return time.perf_counter() - began[0], time.thread_time() - began[1]


def _timed(work: Callable[..., Any], spent: list[Spent]) -> Callable[..., Any]:
    def timed(*given: Any) -> Any:
        began = _now()
        try:
            return work(*given)
        finally:
            spent.append(_since(began))

    return timed
