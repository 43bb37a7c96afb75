"""Regions of images as Label Studio's results, and the controls that show them.

A region is one result with a shape and one more for each attribute, joined by its id. What Label Studio has no shape
for is written as the nearest one, with the exact geometry under our mark, which it ignores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from tools.exchange.codec import MARK
from tools.exchange.export import ChosenItem
from tools.exchange.formats.label_studio.regions import APART, HOLES, SAMPLE_WIDTH
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.brush import encode_brush
from tools.exchange.pictures.image_export import ImageShelf, Placed
from tools.exchange.pictures.objects import GEOMETRIES
from tools.exchange.pictures.outlines import about_corner
from tools.exchange.writer import Names
from tools.geometry.masks import decode
from tools.geometry.polygons import rasterise
from tools.labels import Attribute
from tools.schema import FieldSpec

Result = dict[str, Any]
Size = tuple[int, int]
LOCAL = "/data/local-files/?d="
IMAGES = ".images"
_TAGS = {"boxes": "RectangleLabels", "polygons": "PolygonLabels", "masks": "BrushLabels", "keypoints": "KeyPointLabels"}


def image_losses(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What Label Studio has no place for on images, and what it needs to show them."""
    said = []
    kinds = {spec.kind for spec in fields}
    if "polygons" in kinds:
        said.append(
            f"Polygons with holes are written as brush strokes, several parts as polygons of their own; {MARK!r} keeps "
            "them exactly, Label Studio drops it."
        )
    if any(spec.points for spec in fields):
        said.append(
            "Objects of several points are written as single points with the names of object and point; only "
            f"{MARK!r} joins them."
        )
    if "keypoints" in kinds:
        said.append(f"Whether a point is hidden stands under {MARK!r}: Label Studio has no hidden points.")
    if options.images == "copy":
        said.append(
            "Label Studio shows the images only where it may serve them from disk: set "
            "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT to the folder of "
            "this file, and add that folder as a local storage of the project."
        )
    return said


def image_address(shelf: ImageShelf, placed: Placed) -> str:
    """What stands in ``data.image``: the copy beside the file, as Label Studio serves it from disk."""
    return LOCAL + "/".join(one for one in (shelf.folder, placed.split, placed.name) if one)


class ImageResults:
    """The results of one annotation or prediction, each region under an id that no other region in it has."""

    def __init__(self, item: ChosenItem, names: Names, mark: str) -> None:
        media = item.item.media
        assert media is not None
        self._names, self._mark, self._size = names, mark, (media.width, media.height)
        self._taken: set[str] = set()

    def of(self, spec: FieldSpec, regions: Sequence[Mapping[str, Any]]) -> list[Result]:
        """The results of the regions of one field."""
        return [one for region in regions for one in self._region(spec, region)]

    def _region(self, spec: FieldSpec, region: Mapping[str, Any]) -> list[Result]:
        own: dict[str, Any] = {"region": region["id"]}
        if region.get("prompts"):
            own["prompts"] = region["prompts"]
        shapes = _SHAPES[spec.kind](spec, region, self._names.of(spec, region["label"]), self._size)
        if not shapes:
            # Nothing is lost: a region that is too thin for a pixel is a point to people, and exact under the mark.
            shapes = [("keypoint", self._middle(region), _exact(region), "")]
        found: list[Result] = []
        for at, (kind, value, more, suffix) in enumerate(shapes):
            name = self._free(f"{region['id']}.{at + 1}" if at else str(region["id"]), spec)
            result = self._result(name, f"{kind}labels", f"{spec.id}{suffix}", value)
            result[MARK] = {**own, "field": spec.id, **more}
            if isinstance(region.get("score"), float):
                result["score"] = region["score"]
            found.append(result)
            if at == 0:
                found += self._attributes(name, spec, region, value)
        return found

    def _attributes(
        self, name: str, spec: FieldSpec, region: Mapping[str, Any], value: Mapping[str, Any]
    ) -> list[Result]:
        """What was noted about a region: results of its id, with its place, as Label Studio repeats it."""
        place = {key: one for key, one in value.items() if key in ("x", "y", "width", "height", "rotation")}
        found = []
        for attribute in spec.attributes:
            if attribute.id not in (region.get("attributes") or {}):
                continue
            kind, content = _noted(attribute, region["attributes"][attribute.id])
            found.append(self._result(name, kind, f"{spec.id}{APART}{attribute.id}", {**place, **content}))
        return found

    def _result(self, name: str, kind: str, control: str, value: Mapping[str, Any]) -> Result:
        return {
            "id": f"{name}{self._mark}",
            "type": kind,
            "from_name": control,
            "to_name": "image",
            "origin": "manual",
            "image_rotation": 0,
            "original_width": self._size[0],
            "original_height": self._size[1],
            "value": dict(value),
        }

    def _free(self, wanted: str, spec: FieldSpec) -> str:
        """Results of one id are one region, so that two fields must not share one."""
        name, number = wanted, 1
        while name in self._taken:
            name, number = f"{wanted}.{spec.id}{'' if number == 1 else number}", number + 1
        self._taken.add(name)
        return name

    def _middle(self, region: Mapping[str, Any]) -> dict[str, Any]:
        x, y = region["parts"][0][0][0]
        return _point(x, y, self._size, [])


Shape = tuple[str, dict[str, Any], dict[str, Any], str]


def _box(spec: FieldSpec, region: Mapping[str, Any], label: str, size: Size) -> list[Shape]:
    x, y, width, height, turned = about_corner(region["box"], region.get("angle") or 0.0)
    value = {"x": _share(x, size[0]), "y": _share(y, size[1]), "width": _share(width, size[0])}
    value |= {"height": _share(height, size[1]), "rotation": turned}
    return [("rectangle", {**value, "rectanglelabels": [label]}, {}, "")]


def _polygon(spec: FieldSpec, region: Mapping[str, Any], label: str, size: Size) -> list[Shape]:
    parts = region["parts"]
    if any(len(part) > 1 for part in parts):
        mask = rasterise(parts, (size[1], size[0]))
        return [("brush", _strokes(mask, label), _exact(region), HOLES)] if mask.any() else []
    shapes: list[Shape] = []
    for at, part in enumerate(parts):
        points = [[_share(x, size[0]), _share(y, size[1])] for x, y in part[0]]
        own = {"part_of": region["id"]} if at else _exact(region) if len(parts) > 1 else {}
        shapes.append(("polygon", {"points": points, "closed": True, "polygonlabels": [label]}, own, ""))
    return shapes


def _mask(spec: FieldSpec, region: Mapping[str, Any], label: str, size: Size) -> list[Shape]:
    return [("brush", _strokes(decode(region["counts"], (size[1], size[0])), label), {}, "")]


def _points(spec: FieldSpec, region: Mapping[str, Any], label: str, size: Size) -> list[Shape]:
    shapes: list[Shape] = []
    for at, (x, y, seen) in enumerate(region["points"]):
        if not seen:
            continue
        own: dict[str, Any] = {} if seen == 2 else {"geometry": {"points": [[x, y, seen]]}}
        if spec.points:
            own["object"] = {"id": region["id"], "label": label, "point": spec.points[at]}
        shown = point_label(spec, label, spec.points[at]) if spec.points else label
        shapes.append(("keypoint", _point(x, y, size, [shown]), own, ""))
    return shapes


def _point(x: float, y: float, size: Size, labels: Sequence[str]) -> dict[str, Any]:
    return {"x": _share(x, size[0]), "y": _share(y, size[1]), "width": SAMPLE_WIDTH, "keypointlabels": list(labels)}


def point_label(spec: FieldSpec, label: str, point: str) -> str:
    """What a point of an object is called where Label Studio knows single points only."""
    return point if len(spec.labels) == 1 else f"{label}: {point}"


def _strokes(mask: Any, label: str) -> dict[str, Any]:
    return {"format": "rle", "rle": encode_brush(mask), "brushlabels": [label]}


def _exact(region: Mapping[str, Any]) -> dict[str, Any]:
    keys = (*GEOMETRIES, "angle", "size")
    return {"geometry": {key: region[key] for key in keys if key in region}}


def _share(value: float, edge: int) -> float:
    return value * 100 / edge


def _noted(attribute: Attribute, value: Any) -> tuple[str, dict[str, Any]]:
    if attribute.kind == "number":
        return "number", {"number": value}
    if attribute.kind == "text":
        return "textarea", {"text": [value]}
    return "choices", {"choices": [attribute.id if attribute.kind == "flag" else value]}


_SHAPES: Mapping[str, Callable[[FieldSpec, Mapping[str, Any], str, Size], list[Shape]]] = {
    "boxes": _box,
    "polygons": _polygon,
    "masks": _mask,
    "keypoints": _points,
}


def region_controls(spec: FieldSpec, labels: Sequence[str]) -> list[str]:
    """The lines of the config that show the regions of a field and what is noted about them."""
    name = quoteattr(spec.id)
    turns = f' canRotate="{"true" if spec.rotated else "false"}"' if spec.kind == "boxes" else ""
    shown = [point_label(spec, label, point) for label in labels for point in spec.points] or list(labels)
    lines = _control(_TAGS[spec.kind], f'name={name} toName="image"{turns}', shown)
    if spec.kind == "polygons":
        lines += _control("BrushLabels", f'name="{spec.id}{HOLES}" toName="image"', shown)
    for one in spec.attributes:
        own = f'name="{spec.id}{APART}{one.id}" toName="image" perRegion="true" whenTagName={name}'
        if one.kind in ("number", "text"):
            lines.append(f"  <{'Number' if one.kind == 'number' else 'TextArea'} {own}/>")
        else:
            options = one.options if one.kind == "choice" else (one.id,)
            inside = [f"    <Choice value={quoteattr(option)}/>" for option in options]
            lines += [f'  <Choices {own} choice="single">', *inside, "  </Choices>"]
    return lines


def _control(tag: str, own: str, labels: Sequence[str]) -> list[str]:
    return [f"  <{tag} {own}>", *(f"    <Label value={quoteattr(one)}/>" for one in labels), f"  </{tag}>"]
