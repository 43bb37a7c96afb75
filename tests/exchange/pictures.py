"""Small pictures on disk with hostile names and answers to every kind of image field, and the way there and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from PIL import Image

from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import write_export
from tools.geometry.masks import encode
from tools.records import Item, Media
from tools.schema import LabelSchema
from tools.values import check_value

QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
"""Few examples: each writes and reads a whole folder."""

WIDTH, HEIGHT = 24, 18
LABELS = ("car", "Traffic light", "= risky", "人", "a/b", "1")
ATTRIBUTES = [
    {"id": "crowd"},
    {"id": "truncated"},
    {"id": "difficult"},
    {"id": "occluded"},
    {"id": "colour", "kind": "choice", "options": ["red", "light blue"]},
    {"id": "depth", "kind": "number"},
    {"id": "plate", "kind": "text"},
]
POINTS = ["nose", "left eye", "right eye"]
NAMES = ("a.jpg", "b.png", "sub/c.jpg", "ünï/日本.png", "two words.JPG", "a.jpeg", "deep/er/x.bmp", "semi;colon.png")
half_pixels = st.integers(0, 400).map(lambda number: number / 4)


def schema_of(*kinds: str, **more: Any) -> LabelSchema:
    """A schema with one field of each kind."""
    fields: list[dict[str, Any]] = []
    for kind in kinds:
        own: dict[str, Any] = {"id": kind, "kind": kind, "labels": list(LABELS)}
        if kind in ("boxes", "polygons", "masks", "keypoints"):
            own |= {"attributes": ATTRIBUTES} | more
        if kind == "keypoints":
            own |= {"points": POINTS, "skeleton": [["nose", "left eye"], ["nose", "right eye"]]}
        if kind in ("text", "rating"):
            del own["labels"]
        fields.append(own)
    return LabelSchema.model_validate({"name": "Pictures", "item": "image", "fields": fields})


def picture(path: Path, width: int = WIDTH, height: int = HEIGHT, shade: int = 0) -> Path:
    """An image file at ``path``, of a kind that its suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((height, width, 3), shade % 256, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def media_of(path: Path) -> Media:
    """The media record of a file referenced in place."""
    with Image.open(path) as image:
        width, height = image.size
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Media(digest, "image/jpeg", width, height, size=path.stat().st_size, place=str(path))


@dataclass(frozen=True)
class Drawn:
    """An item to be: its name and its answers by field, ``None`` for "not answered"."""

    name: str
    meta: Mapping[str, Any]
    answers: Mapping[str, Mapping[str, Any] | None]


def pixel_boxes(kinds: Any = half_pixels) -> Any:
    """Boxes with an area inside the picture."""
    return st.tuples(kinds, kinds, kinds, kinds).map(_box)


def _box(drawn: tuple[float, float, float, float]) -> list[float]:
    x0, x1 = sorted((drawn[0] % WIDTH, drawn[1] % WIDTH))
    y0, y1 = sorted((drawn[2] % HEIGHT, drawn[3] % HEIGHT))
    return [x0, y0, x1 + 1 if x1 + 1 <= WIDTH else WIDTH, y1 + 1 if y1 + 1 <= HEIGHT else HEIGHT]


@st.composite
def geometries(draw: Any, kind: str, holes: bool = True, whole: bool = False) -> dict[str, Any]:
    """The shape of one region; ``whole`` keeps to whole pixels."""
    box = draw(pixel_boxes(st.integers(0, 100)) if whole else pixel_boxes())
    box = [float(one) for one in box]
    x0, y0, x1, y1 = box
    if kind == "boxes":
        return {"box": box}
    if kind == "polygons":
        ring = [[x0, y0], [x1, y0], [x1, y1], [x0 + 0.25, y1]]
        hole = [[x0 + 0.25, y0 + 0.25], [x1 - 0.25, y0 + 0.25], [x1 - 0.25, y1 - 0.25]]
        parts = [[ring, hole]] if holes and draw(st.booleans()) else [[ring]]
        return {"parts": parts + ([[[[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]] if draw(st.booleans()) else [])}
    if kind == "masks":
        mask = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
        mask[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1] = True
        mask[0, draw(st.lists(st.integers(0, WIDTH - 1), max_size=3))] ^= True
        if not mask.any():
            mask[3, 4] = True
        return {"size": [HEIGHT, WIDTH], "counts": encode(mask)}
    points = [[x0, y0, draw(st.sampled_from((0, 1, 2)))], [x1, y1, 2], [0, 0, 0]]
    return {"points": [point if point[2] else [0.0, 0.0, 0] for point in points]}


@st.composite
def attributes_of(draw: Any, asked: Sequence[str]) -> dict[str, Any]:
    """Attributes as a field of :func:`schema_of` takes them."""
    values = {
        "colour": st.sampled_from(("red", "light blue")),
        "depth": st.integers(-4, 4).map(lambda number: number / 2),
        "plate": st.sampled_from(("B 12", "<&>", "ü")),
    }
    chosen = draw(st.lists(st.sampled_from(list(asked)), unique=True, max_size=3)) if asked else []
    return {name: draw(values.get(name, st.just(True))) for name in chosen}


@st.composite
def answers(draw: Any, schema: LabelSchema, field: str, asked: Sequence[str], **how: Any) -> Mapping[str, Any] | None:
    """A value of a region field, perhaps without a region, perhaps none at all."""
    if draw(st.integers(0, 4)) == 0:
        return None
    spec = schema.field(field)
    regions: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 4))):
        region = {
            "id": f"{number + 1}",
            "label": draw(st.sampled_from(spec.label_ids)),
            **draw(geometries(spec.kind, **how)),
        }
        attributes = draw(attributes_of(asked))
        regions.append(region | ({"attributes": attributes} if attributes else {}))
    distinct: dict[str, dict[str, Any]] = {
        json.dumps({key: one for key, one in region.items() if key != "id"}, sort_keys=True): region
        for region in regions
    }
    return check_value(spec, {spec.kind: list(distinct.values())}, None, None, (WIDTH, HEIGHT))


@st.composite
def drawn(draw: Any, schema: LabelSchema, asked: Sequence[str] = (), **how: Any) -> list[Drawn]:
    """A few pictures under different names."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    return [
        Drawn(name, {}, {spec.id: draw(answers(schema, spec.id, asked, **how)) for spec in schema.fields})
        for name in names
    ]


def made(folder: Path, found: Sequence[Drawn]) -> list[ExportItem]:
    """The items, their pictures written below ``folder``."""
    items = []
    for number, one in enumerate(found, start=1):
        path = picture(folder / f"{number}{Path(one.name).suffix.lower()}", shade=number)
        item = Item(number, one.name, one.name, "image", (), one.meta, media_of(path))
        fields = {
            name: ExportField(name, "agreed", value, [ExportDecision("anna", "choose", value)])
            for name, value in one.answers.items()
            if value is not None
        }
        items.append(ExportItem(item, fields))
    return items


def there_and_back(
    format: str, items: Sequence[ExportItem], schema: LabelSchema, target: Path, **options: Any
) -> ImportBatch:
    """What an import reads of what an export wrote."""
    write_export(format, items, schema, target, ExportOptions(keep_undecided=True, **options))
    return read_file(target, schema, ImportOptions(format=format, annotator="anna"))


def values_of(batch: ImportBatch) -> dict[tuple[str, str], Any]:
    """The labels of a batch by key and field."""
    key_of = dict(zip(batch.items["row"].to_pylist(), batch.items["key"].to_pylist(), strict=True))
    return {(key_of[one["row"]], one["field"]): json.loads(one["value"]) for one in batch.labels.to_pylist()}


def told(found: Sequence[Drawn]) -> dict[tuple[str, str], Any]:
    """The answers of pictures by key and field."""
    return {(one.name, name): value for one in found for name, value in one.answers.items() if value is not None}


def exported(batch: ImportBatch) -> list[ExportItem]:
    """The items of a batch as a project would hand them to an export, their pictures referenced in place."""
    values: dict[int, dict[str, ExportField]] = {}
    for one in batch.labels.to_pylist():
        value = json.loads(one["value"])
        said = [ExportDecision(one["annotator"], one["verdict"], value)]
        values.setdefault(one["row"], {})[one["field"]] = ExportField(one["field"], "agreed", value, said)
    items = []
    for one in batch.items.to_pylist():
        media = json.loads(one["media"])
        source = media.pop("source")
        item = Item(
            one["row"],
            one["key"],
            one["text"],
            "image",
            (),
            json.loads(one["meta"]),
            Media(**media | {"place": source}),
        )
        items.append(ExportItem(item, values.get(one["row"], {})))
    return items
