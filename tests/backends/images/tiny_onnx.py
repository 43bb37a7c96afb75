"""ONNX files written by hand: a few fields of the format's protobuf, so that no package is needed to make them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

_FLOAT, _INT_ATTRIBUTE = 1, 2


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _node(kind: str, inputs: tuple[str, ...], output: str, attribute: bytes = b"") -> bytes:
    return b"".join(_part(1, one) for one in inputs) + _part(2, output) + _part(4, kind) + attribute


def _tensor(name: str, values: npt.NDArray[np.float32]) -> bytes:
    dims = b"".join(_number(1, one) for one in values.shape)
    return dims + _number(2, _FLOAT) + _part(8, name) + _part(9, values.astype("<f4").tobytes())


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_part(1, _number(1, one)) for one in shape)
    return _part(1, name) + _part(2, _part(1, _number(1, _FLOAT) + _part(2, dims)))


def constant_model(place: Path, output: npt.NDArray[np.float32], side: int, metadata: Mapping[str, str]) -> Path:
    """A model that answers every image (1, 3, side, side) with ``output``."""
    keep_no_axis = _part(5, _part(1, "keepdims") + _number(3, 0) + _number(20, _INT_ATTRIBUTE))
    nodes = (
        _node("ReduceSum", ("image",), "sum", keep_no_axis),
        _node("Mul", ("sum", "zero"), "nothing"),
        _node("Add", ("answer", "nothing"), "out"),
    )
    graph = b"".join(_part(1, one) for one in nodes) + _part(2, "constant")
    graph += _part(5, _tensor("answer", output)) + _part(5, _tensor("zero", np.zeros((), np.float32)))
    graph += _part(11, _value("image", (1, 3, side, side))) + _part(12, _value("out", output.shape))
    model = _number(1, 8) + _part(7, graph) + _part(8, _part(1, "") + _number(2, 13))
    model += b"".join(_part(14, _part(1, key) + _part(2, value)) for key, value in metadata.items())
    place.write_bytes(model)
    return place


def save_detector(
    folder: Path, output: object, description: str, side: int = 64, metadata: Mapping[str, str] | None = None
) -> Path:
    """The folder with such a model and its description beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    constant_model(folder / "made.onnx", np.asarray(output, dtype=np.float32), side, metadata or {})
    (folder / "made.yaml").write_text(description, encoding="utf-8")
    return folder
