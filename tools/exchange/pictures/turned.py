"""Regions that count in the picture as it lies in the file, moved to the picture as its EXIF mark has it shown.

Programs that pass over the mark write the sides the other way round, which gives them away for the four orientations
that lay a picture on its side (5..8; CIPA DC-008, Exif 2.32, tag 0x0112).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tools.errors import ValueRefused
from tools.geometry.boxes import Size, box_around, corners_of
from tools.geometry.masks import encode, mask_of_runs
from tools.kinds.fitting import mask_of

LYING = (5, 6, 7, 8)

_POINTS: dict[int, Callable[[float, float, int, int], list[float]]] = {
    5: lambda x, y, width, height: [y, x],
    6: lambda x, y, width, height: [height - y, x],
    7: lambda x, y, width, height: [height - y, width - x],
    8: lambda x, y, width, height: [y, width - x],
}
_MASKS: dict[int, Callable[[Any], Any]] = {
    5: lambda mask: mask.T,
    6: lambda mask: np.rot90(mask, -1),
    7: lambda mask: np.rot90(mask, 2).T,
    8: lambda mask: np.rot90(mask, 1),
}


def turned(region: Mapping[str, Any], orientation: int, size: Size) -> dict[str, Any]:
    """The region in the picture as shown; ``size`` is (width, height) as it lies in the file.

    Geometry that cannot be read stays as it is, for the check that follows to name the reason.
    """
    width, height = size
    move = _POINTS[orientation]
    found = dict(region)
    try:
        if "corners" in found or found.get("angle"):
            corners = found.pop("corners", None) or corners_of(found["box"], float(found["angle"])).tolist()
            found["corners"] = [move(x, y, width, height) for x, y in corners]
            found.pop("box", None)
            found.pop("angle", None)
        elif found.get("box") is not None:
            x0, y0, x1, y1 = found["box"]
            found["box"] = list(box_around([move(x0, y0, width, height), move(x1, y1, width, height)]))
        if found.get("parts"):
            found["parts"] = [
                [[move(x, y, width, height) for x, y in ring] for ring in part] for part in found["parts"]
            ]
        if found.get("points"):
            found["points"] = [
                [*move(x, y, width, height), seen] if seen else [0, 0, 0] for x, y, seen in found["points"]
            ]
        if found.get("counts"):
            runs, stated = mask_of(found, size)
            mask = _MASKS[orientation](mask_of_runs(runs, stated))
            found |= {"size": list(mask.shape), "counts": encode(mask)}
    except (TypeError, ValueError, KeyError, ValueRefused):
        return dict(region)
    return found
