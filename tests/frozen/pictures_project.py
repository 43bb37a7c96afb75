"""A project about small pictures with an answer of every kind that a picture can have, some of them odd."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant.deciding import Decision
from assistant.session import Session
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.geometry.masks import encode
from tools.records import Actor, Draft, RunIdentity
from tools.schema import FieldSpec, LabelSchema

WIDTH, HEIGHT = 40, 30
LEAD = Actor("ana", "lead", "key", "s1")
PEOPLE = (LEAD, Actor("bo", "reviewer", "key", "s2"))
_LABELS = ["car", {"id": "ped", "name": "A person; \"old\" <b>&'x'"}, {"id": "cjk", "name": "汽车"}]
_ATTRIBUTES = [
    "occluded",
    {"id": "colour", "kind": "choice", "options": ["red", "light blue"]},
    {"id": "speed", "kind": "number"},
    {"id": "remark", "kind": "text"},
]
_FIELDS = [
    {"id": "objects", "kind": "boxes", "labels": _LABELS, "rotated": True, "attributes": _ATTRIBUTES},
    {"id": "outlines", "kind": "polygons", "labels": _LABELS, "required": False},
    {"id": "areas", "kind": "masks", "labels": _LABELS, "attributes": ["crowd"], "required": False},
    {
        "id": "pose",
        "kind": "keypoints",
        "labels": ["person"],
        "points": ["nose", "left eye", "tail"],
        "skeleton": [["nose", "tail"]],
        "required": False,
    },
    {"id": "scene", "kind": "choice", "labels": ["street", "In & out"], "required": False},
]


def make(folder: Path, scratch: Path) -> None:
    """Make the project in ``folder``; ``scratch`` is for files on the way."""
    chance = random.Random(11)
    schema = LabelSchema.model_validate({"name": "Pictures", "item": "image", "fields": _FIELDS})
    with Session.create(folder, "Pictures", schema, "ana") as session:
        session.store.settings.put("overlap", 2, LEAD)
        _pictures(session, scratch)
        _suggest(session)
        for actor in PEOPLE:
            for item_id in range(1, 9):
                for spec in schema.fields:
                    _decide(session, chance, actor, item_id, spec)
            session.desk.undo(actor)


def _pictures(session: Session, scratch: Path) -> None:
    folder = scratch / "pictures"
    (folder / "street").mkdir(parents=True)
    names = ("a.png", "b c.png", "ü.png", "street/001.png", "street/002.jpg", "x.bmp", "汽车.png", "é.png", "left.png")
    for number, name in enumerate(names):
        Image.new("RGB", (WIDTH, HEIGHT), (20 * number, 90, 30)).save(folder / name)
    session.store.take_in(read_file(folder, session.schema, ImportOptions()), LEAD, {})


def _suggest(session: Session) -> None:
    run_id = session.store.runs.start(RunIdentity("prelabel", 1, "scripted:boxes", "1", {}), {}, "objects", 1, LEAD)
    drafts = [
        Draft(one, "objects", {"boxes": [_region("s1", [2, 3, 12.5, 13]), _region("s2", [20, 5, 30, 25])]}, 0.7)
        for one in range(1, 6)
    ]
    sizes = {one: (WIDTH, HEIGHT) for one in range(1, 6)}
    session.store.runs.add_drafts(run_id, drafts, session.schema, 1, dict.fromkeys(sizes, ""), sizes=sizes)
    session.queues.stir()


def _region(name: str, box: list[float]) -> dict[str, Any]:
    return {"id": name, "label": "car", "box": box, "score": 0.5}


def _decide(session: Session, chance: random.Random, actor: Actor, item_id: int, spec: FieldSpec) -> None:
    card = session.desk.open_card(actor, item_id, spec.id)
    if card.suggestion is not None and chance.random() < 0.5:
        value = {"boxes": [{**_region("s1", [2, 3, 12.5, 13])}, {"id": "own", "label": "ped", "box": [1, 1, 9, 9]}]}
        verdicts = {"s1": "accept", "s2": "reject", "own": "choose"}
        decision = Decision(card.exposure.exposure_id, f"{actor.person}-{item_id}", "edit", value, regions=verdicts)
    else:
        value = _value(chance, spec)
        decision = Decision(card.exposure.exposure_id, f"{actor.person}-{item_id}", "choose", value, regions=_all(card))
    session.desk.decide(actor, decision)


def _all(card: Any) -> dict[str, str]:
    suggested = [] if card.suggestion is None else card.suggestion.draft.value["boxes"]
    return {one["id"]: "reject" for one in suggested}


def _value(chance: random.Random, spec: FieldSpec) -> Mapping[str, Any]:
    if spec.kind == "choice":
        return {"label": chance.choice(spec.label_ids)}
    count = chance.choice((0, 1, 2, 3))
    regions = [{"id": f"r{at}", "label": chance.choice(spec.label_ids), **_shape(chance, spec)} for at in range(count)]
    for one in regions:
        if spec.kind == "boxes" and chance.random() < 0.6:
            one["attributes"] = {"occluded": True, "colour": "light blue", "speed": -1.5, "remark": "=1 & <b>"}
    return {spec.kind: regions}


def _shape(chance: random.Random, spec: FieldSpec) -> dict[str, Any]:
    x, y = chance.randint(0, 2000) / 100, chance.randint(0, 1000) / 100
    if spec.kind == "boxes":
        turned = {"angle": 33.5} if chance.random() < 0.3 else {}
        return {"box": [x, y, x + chance.randint(1, 1900) / 100, y + 7.25], **turned}
    if spec.kind == "polygons":
        outer = [[x, y], [x + 15.25, y + 0.5], [x + 12, y + 14], [x + 0.75, y + 13]]
        hole = [[x + 4, y + 4], [x + 8, y + 4], [x + 6, y + 8.5]]
        return {"parts": [[outer, hole], [[[0, 0], [3, 0], [0, 2.5]]]] if chance.random() < 0.5 else [[outer]]}
    if spec.kind == "masks":
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[int(y) : int(y) + 9, int(x) : int(x) + 11] = True
        mask[HEIGHT - 1, chance.randrange(WIDTH)] = True
        return {"size": [HEIGHT, WIDTH], "counts": encode(mask)}
    return {"points": [[x, y, 2], [0, 0, 0], [x + 1, y, 1]]}
