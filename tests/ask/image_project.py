"""A small project of photographs with boxes, in the real tables."""

from __future__ import annotations

from typing import Any

from tests.store.tool_context import SmallProject
from tools.ask.measure import measure
from tools.results import Fact, ToolResult
from tools.schema import read_schema

PHOTOS = read_schema(
    """
name: Street
item: image
fields:
  - {id: objects, name: Objects, kind: boxes, labels: [Car, Dog, Person]}
  - {id: scene, name: Scene, kind: choice, labels: [day, night]}
  - {id: outlines, name: Outlines, kind: masks, labels: [car]}
"""
)


def boxes(*regions: tuple[str, float, float, float, float], first: int = 1) -> dict[str, Any]:
    """A value of boxes from (label, x0, y0, x1, y1); ids count up from r1."""
    listed = [
        {"id": f"r{at}", "label": label, "box": [x0, y0, x1, y1]}
        for at, (label, x0, y0, x1, y1) in enumerate(regions, first)
    ]
    return {"boxes": listed}


def photo_project() -> SmallProject:
    """A project with the schema above and no items."""
    project = SmallProject()
    project.schema = PHOTOS
    project.settings = {"overlap": 1, "same_region_iou": 0.7}
    return project


def ask(project: SmallProject, metric: str, **args: Any) -> ToolResult:
    """Measure something."""
    return measure.run(measure.read_arguments({"metric": metric, **args}), project)


def fact(result: ToolResult, name: str) -> Fact:
    """The fact of a name."""
    return next(one for one in result.facts if one.name == name)
