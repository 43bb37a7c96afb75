"""A project of pictures that learns: suggestions made, renewed as labels come, and explained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.review import Decision
from assistant.session import Session
from tests.backends.images.boxed_pictures import SHAPES, Boxed, boxed_pictures
from tests.jobs.labelling import ANN, ask, runs, steps_here
from tests.pictures import coloured
from tests.store.opened import LEAD
from tests.ui.projects import _batch
from tools.schema import LabelSchema
from tools.values import check_value

SCHEMA = LabelSchema.model_validate(
    {
        "name": "Pictures",
        "item": "image",
        "fields": [
            {"id": "colour", "kind": "choice", "labels": ["red", "blue"], "required": False},
            {**SHAPES.model_dump(mode="json", by_alias=True), "required": False},
        ],
    }
)


def opened(path: Path, places: list[Path]) -> Session:
    session = Session.create(path, "Small", SCHEMA, LEAD.person)
    session.store.settings.put("blind_share", 0.0, LEAD)
    session.store.take_in(_batch([{"image": place} for place in places]), LEAD, {})
    return session


@pytest.fixture
def colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """Sixteen pictures, red ones and blue ones in turn."""
    with opened(tmp_path / "p", [place for place, _ in coloured(tmp_path / "files", 16)]) as session:
        steps_here(session, monkeypatch)
        yield session


def decide(session: Session, field: str, value_of: Any, count: int) -> list[int]:
    """Decide the next cards of a field as they should be."""
    done = []
    for _ in range(count):
        card = session.desk.next_cards(ANN, field).cards[0]
        exposure, item = card.exposure.exposure_id, card.item.item_id
        session.desk.decide(ANN, Decision(exposure, f"k{field}{exposure}", "edit", value_of(item)))
        done.append(item)
    return done


def colour_of(item: int) -> dict[str, str]:
    return {"label": "red" if item % 2 else "blue"}


def test_a_choice_of_pictures_is_suggested_renewed_and_explained(colours: Session) -> None:
    decide(colours, "colour", colour_of, 4)
    first = ask(colours, "prelabel", field="colour")
    assert len(colours.store.runs.of_run(first)) == 12
    decide(colours, "colour", colour_of, 4)
    made = colours.retraining.learn("colour")
    assert [tool for tool, _, _ in runs(colours)] == ["prelabel", "prelabel"]
    renewed = colours.store.runs.of_run(made[0])
    assert len(renewed) == 8 and all("learned from 8" in one.draft.reason for one in renewed)
    item = colours.store.items.get([renewed[0].draft.item_id])[0]
    told = colours.executor.call("explain_item", {"item": item.key, "field": "colour"}, LEAD).result.text
    assert "nearest confirmed examples are" in told


def test_the_card_offers_pictures_that_look_like_it(colours: Session) -> None:
    found = colours.desk.similar(ANN, 1, "colour", 4)
    assert len(found) == 4 and all(one.item_id % 2 for one in found)


def test_boxes_like_the_confirmed_ones_are_stored_as_proposals_with_their_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures: list[Boxed] = boxed_pictures(tmp_path / "files", 5)
    with opened(tmp_path / "p", [one.place for one in pictures]) as session:
        steps_here(session, monkeypatch)
        done = decide(session, "shapes", lambda item: pictures[item - 1].value, 1)
        made = session.store.runs.of_run(ask(session, "prelabel", field="shapes"))
        assert sorted(one.draft.item_id for one in made) == [item for item in range(1, 6) if item not in done]
        regions = [region for one in made for region in (one.draft.value or {})["boxes"]]
        assert regions and all(0 < region["score"] <= 1 for region in regions)
        assert all(check_value(SHAPES, one.draft.value) for one in made)
        decide(session, "shapes", lambda item: pictures[item - 1].value, 1)
        renewed = session.retraining.learn("shapes")
        assert len(session.store.runs.of_run(renewed[0])) == 3
