"""Export and import of image formats are inverse on what a format can hold."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.exchange.image_roundtrip import exports, read, schema_of, there_and_back, told
from tools.exchange.export import ExportItem
from tools.schema import LabelSchema

ALL = schema_of("boxes", "polygons", "masks", "points", "pose", "scene", "weather", "note", "stars")
# CVAT's XML does not say which of two fields of one kind a shape belongs to, and has no text about an image.
FOR_CVAT = schema_of("boxes", "polygons", "masks", "pose", "scene")
FOR_CVAT_POINTS = schema_of("points", "weather")
QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _same(
    format: str, items: Sequence[ExportItem], schema: LabelSchema, has_ids: bool = True, suffix: str = ""
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        batch = there_and_back(format, items, schema, Path(folder), suffix)
    assert read(batch, has_ids) == told(items, has_ids)


@QUICK
@given(exports(ALL))
def test_labelme_with_our_mark_holds_everything(items: list[ExportItem]) -> None:
    _same("labelme", items, ALL)


@QUICK
@given(exports(ALL))
def test_datumaro_with_our_mark_holds_everything(items: list[ExportItem]) -> None:
    _same("datumaro", items, ALL)


@QUICK
@given(exports(FOR_CVAT, has_holes=False, fewest=1))
def test_cvat_holds_shapes_attributes_skeletons_and_tags(items: list[ExportItem]) -> None:
    _same("cvat", items, FOR_CVAT, has_ids=False)


@QUICK
@given(exports(FOR_CVAT_POINTS, has_holes=False, fewest=1))
def test_cvat_holds_single_points_and_several_tags(items: list[ExportItem]) -> None:
    _same("cvat", items, FOR_CVAT_POINTS, has_ids=False)


@QUICK
@given(exports(ALL))
def test_label_studio_with_our_mark_holds_everything(items: list[ExportItem]) -> None:
    _same("label_studio", items, ALL, suffix=".json")


@pytest.mark.parametrize("format", ["labelme", "datumaro", "cvat", "label_studio"])
def test_splits_change_neither_names_nor_answers(format: str) -> None:
    schema = schema_of("boxes", "scene")

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(exports(schema, has_holes=False, fewest=1))
    def come_back(items: list[ExportItem]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            suffix = ".json" if format == "label_studio" else ""
            batch = there_and_back(format, items, schema, Path(folder), suffix, splits="train=0.5,val=0.5")
        assert read(batch, False) == told(items, False)

    come_back()
