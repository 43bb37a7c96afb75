"""What Datumaro makes of a dataset. Run by a Python that has datumaro, never by the tests' own.

Prints a JSON list of (item, kind, label, box as x y width height, pixels of a mask, attributes) for a folder and the
name of its format.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any


def annotations(folder: str, format: str) -> list[list[Any]]:
    """Every annotation that Datumaro reads, in the order of the items and of the file."""
    warnings.simplefilter("ignore")
    from datumaro import AnnotationType, Dataset

    dataset = Dataset.import_from(folder, format)
    labels = dataset.categories()[AnnotationType.label].items
    found = []
    for item in sorted(dataset, key=lambda one: str(one.id)):
        for one in item.annotations:
            box = [float(edge) for edge in one.get_bbox()] if hasattr(one, "get_bbox") else []
            pixels = int(one.image.sum()) if one.type.name == "mask" else 0
            attributes = {key: value for key, value in one.attributes.items() if isinstance(value, (bool, str, float))}
            found.append([item.id, one.type.name, labels[one.label].name, box, pixels, attributes])
    return found


if __name__ == "__main__":
    print(json.dumps(annotations(*sys.argv[1:3])))
