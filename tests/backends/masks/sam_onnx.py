"""An exported pair as segment-anything's exporter names its inputs and outputs, small enough to be written by hand.

The encoder averages the picture over cells of 16 pixels. The decoder draws a disc round the sum of the points that are
labelled 1, and adds the earlier mask where there is one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.backends.images import tiny_onnx as onnx

SIDE, GRID, RADIUS = 256, 256, 40.0
_INTS = 7


def save_pair(folder: Path, lacking: str = "") -> Path:
    """``encoder.onnx`` and ``decoder.onnx`` in a folder; the decoder without the input or output ``lacking``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "encoder.onnx").write_bytes(_encoder())
    (folder / "decoder.onnx").write_bytes(_decoder(lacking))
    return folder


def _whole(graph: bytes) -> bytes:
    return onnx._number(1, 8) + onnx._part(7, graph) + onnx._part(8, onnx._part(1, "") + onnx._number(2, 13))


def _ints(name: str, values: tuple[int, ...]) -> bytes:
    return onnx._part(
        5, onnx._part(1, name) + b"".join(onnx._number(8, one) for one in values) + onnx._number(20, _INTS)
    )


def _encoder() -> bytes:
    attributes = _ints("kernel_shape", (16, 16)) + _ints("strides", (16, 16))
    graph = onnx._part(1, onnx._node("AveragePool", ("image",), "embedding", attributes)) + onnx._part(2, "encoder")
    graph += onnx._part(11, onnx._value("image", (1, 3, SIDE, SIDE)))
    graph += onnx._part(12, onnx._value("embedding", (1, 3, SIDE // 16, SIDE // 16)))
    return _whole(graph)


def _decoder(lacking: str) -> bytes:
    scalar = onnx._part(5, onnx._part(1, "keepdims") + onnx._number(3, 0) + onnx._number(20, 2))
    nodes = [
        onnx._node("MatMul", ("point_labels", "point_coords"), "spot"),
        *_square_of("x", scalar),
        *_square_of("y", scalar),
        onnx._node("Add", ("xx", "yy"), "away"),
        onnx._node("Sub", ("reach", "away"), "disc"),
        onnx._node("Mul", ("mask_input", "has_mask_input"), "earlier"),
        onnx._node("Mul", ("earlier", "thousand"), "strong"),
        onnx._node("Add", ("disc", "strong"), "low_res_masks"),
        onnx._node("Mul", ("at_x", "zero"), "nothing"),
        onnx._node("Add", ("score", "nothing"), "iou_predictions"),
    ]
    steps = np.arange(GRID, dtype=np.float32) * SIDE / GRID
    constants = {
        "grid_x": np.tile(steps, (GRID, 1))[None, None],
        "grid_y": np.tile(steps[:, None], (1, GRID))[None, None],
        "only_x": np.array([[[1, 0]]]),
        "only_y": np.array([[[0, 1]]]),
        "reach": np.full((1, 1, 1, 1), RADIUS**2),
        "thousand": np.full((1, 1, 1, 1), 1000.0),
        "zero": np.zeros(()),
        "score": np.array([[0.7]]),
    }
    graph = b"".join(onnx._part(1, one) for one in nodes) + onnx._part(2, "decoder")
    for name, values in constants.items():
        graph += onnx._part(5, onnx._tensor(name, values.astype(np.float32)))
    inputs: dict[str, tuple[int | str, ...]] = {
        "image_embeddings": (1, 3, SIDE // 16, SIDE // 16),
        "point_coords": (1, "points", 2),
        "point_labels": (1, "points"),
        "mask_input": (1, 1, GRID, GRID),
        "has_mask_input": (1,),
        "orig_im_size": (2,),
    }
    for name, shape in inputs.items():
        graph += onnx._part(11, _open_value(name, shape)) if name != lacking else b""
    for name, size in (("low_res_masks", (1, 1, GRID, GRID)), ("iou_predictions", (1, 1))):
        graph += onnx._part(12, _open_value(name, size)) if name != lacking else b""
    return _whole(graph)


def _square_of(axis: str, scalar: bytes) -> list[bytes]:
    """Squared distance along an axis of every cell from the spot."""
    return [
        onnx._node("Mul", ("spot", f"only_{axis}"), f"part_{axis}"),
        onnx._node("ReduceSum", (f"part_{axis}",), f"at_{axis}", scalar),
        onnx._node("Sub", (f"grid_{axis}", f"at_{axis}"), f"apart_{axis}"),
        onnx._node("Mul", (f"apart_{axis}", f"apart_{axis}"), axis * 2),
    ]


def _open_value(name: str, shape: tuple[int | str, ...]) -> bytes:
    """As ``_value``, with dimensions that are only named."""
    dims = b"".join(
        onnx._part(1, onnx._part(2, one) if isinstance(one, str) else onnx._number(1, one)) for one in shape
    )
    return onnx._part(1, name) + onnx._part(2, onnx._part(1, onnx._number(1, 1) + onnx._part(2, dims)))
