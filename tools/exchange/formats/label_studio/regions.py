"""The regions of an image in Label Studio's results, and what was said about each of them.

Coordinates are percent of the displayed image; a rectangle is turned about its top left corner, an ellipse about its
centre. The label of a region stands in its own result or, where a config has shapes and labels apart, in another result
of the same id; so do the choices, numbers and texts about a single region.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as _default
from typing import Any

from tools.exchange.codec import MARK
from tools.exchange.formats.label_studio.results import Problem, Results, plain_claim
from tools.exchange.pictures.brush import decode_brush
from tools.exchange.pictures.outlines import CURVED, about_centre, ellipse_outline
from tools.exchange.rows import Claim
from tools.geometry.masks import encode
from tools.records import to_json

Region = dict[str, Any]
Result = Mapping[str, Any]
Size = tuple[int, int]
TURNED = "the region was drawn while the image was turned, which is not read"
NO_NUMBERS = "its coordinates are no numbers"
NO_SIZE = "the file does not say how large the image is, and the image is not there"
NO_LABEL = "the region has no label"
APART = "__"
"""Stands between the name of a field and that of an attribute in the names of controls that we write."""
HOLES = f"{APART}holes"
"""Ends the name of the control for what has holes, which polygons of Label Studio do not have."""
SAMPLE_WIDTH = 0.5
"""How wide a key point is drawn, in percent of the image."""


@dataclass(slots=True)
class ImageResults(Results):
    """Claims about an image; ``notes`` say how shapes were understood."""

    notes: set[str] = _default(default_factory=set)


def read_image_results(annotation: Result, size_of: Callable[[], Size | None]) -> ImageResults:
    """The claims of one annotation or prediction; ``size_of`` is asked where a result does not say the image's size."""
    found = ImageResults()
    mark = f"@{annotation.get('id')}"
    listed = annotation.get("result")
    results = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    shapes = [one for one in results if _shape(one)]
    about = _by_region([one for one in results if not _shape(one)], {_id(one, mark) for one in shapes}, mark)
    gathered: dict[str, list[Region]] = {}
    for shape in shapes:
        source, regions = _read_shape(shape, about.get(_id(shape, mark), ()), mark, size_of, found)
        gathered.setdefault(source, []).extend(regions)
    for source, regions in gathered.items():
        if regions:
            found.claims.append(Claim(source, "objects", join_own(regions)))
    of_regions = {id(one) for members in about.values() for one in members}
    for result in results:
        if not _shape(result) and id(result) not in of_regions:
            _read_plain(result, found)
    return found


def _read_plain(result: Result, found: ImageResults) -> None:
    """What was said about the whole image."""
    source = str(result.get("from_name") or "result")
    read = plain_claim(result)
    if isinstance(read, str):
        found.problems.append((source, read, to_json(result)[:200]))
        return
    shape, content = read
    same = next((one for one in found.claims if (one.source, one.shape) == (source, shape)), None)
    if same is None:
        found.claims.append(Claim(source, shape, list(content)))
    else:
        same.content.extend(content)
    _note_score(result, source, found)


def _note_score(result: Result, source: str, found: ImageResults) -> None:
    if isinstance(result.get("score"), float):
        found.scores.setdefault(source, []).append(result["score"])


def _read_shape(
    shape: Result, about: Sequence[Result], mark: str, size_of: Callable[[], Size | None], found: ImageResults
) -> tuple[str, list[Region]]:
    """The name of the control and the regions of a shape: one a label, for a shape may carry several."""
    labelled, own = next((one for one in (shape, *about) if labels_of(one)), None), own_part(shape)
    control = str((labelled or shape).get("from_name") or "result")
    source = str(own.get("field") or control.removesuffix(HOLES))
    if "part_of" in own:
        return source, []
    try:
        if labelled is None:
            raise ValueError(NO_LABEL)
        geometry = own_geometry(shape) or _geometry(shape, size_of, found.notes)
    except ValueError as error:
        found.problems.append((source, str(error), to_json(shape)[:200]))
        return source, []
    if isinstance(shape.get("score"), (int, float)) and not isinstance(shape.get("score"), bool):
        geometry["score"] = shape["score"]
        _note_score(shape, source, found)
    attributes, problems = _attributes(about, source)
    found.problems += problems
    if isinstance(own.get("prompts"), Mapping):
        geometry["prompts"] = dict(own["prompts"])
    name, regions = str(own.get("region") or _id(shape, mark)), []
    for at, label in enumerate(labels_of(labelled)):
        own = {"id": name if at == 0 else f"{name}_{at + 1}"} if name else {}
        regions.append({**own, "label": label, "attributes": attributes, **_object(shape), **geometry})
    return source, regions


def _shape(result: Result) -> str:
    """The kind of shape a result is; empty where it is none."""
    kind = str(result.get("type")).removesuffix("labels")
    return kind if kind in _READERS else ""


def labels_of(result: Result) -> list[Any]:
    """The labels in a result, whatever the control that gave them."""
    value = result.get("value")
    for key in _LABELS if isinstance(value, Mapping) else ():
        if isinstance(value, Mapping) and isinstance(value.get(key), list) and value[key]:
            return list(value[key])
    return []


def _id(result: Result, mark: str) -> str:
    return str(result.get("id") or "").removesuffix(mark)


def _by_region(results: Sequence[Result], regions: set[str], mark: str) -> dict[str, list[Result]]:
    """The results that are about a single region: they have its id."""
    found: dict[str, list[Result]] = {}
    for one in results:
        name = _id(one, mark)
        if name and name in regions:
            found.setdefault(name, []).append(one)
    return found


def _attributes(about: Sequence[Result], source: str) -> tuple[dict[str, Any], list[Problem]]:
    """What was chosen, counted and written about one region, by the names of the controls."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for one in about:
        if labels_of(one):
            continue
        name = str(one.get("from_name") or "result").removeprefix(f"{source}{APART}")
        read = plain_claim(one)
        if isinstance(read, str):
            problems.append((source, read, to_json(one)[:200]))
        elif read[0] == "labels" and len(read[1]) > 1:
            found |= {str(choice): True for choice in read[1]}
        elif read[1]:
            found[name] = True if read[0] == "labels" and str(read[1][0]) == name else read[1][0]
    return found, problems


def _geometry(shape: Result, size_of: Callable[[], Size | None], notes: set[str]) -> Region:
    value, turned = shape.get("value"), shape.get("image_rotation")
    if not isinstance(value, Mapping):
        raise ValueError("the region has no value")
    if isinstance(turned, (int, float)) and turned % 360:
        raise ValueError(TURNED)
    kind = _shape(shape)
    if kind == "ellipse":
        notes.add(CURVED)
    return _READERS[kind](value, _size(shape, size_of))


def _size(shape: Result, size_of: Callable[[], Size | None]) -> Size:
    """Width and height of the image."""
    stated = stated_size(shape)
    size = stated if stated else size_of()
    if size is None:
        raise ValueError(NO_SIZE)
    return size


def stated_size(result: Result) -> Size | None:
    """The (width, height) that a result says its image has."""
    width, height = result.get("original_width"), result.get("original_height")
    is_size = all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in (width, height))
    return (int(width), int(height)) if is_size else None  # type: ignore[arg-type]


def _number(value: Result, name: str, edge: float, usual: float | None = None) -> float:
    """A percentage of ``edge`` in pixels."""
    number = value.get(name, usual)
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise ValueError(NO_NUMBERS)
    return number * edge / 100


def _rectangle(value: Result, size: Size) -> Region:
    x, width = (_number(value, name, size[0]) for name in ("x", "width"))
    y, height = (_number(value, name, size[1]) for name in ("y", "height"))
    box, angle = about_centre(x, y, width, height, _number(value, "rotation", 100, 0))
    return {"box": list(box), "angle": angle} if angle else {"box": list(box)}


def _polygon(value: Result, size: Size) -> Region:
    points = value.get("points")
    if not isinstance(points, list) or not all(isinstance(one, list) and len(one) == 2 for one in points):
        raise ValueError(NO_NUMBERS)
    ring = [[_number({"x": x}, "x", size[0]), _number({"y": y}, "y", size[1])] for x, y in points]
    return {"parts": [[ring]]}


def _ellipse(value: Result, size: Size) -> Region:
    x, rx = (_number(value, name, size[0]) for name in ("x", "radiusX"))
    y, ry = (_number(value, name, size[1]) for name in ("y", "radiusY"))
    return {"parts": [[ellipse_outline(x, y, rx, ry, _number(value, "rotation", 100, 0))]]}


def _keypoint(value: Result, size: Size) -> Region:
    return {"points": [[_number(value, "x", size[0]), _number(value, "y", size[1]), 2]]}


def _brush(value: Result, size: Size) -> Region:
    if value.get("format") != "rle" or not isinstance(value.get("rle"), list):
        raise ValueError("the brush strokes are not packed as run lengths")
    return {"size": [size[1], size[0]], "counts": encode(decode_brush(value["rle"], (size[1], size[0])))}


_READERS: dict[str, Callable[[Result, Size], Region]] = {
    "rectangle": _rectangle,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "keypoint": _keypoint,
    "brush": _brush,
}
_LABELS = (*(f"{kind}labels" for kind in _READERS), "labels")


def own_part(shape: Result) -> Result:
    """What an export of ours noted about a shape."""
    own = shape.get(MARK)
    return own if isinstance(own, Mapping) else {}


def own_geometry(shape: Result) -> Region | None:
    """The geometry that an export of ours noted, where Label Studio has no shape that says the same."""
    geometry = own_part(shape).get("geometry")
    return dict(geometry) if isinstance(geometry, Mapping) else None


def _object(shape: Result) -> Region:
    """Which object of several points a point is of, as an export of ours noted it."""
    told = own_part(shape).get("object")
    return {MARK: dict(told)} if isinstance(told, Mapping) else {}


def join_own(regions: Sequence[Region]) -> list[Region]:
    """Points that an export of ours noted to be of one object, joined; the other regions as they are."""
    found: list[Region] = []
    objects: dict[str, Region] = {}
    for region in regions:
        told = region.pop(MARK, None)
        if told is None or not isinstance(region.get("points"), list) or not region["points"]:
            found.append(region)
            continue
        name = str(told.get("id"))
        if name not in objects:
            objects[name] = {**region, "id": name, "label": told.get("label"), "points": [], "names": []}
            found.append(objects[name])
        objects[name]["points"].append(region["points"][0])
        objects[name]["names"].append(str(told.get("point")))
        objects[name]["attributes"] = {**objects[name]["attributes"], **region["attributes"]}
    return found
