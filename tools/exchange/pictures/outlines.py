"""Shapes of other programs in the words of this one: turned rectangles, ellipses and circles.

Coordinates are pixels of the displayed image, origin top left; angles are degrees clockwise (y points down).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Box = tuple[float, float, float, float]
Ring = list[list[float]]
# How far the outline of a curved shape may run inside the curve.
SAG = 0.25
CURVED = "Ellipses and circles were read as polygons that follow them to a quarter of a pixel."
_FEWEST, _MOST = 12, 720


def about_centre(x: float, y: float, width: float, height: float, turned: float) -> tuple[Box, float]:
    """Box and angle of a rectangle that is turned about its top left corner, which lies at (x, y).

    This is how Label Studio writes rectangles: ``rotation`` is about the corner that stays in its place. Here a box is
    turned about its centre, so that the unrotated box lies elsewhere.
    """
    cos, sin = _turn(turned)
    middle_x = x + (width * cos - height * sin) / 2
    middle_y = y + (width * sin + height * cos) / 2
    box = middle_x - width / 2, middle_y - height / 2, middle_x + width / 2, middle_y + height / 2
    return (x, y, x + width, y + height) if turned % 360 == 0 else box, wrapped(turned)


def about_corner(box: Sequence[float], angle: float) -> tuple[float, float, float, float, float]:
    """x, y, width, height and rotation from box and angle: the inverse of :func:`about_centre`."""
    width, height = box[2] - box[0], box[3] - box[1]
    if not angle:
        return box[0], box[1], width, height, 0.0
    cos, sin = _turn(angle)
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    x, y = middle_x - (width * cos - height * sin) / 2, middle_y - (width * sin + height * cos) / 2
    return x, y, width, height, angle


def wrapped(angle: float) -> float:
    """The same angle in [-180, 180)."""
    # An angle that is in range already keeps all its digits.
    found = angle if -180 <= angle < 180 else (angle + 180) % 360 - 180
    return 0.0 if found == 0 else float(found)


def ellipse_outline(x: float, y: float, radius_x: float, radius_y: float, turned: float = 0.0) -> Ring:
    """The outline of an ellipse about (x, y), turned about its centre, as a ring that is not closed.

    There are so many points that no chord runs more than :data:`SAG` pixels inside the curve.
    """
    cos, sin = _turn(turned)
    ring = []
    for step in range(points_needed(max(radius_x, radius_y))):
        angle = 2 * math.pi * step / points_needed(max(radius_x, radius_y))
        along, across = radius_x * math.cos(angle), radius_y * math.sin(angle)
        ring.append([x + along * cos - across * sin, y + along * sin + across * cos])
    return ring


def points_needed(radius: float) -> int:
    """How many points a circle of this radius needs: the sagitta of a chord is r (1 - cos(pi / n))."""
    if radius <= SAG:
        return _FEWEST
    return min(_MOST, max(_FEWEST, math.ceil(math.pi / math.acos(1 - SAG / radius))))


def _turn(degrees: float) -> tuple[float, float]:
    """Cosine and sine, exact at right angles."""
    quarter, rest = divmod(degrees, 90)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarter) % 4]
    radians = math.radians(degrees)
    return math.cos(radians), math.sin(radians)
