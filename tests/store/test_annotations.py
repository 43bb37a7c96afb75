"""What stands: random histories in the store and in a plain model of it give the same annotations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.store.reviews import ExposureRequest, ReviewRequest
from tests.examples import examples
from tests.store.opened import ANN, BOB, DELIVERY, LEAD, PRAISE, REFUND, Opened, annotation, broken_checks, create
from tools.records import Actor, ExposureKind, Verdict
from tools.values import value_label

PEOPLE = {"ann": ANN, "bob": BOB, "lea": LEAD}
ITEMS = 3000  # each example, the tries of shrinking included, takes an item of its own
_ITEM, _ACTION = itertools.count(1), itertools.count(1000)


@dataclass
class Said:
    """One review in the model."""

    person: str
    verdict: str
    label: str | None
    adjudicates: bool
    target: tuple[str, int]


@dataclass
class Model:
    """Reviews in order, and what is undone now."""

    said: list[Said] = field(default_factory=list)
    undone: set[tuple[str, int]] = field(default_factory=set)

    def live(self) -> list[Said]:
        return [one for at, one in enumerate(self.said) if not {("place", at), one.target} & self.undone]

    def standing(self) -> dict[str, Said]:
        weighty = [one for one in self.live() if one.verdict not in ("comment", "flag")]
        return {one.person: one for one in weighty}

    def annotation(self) -> tuple[str, str | None] | None:
        valued = [one for one in self.live() if one in self.standing().values() and one.label is not None]
        if not valued:
            return None
        settled = [one.label for one in valued if one.adjudicates]
        labels = {one.label for one in valued}
        if settled:
            return ("agreed", settled[-1])
        return ("agreed", labels.pop()) if len(labels) == 1 else ("conflict", None)


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with create(tmp_path_factory.mktemp("annotations") / "project", ITEMS) as project:
        yield project


def write(
    project: Opened,
    item_id: int,
    actor: Actor,
    verdict: Verdict,
    value: Any,
    adjudicates: bool = False,
    kind: ExposureKind = "blind",
) -> int:
    reviews = project.store.reviews
    exposure = reviews.expose([ExposureRequest(item_id, "intent", kind)], actor)[0]
    request = ReviewRequest(exposure.exposure_id, verdict, value, "why", {}, "k", None, adjudicates)
    return reviews.add(request, exposure, 1, actor).review_id


def write_bulk(project: Opened, item_id: int, actor: Actor, value: Any, action_id: int) -> int:
    columns: dict[str, Any] = {
        "item_id": [item_id],
        "field": ["intent"],
        "proposal_id": [1],
        "value": ['{"label":"' + value["label"] + '"}'],
        "label": [value["label"]],
        "answer": [value["label"]],
        "exposure": ["bulk_listed"],
        "schema_version": pa.array([1], pa.int32()),
    }
    return project.store.reviews.add_bulk(pa.table(columns), actor, action_id, "rule").start


VALUES = st.sampled_from([REFUND, DELIVERY, PRAISE])
WHO = st.sampled_from(list(PEOPLE))
STEPS = st.one_of(
    st.tuples(st.just("say"), WHO, VALUES),
    st.tuples(st.just("settle"), st.just("lea"), VALUES),
    st.tuples(st.just("bulk"), WHO, VALUES),
    st.tuples(st.just("event"), WHO, st.sampled_from(["skip", "reject", "flag", "comment"])),
    st.tuples(st.just("undo"), st.integers(0, 20), st.just(True)),
    st.tuples(st.just("undo"), st.integers(0, 20), st.just(False)),
    st.tuples(st.just("undo batch"), st.integers(0, 20), st.booleans()),
)


def take(project: Opened, model: Model, ids: list[int], item_id: int, step: tuple[str, Any, Any]) -> None:
    """One step in the store and in the model."""
    what, who, value = step
    if what.startswith("undo"):
        if model.said:
            place = who % len(model.said)
            is_batch = what == "undo batch" and model.said[place].target[0] == "action"
            target = model.said[place].target if is_batch else ("review", ids[place])
            project.store.reviews.undo([target], LEAD, undone=value)
            mark = model.said[place].target if is_batch else ("place", place)
            (model.undone.add if value else model.undone.discard)(mark)
        return
    actor = PEOPLE[who]
    if what == "bulk":
        action_id = next(_ACTION)
        ids.append(write_bulk(project, item_id, actor, value, action_id))
        model.said.append(Said(who, "accept", value["label"], False, ("action", action_id)))
    elif what == "event":
        ids.append(write(project, item_id, actor, value, None))
        model.said.append(Said(who, value, None, False, ("none", len(ids))))
    else:
        ids.append(write(project, item_id, actor, "choose", value, adjudicates=what == "settle"))
        model.said.append(Said(who, "choose", value["label"], what == "settle", ("none", len(ids))))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=1, max_size=9))
def test_any_history_gives_the_annotation_of_the_plain_model(
    shared_project: Opened, steps: list[tuple[str, Any, Any]]
) -> None:
    item_id = next(_ITEM)
    project, model, ids = shared_project, Model(), list[int]()
    sql = "SELECT reviewer, verdict, label FROM standing_reviews WHERE item_id = ? AND field = 'intent'"
    for step in steps:
        take(project, model, ids, item_id, step)
    found = {row[0]: (row[1], row[2]) for row in project.store.database.rows(sql, [item_id])}
    assert found == {who: (one.verdict, one.label) for who, one in model.standing().items()}
    assert annotation(project, item_id) == model.annotation()


def test_undo_in_the_middle_of_a_chain_leaves_the_latest_answer(project: Opened) -> None:
    ids = [write(project, 1, ANN, "choose", value) for value in (REFUND, DELIVERY, PRAISE)]
    project.store.reviews.undo([("review", ids[1])], ANN)
    assert annotation(project, 1) == ("agreed", "praise")
    project.store.reviews.undo([("review", ids[2])], ANN)
    assert annotation(project, 1) == ("agreed", "refund")
    project.store.reviews.undo([("review", ids[1])], ANN, undone=False)
    assert annotation(project, 1) == ("agreed", "delivery")


def test_probes_never_reach_the_annotations(project: Opened) -> None:
    write(project, 1, ANN, "choose", REFUND, kind="probe")
    assert annotation(project, 1) is None


def test_an_adjudicated_answer_stands_against_any_number_of_others(project: Opened) -> None:
    write(project, 1, ANN, "choose", REFUND)
    write(project, 1, BOB, "choose", REFUND)
    write(project, 1, LEAD, "choose", PRAISE, adjudicates=True)
    assert annotation(project, 1) == ("agreed", "praise")


def test_equal_spans_with_other_ids_agree(project: Opened) -> None:
    for actor, region in ((ANN, "s1"), (BOB, "other")):
        value = {"spans": [{"id": region, "start": 0, "end": 3, "label": "product"}]}
        exposure = project.store.reviews.expose([ExposureRequest(1, "entities", "blind")], actor)[0]
        request = ReviewRequest(exposure.exposure_id, "edit", value, "", {}, "k", None)
        project.store.reviews.add(request, exposure, 1, actor)
    assert annotation(project, 1, "entities") == ("agreed", None)


@pytest.mark.parametrize(
    ("kinds", "calibrates"),
    [(["blind"], True), (["suggested"], False), (["suggested", "blind"], True), (["imported_independent"], True)],
)
def test_only_values_given_without_a_suggestion_calibrate(
    project: Opened, kinds: list[ExposureKind], calibrates: bool
) -> None:
    for actor, kind in zip((ANN, BOB), kinds, strict=False):
        write(project, 1, actor, "choose", REFUND, kind=kind)
    assert project.store.database.rows("SELECT calibrates FROM annotations") == [(calibrates,)]


def test_the_store_takes_a_review_only_from_the_person_who_saw_the_card(project: Opened) -> None:
    exposure = project.store.reviews.expose([ExposureRequest(1, "intent", "blind")], ANN)[0]
    request = ReviewRequest(exposure.exposure_id, "choose", REFUND, "", {}, "k", None)
    with pytest.raises(Exception, match="was shown to ann, not to bob"):
        project.store.reviews.add(request, exposure, 1, BOB)
    assert broken_checks(project) == []


def test_the_label_column_is_the_label_of_the_value(project: Opened) -> None:
    write(project, 1, ANN, "choose", REFUND)
    assert project.store.database.rows("SELECT label FROM reviews") == [(value_label(REFUND),)]
