"""Questions to Label Studio's own converter. Run by a Python that has label-studio-sdk, never by the tests' own.

Reads a JSON object with one question per key from standard input and writes the answers to standard output. The
converter needs another OpenCV than this project, so that it lives in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def decode(strokes: list[dict[str, Any]]) -> list[list[int]]:
    """The fourth channel of brush strokes, as 0 and 1 row by row."""
    import numpy as np
    from label_studio_sdk.converter.brush import decode_rle

    found = []
    for one in strokes:
        height, width = one["size"]
        pixels = np.reshape(decode_rle(one["rle"]), [height, width, 4])[:, :, 3]
        found.append((pixels > 0).astype(int).ravel().tolist())
    return found


def encode(masks: list[dict[str, Any]]) -> list[list[int]]:
    """Brush strokes of masks given as 0 and 1 row by row."""
    import numpy as np
    from label_studio_sdk.converter.brush import encode_rle

    return [encode_rle(np.repeat(np.array(one["pixels"], dtype=np.uint8) * 255, 4)) for one in masks]


def corners(values: list[dict[str, Any]]) -> list[Any]:
    """The corners of turned rectangles in pixels, from the top left one on."""
    from label_studio_sdk.converter.utils import convert_annotation_to_yolo_obb

    return [convert_annotation_to_yolo_obb(one, normalize=False) for one in values]


def problems(given: dict[str, Any]) -> list[str]:
    """What Label Studio's own checks say against a config, and against tasks under it."""
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(given["config"])
    interface.validate()
    found = []
    for task in given["tasks"]:
        for kind in ("annotations", "predictions"):
            for one in task[kind]:
                check = interface.validate_annotation if kind == "annotations" else interface.validate_prediction
                if not check(one):
                    found.append(f"{kind[:-1]} {one['id']} of task {task['id']}")
    return found


def coco(given: dict[str, Any]) -> dict[str, Any]:
    """What the converter makes of tasks as COCO, without their images."""
    from label_studio_sdk.converter import Converter

    with tempfile.TemporaryDirectory() as folder:
        tasks = Path(folder) / "tasks.json"
        tasks.write_text(json.dumps(given["tasks"]), encoding="utf-8")
        converter = Converter(given["config"], folder, download_resources=False)
        converter.convert_to_coco(str(tasks), folder, output_image_dir=folder, is_dir=False)
        made: dict[str, Any] = json.loads((Path(folder) / "result.json").read_text(encoding="utf-8"))
        return made


QUESTIONS = {"decode": decode, "encode": encode, "corners": corners, "problems": problems, "coco": coco}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps({name: QUESTIONS[name](given) for name, given in asked.items()}))  # type: ignore[operator]
