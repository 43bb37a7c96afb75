"""What a run of drawing is settled on, as it is kept with the run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.results import Artefact
from tools.segment.settled import Settled, planned, settled_in

WHERE = {"reference": "builtin:grabcut", "revision": "1", "is_encoder": False}
PLANS: list[dict[str, Any]] = [
    {"how": "from_boxes", "field": "m", "kind": "masks", "most_change": 0.3, "source": "b", "without": 0, **WHERE},
    {"how": "everything", "field": "m", "kind": "masks", "most_change": 0.3, "label": "red", **WHERE},
    {
        **{"how": "words", "field": "o", "kind": "polygons", "most_change": 0.0},
        **{"labels": {"red car": "car"}, "detector": "hub:owl", **WHERE},
    },
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan["how"])
def test_a_plan_of_before_is_read_and_written_as_it_was(plan: dict[str, Any]) -> None:
    settled = settled_in(Artefact({"plan": plan}))
    assert json.dumps(settled.to_json()) == json.dumps(plan)
    assert settled_in(planned(settled, {})) == settled
    assert (settled.how, settled.record.name) == (plan["how"], plan["kind"])


def test_what_a_later_version_adds_to_a_plan_is_passed_over() -> None:
    settled = settled_in(Artefact({"plan": PLANS[0] | {"mood": "calm"}}))
    assert settled == Settled("from_boxes", "m", "masks", 0.3, "b", 0, reference="builtin:grabcut", revision="1")
