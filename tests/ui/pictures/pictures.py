"""Schemas and photographs for the tests of the card over pictures."""

from __future__ import annotations

from pathlib import Path

import skimage
from PIL import Image

PHOTOS = Path(skimage.__file__).parent / "data"
"""Photographs that scikit-image carries: astronaut.png 512 x 512, chelsea.png 451 x 300, coffee.png 600 x 400."""

PERSON = {"id": "a", "label": "person", "box": [120, 20, 330, 330]}
ROCKET = {"id": "b", "label": "rocket", "box": [355, 60, 470, 330]}


def schema(kind: str, more: str = "") -> str:
    """A schema with one field of this kind over pictures."""
    return f"""
name: Pictures
item: image
fields:
  - id: objects
    name: Objects
    kind: {kind}
    question: What is in the picture?
    {more}
    labels:
      - {{id: person, name: Person, color: "#c2410c"}}
      - {{id: rocket, name: Rocket, color: "#1d4ed8"}}
      - {{id: flag, name: Flag, color: "#047857"}}
"""


def photo(name: str) -> Image.Image:
    """One of the photographs, read."""
    with Image.open(PHOTOS / name) as opened:
        return opened.convert("RGB")
