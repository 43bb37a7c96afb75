"""Files that were damaged anywhere inside are read or refused in one sentence; nothing else happens."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exchange.image_roundtrip import REGIONS, placed, schema_of
from tools.errors import AssistantError
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import write_export
from tools.records import Item

SCHEMA = schema_of("boxes", "polygons", "masks", "points", "pose", "scene", "note")
FORMATS = {
    "labelme": ("out", "out/a.json"),
    "datumaro": ("out", "out/annotations/default.json"),
    "label_studio": ("out.json", "out.json"),
    "coco": ("out", "out/annotations/instances.json"),
}
JUNK = (None, True, -1, 0, 7, 1.5, 1e308, 2**70, "", "x", "a.png", [], {}, [[]], [1, 2], [None], {"a": 1}, [[1, "b"]])


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every node of a JSON value."""
    found = [path]
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, below in pairs:
        found += _places(below, (*path, key))
    return found


def _put(node: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = junk
    return None


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_damaged_anywhere_is_read_or_refused(format: str) -> None:
    name, inside = FORMATS[format]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        said = {key: ExportField(key, "agreed", value, [ExportDecision("bo", "choose", value)])
                for key, value in REGIONS.items()}  # fmt: skip
        items, image_file = placed([ExportItem(Item(1, "a.png", "a.png", "image"), said)], here)
        write_export(format, items, SCHEMA, here / name, ExportOptions(card=False), image_file)
        whole = (here / inside).read_text(encoding="utf-8")
        places = _places(json.loads(whole))

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(places), st.sampled_from(JUNK))
        def damage(path: tuple[Any, ...], junk: Any) -> None:
            record = json.loads(whole)
            record = _put(record, path, junk) if not path else (_put(record, path, junk), record)[1]
            (here / inside).write_text(json.dumps(record), encoding="utf-8")
            try:
                batch = read_file(here / name, SCHEMA, ImportOptions(format=format, annotator="anna"))
            except AssistantError as error:
                assert str(error).strip()
            else:
                assert batch.read == batch.items.num_rows + batch.rejects.num_rows

        damage()


CVAT_SCHEMA = schema_of("boxes", "polygons", "masks", "pose", "scene")
WRITTEN = re.compile(r'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)')
SCRAPS = ("", "x", "-1", "1e308", "nan", "inf", "9" * 30, "1,2;3", ",", ";", "1,1,1", "\u0000", "&lt;", "<", "a.png")


def test_cvats_xml_damaged_anywhere_is_read_or_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        said = {key: ExportField(key, "agreed", value, [ExportDecision("bo", "choose", value)])
                for key, value in REGIONS.items() if key in {spec.id for spec in CVAT_SCHEMA.fields}}  # fmt: skip
        items, image_file = placed([ExportItem(Item(1, "a.png", "a.png", "image"), said)], here)
        write_export("cvat", items, CVAT_SCHEMA, here / "out", ExportOptions(card=False), image_file)
        path = here / "out" / "annotations.xml"
        whole = path.read_text(encoding="utf-8")
        places = [found.span() for found in WRITTEN.finditer(whole)]

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(places), st.sampled_from(SCRAPS))
        def damage(place: tuple[int, int], scrap: str) -> None:
            path.write_text(whole[: place[0]] + scrap + whole[place[1] :], encoding="utf-8")
            try:
                batch = read_file(here / "out", CVAT_SCHEMA, ImportOptions(format="cvat", annotator="anna"))
            except AssistantError as error:
                assert str(error).strip()
            else:
                assert batch.read == batch.items.num_rows + batch.rejects.num_rows

        damage()
