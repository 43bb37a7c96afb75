"""COCO results files: a bare list of what a model found. Images and categories stand in the instances file beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.files.jsonread import parse_json
from tools.exchange.pictures.image_files import LABEL_FOLDERS

_SHAPES = ("bbox", "segmentation", "keypoints", "caption")


def is_results(found: Sequence[Any]) -> bool:
    """Whether JSON rows are results: each names an image by number and says something about it."""
    first = found[0] if found else None
    return isinstance(first, Mapping) and "image_id" in first and any(key in first for key in _SHAPES)


def instances_of(path: Path, results: Sequence[Any], is_coco: Callable[[Any], bool]) -> tuple[Mapping[str, Any], Path]:
    """The COCO file beside a results file that lists all its images, and its path."""
    wanted = {str(one.get("image_id")) for one in results if isinstance(one, Mapping)}
    fitting = []
    for other in _beside(path):
        try:
            found = parse_json(other.read_bytes())
        except (ValueError, OSError):
            continue
        if is_coco(found):
            listed = {str(one.get("id")): one.get("file_name") for one in found["images"] if isinstance(one, Mapping)}
            if wanted <= set(listed):
                fitting.append((found, other, {number: listed[number] for number in wanted}))
    if not fitting:
        raise FormatRefused(
            f"{path.name} names images and categories by number only. Put the COCO file that lists them beside it."
        )
    if any(one[2] != fitting[0][2] for one in fitting):
        names = " and ".join(one[1].name for one in fitting)
        raise FormatRefused(f"{names} give the images of {path.name} different names. Leave one of them beside it.")
    return fitting[0][0], fitting[0][1]


def with_results(instances: Mapping[str, Any], results: Sequence[Any]) -> Mapping[str, Any]:
    """The images that results are about, with the results in place of the annotations."""
    found = [one for one in results if isinstance(one, Mapping)]
    wanted = {str(one.get("image_id")) for one in found}
    images = [one for one in instances["images"] if isinstance(one, Mapping) and str(one.get("id")) in wanted]
    scored = [{"score": 1.0, **one} for one in found]
    return {**instances, "images": images, "annotations": scored}


def _beside(path: Path) -> list[Path]:
    folders = [path.parent, path.parent / "annotations"]
    if path.parent.name.lower() in LABEL_FOLDERS | {"results", "predictions"}:
        folders += [path.parent.parent, path.parent.parent / "annotations"]
    found = [other for folder in folders if folder.is_dir() for other in sorted(folder.glob("*.json"))]
    return [other for other in dict.fromkeys(found) if other != path]
