"""The demo project of pictures: photographs that scikit-image and scikit-learn carry, with some people's labels.

The pictures are read from the installed packages; none is part of this one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from assistant.demo.project import WHOLE
from assistant.store.project import DATABASE, ProjectStore
from tools.exchange.builder import BatchBuilder, Identity
from tools.exchange.options import ImportOptions
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, ExchangeReject, ImageFile
from tools.records import Actor
from tools.schema import read_schema

PHOTOS_NAME = "Photographs"
_PLACES = (("skimage", "data"), ("sklearn", "datasets", "images"))
_DECIDED = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


def build_photos(place: Path) -> None:
    """Make the project anew; a folder that holds anything else is refused by the store."""
    if (place / DATABASE).is_file():
        shutil.rmtree(place)
    schema = read_schema(_text("photos.yaml"))
    store = ProjectStore.create(place, PHOTOS_NAME, schema, "demo")
    try:
        identity = Identity("demo photographs", hashlib.sha256(_text("photos.jsonl").encode()).hexdigest(), "demo")
        builder = BatchBuilder(schema, ImportOptions(item_kind="image"), identity)
        for row in _rows():
            builder.add(row)
        store.take_in(builder.build(), Actor("demo", "lead", "cli", "demo"), {"source": "demo"})
    finally:
        store.close()
    (place / WHOLE).write_text("The demo project was made to its end.\n", encoding="utf-8")


def photo_place(name: str) -> Path | None:
    """Where an installed package carries this picture; ``None`` where none does any more."""
    for package, *folders in _PLACES:
        found = find_spec(package)
        if found is not None and found.origin is not None:
            place = Path(found.origin).parent.joinpath(*folders, name)
            if place.is_file():
                return place
    return None


def _rows() -> Iterator[ExchangeItem | ExchangeReject]:
    for number, line in enumerate(_text("photos.jsonl").splitlines(), start=1):
        record = json.loads(line)
        name = str(record["photo"])
        image = ImageFile(photo_place(name), name)
        yield ExchangeItem(number, name, name, "image", answers=_answers(record), image=image)


def _answers(record: dict[str, Any]) -> list[ExchangeAnswer]:
    answers = [_answer(Claim("motif", "labels", [label]), who) for who, label in record.get("motif", {}).items()]
    for who, drawn in record.get("things", {}).items():
        boxes = [_region(*one) for one in drawn]
        answers.append(_answer(Claim("things", "boxes", boxes), who))
    return answers


def _answer(claim: Claim, who: str) -> ExchangeAnswer:
    return ExchangeAnswer(claim, who, "choose", _DECIDED, "imported_independent")


def _region(label: str, x0: float, y0: float, x1: float, y1: float, *flags: str) -> dict[str, Any]:
    region: dict[str, Any] = {"label": label, "box": [x0, y0, x1, y1]}
    return {**region, "attributes": dict.fromkeys(flags, True)} if flags else region


def _text(name: str) -> str:
    return files("assistant.demo").joinpath(name).read_text(encoding="utf-8")
