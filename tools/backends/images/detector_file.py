"""The small file that says how an ONNX detector wants its image and what its numbers mean.

An example, ``fastestdet.yaml`` beside ``fastestdet.onnx``::

    layout: fastestdet
    input: {width: 352, height: 352, channels: bgr, fit: stretch}
    names: coco.names
    aliases: {motorbike: motorcycle, aeroplane: airplane}
    score: 0.65
    overlap: 0.45
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tools.errors import InputError

Layout = Literal["yolov5", "yolov8", "yolov10", "fastestdet"]
EXAMPLE = "layout: yolov8, input: {width: 640, height: 640, fit: letterbox}, names: [person, car]"
_STATED = ConfigDict(extra="forbid", frozen=True)


class InputForm(BaseModel):
    """How an image becomes the model's input, shape (1, 3, height, width), float32.

    Pixels are divided by ``scale``, then ``mean`` is taken off and the rest divided by ``std``, channel by channel in
    the order of ``channels``. ``letterbox`` keeps the proportions and fills the rest with ``pad``, half on either side;
    ``corner`` fills at the right and at the bottom; ``stretch`` does not keep them.
    """

    model_config = _STATED
    width: int = Field(default=640, ge=16, le=8192)
    height: int = Field(default=640, ge=16, le=8192)
    channels: Literal["rgb", "bgr"] = "rgb"
    fit: Literal["letterbox", "corner", "stretch"] = "letterbox"
    pad: int = Field(default=114, ge=0, le=255)
    scale: float = Field(default=255.0, gt=0)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @field_validator("std")
    @classmethod
    def _no_zero(cls, given: tuple[float, float, float]) -> tuple[float, float, float]:
        if min(given) <= 0:
            raise ValueError("a deviation must be above 0")
        return given


class DetectorFile(BaseModel):
    """A description that was read. ``names`` are the classes in the order of the model's outputs.

    ``layout``: yolov5 is (N, 5 + classes) with an objectness, yolov8 is (4 + classes, N), both with centre, width and
    height; yolov10 is (N, 6) of corners, score and class after the model's own suppression; fastestdet is a grid
    (5 + classes, rows, columns). ``relative`` says that coordinates are shares of the input and not its pixels.
    """

    model_config = _STATED
    model: str = ""
    layout: Layout
    input: InputForm = InputForm()
    names: tuple[str, ...] = ()
    aliases: Mapping[str, str] = Field(default_factory=dict)
    score: float = Field(default=0.25, gt=0, lt=1)
    overlap: float = Field(default=0.45, gt=0, le=1)
    relative: bool = False


def read_description(place: Path) -> DetectorFile:
    """The description in a YAML file; one sentence says what is wrong with it."""
    try:
        given = yaml.safe_load(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = str(error).strip().splitlines()[0][:160]
        raise InputError(f"The description {place.name} cannot be read: {said}") from None
    if not isinstance(given, dict):
        raise InputError(f"The description {place.name} is a mapping such as {EXAMPLE}.")
    names = _names(given.get("names"), place)
    try:
        return DetectorFile.model_validate({**given, "names": names})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"The description {place.name} is wrong at {where}: {first['msg']}.") from None


def _names(given: Any, beside: Path) -> tuple[str, ...]:
    """A list, a mapping of numbers to names as in a data.yaml, or the name of a text file with one on each line."""
    if given is None:
        return ()
    if isinstance(given, str):
        try:
            lines = (beside.parent / given).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise InputError(f"The file of names {given!r} beside {beside.name} cannot be read.") from None
        return tuple(line.strip() for line in lines if line.strip())
    if isinstance(given, dict):
        return _numbered(given, beside.name)
    if isinstance(given, list):
        return tuple(str(one) for one in given)
    raise InputError(f"'names' in {beside.name} is a list, a mapping of numbers to names, or a file of names.")


def _numbered(given: Mapping[Any, Any], source: str) -> tuple[str, ...]:
    try:
        by_number = {int(number): str(name) for number, name in given.items()}
    except (TypeError, ValueError):
        raise InputError(f"The names of {source} are numbered from 0, as in {{0: person, 1: car}}.") from None
    if sorted(by_number) != list(range(len(by_number))):
        raise InputError(f"The names of {source} are numbered from 0 without gaps.")
    return tuple(by_number[number] for number in range(len(by_number)))


def names_in_metadata(written: str) -> tuple[str, ...]:
    """Names out of the ``names`` entry that YOLO exporters write into an ONNX file, none where it cannot be read."""
    try:
        found = ast.literal_eval(written)
        return _numbered(found, "the model") if isinstance(found, dict) else tuple(map(str, found))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, InputError):
        return ()
