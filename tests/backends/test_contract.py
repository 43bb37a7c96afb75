"""One contract for every labeller that is present: the same questions to all of them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.backends.texts.messages import BOUGHT, INTENT, MOOD, THINGS, TOPICS, examples_of, inputs_of
from tests.backends.tiny_models import save_bert
from tests.fake_context import MemoryCalls
from tests.openai_server import Answer, Body, OpenAIServer, say
from tools.backends import hub_model
from tools.backends.contract import Input, Labeller
from tools.backends.registry import Resources, default_reference, open_labeller
from tools.backends.remote.prompts import load_prompt
from tools.records import Draft
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.values import check_value

FIELDS = (INTENT, TOPICS, MOOD, THINGS, BOUGHT)
HUB_LABELS = {
    "intent": ("BertForSequenceClassification", ["refund", "delivery", "password"]),
    "topics": ("BertForSequenceClassification", ["money", "parcel", "login"]),
    "mood": ("BertForSequenceClassification", ["1", "2", "3"]),
    "things": ("BertForTokenClassification", ["O", "B-product", "I-product", "B-place", "I-place"]),
}
CASES = [
    *((f"builtin {field.id}", default_reference(field), field) for field in FIELDS),
    *((f"remote {field.id}", "remote:m", field) for field in FIELDS),
    *((f"hub {field.id}", "hub:", field) for field in FIELDS if field.id in HUB_LABELS),
]


def answer_anything(body: Body) -> Answer:
    """A model that answers every kind of question with something that fits."""
    schema = body["response_format"]["json_schema"]["schema"]["properties"]
    if "label" in schema:
        return say(json.dumps({"label": "delivery"}))
    if "rating" in schema:
        return say(json.dumps({"rating": 2}))
    return say(json.dumps({key: [] for key in schema}))


@pytest.fixture(scope="module")
def hub_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    if not hub_model.is_installed():
        return {}
    return {name: save_bert(tmp_path_factory.mktemp(name), *made) for name, made in HUB_LABELS.items()}


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer_anything) as made:
        yield made


@pytest.fixture(params=CASES, ids=[case[0] for case in CASES])
def case(
    request: pytest.FixtureRequest,
    server: OpenAIServer,
    hub_folders: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Labeller, FieldSpec]:
    _, reference, field = request.param
    monkeypatch.setenv("OPENAI_BASE_URL", server.address)
    if reference == "hub:":
        if not hub_folders:
            pytest.skip(f"no transformers: {hub_model.REMEDY}")
        reference = f"hub:{hub_folders[field.id]}"
    prompt = load_prompt("", field.kind) if reference.startswith("remote") else None
    return open_labeller(reference, field, Resources("builtin:ngrams", prompt, MemoryCalls(), 7)), field


def test_every_input_gets_exactly_one_draft_in_order(case: tuple[Labeller, FieldSpec]) -> None:
    labeller, field = case
    artefact = labeller.fit(examples_of(field, 30), inputs_of(field, 5), seed=3)
    inputs = inputs_of(field, 7)
    assert [draft.item_id for draft in labeller.predict(artefact, inputs)] == [one.item_id for one in inputs]
    assert labeller.predict(artefact, []) == []


def test_every_value_fits_the_field_and_every_score_is_a_share(case: tuple[Labeller, FieldSpec]) -> None:
    labeller, field = case
    artefact = labeller.fit(examples_of(field, 30), [], seed=3)
    odd = [Input.of_text(1, ""), Input.of_text(2, "👍\u202e\n\n" * 50), Input.of_text(3, "word " * 3000)]
    inputs = [*inputs_of(field, 5), *odd]
    for one, draft in zip(inputs, labeller.predict(artefact, inputs), strict=True):
        assert draft.field == field.id and draft.state == "ok"
        assert check_value(field, draft.value, one.text, one.spans) == draft.value
        assert draft.score is None or 0 <= draft.score <= 1
        assert (draft.score is None) == (draft.score_source == "none")
        assert len(draft.alternatives) <= 3 and draft.reason


def test_the_artefact_can_be_stored_without_pickling_and_gives_the_same_answers(
    case: tuple[Labeller, FieldSpec], tmp_path: Path
) -> None:
    labeller, field = case
    artefact = labeller.fit(examples_of(field, 30), [], seed=3)
    place = tmp_path / "arrays.npz"
    np.savez(place, **dict(artefact.arrays), allow_pickle=False)
    with np.load(place, allow_pickle=False) as stored:
        again = Artefact(json.loads(json.dumps(artefact.json)), {name: stored[name] for name in stored.files})
    assert labeller.predict(again, inputs_of(field, 6)) == labeller.predict(artefact, inputs_of(field, 6))


def test_the_same_seed_learns_the_same(case: tuple[Labeller, FieldSpec]) -> None:
    labeller, field = case

    def answers() -> list[Draft]:
        return labeller.predict(labeller.fit(examples_of(field, 30), inputs_of(field, 9), seed=3), inputs_of(field, 6))

    assert answers() == answers()


def test_one_item_gets_the_same_answer_alone_and_in_company(case: tuple[Labeller, FieldSpec]) -> None:
    labeller, field = case
    artefact = labeller.fit(examples_of(field, 30), [], seed=3)
    inputs = inputs_of(field, 6)
    together, alone = labeller.predict(artefact, inputs)[4], labeller.predict(artefact, inputs[4:5])[0]
    assert (together.value, together.reason) == (alone.value, alone.reason)
    assert together.score == pytest.approx(alone.score, abs=1e-4)


def test_the_identity_names_back_end_revision_and_settings(case: tuple[Labeller, FieldSpec]) -> None:
    labeller, _ = case
    identity = labeller.identity
    assert identity.reference.partition(":")[0] in ("builtin", "hub", "remote")
    assert identity.revision
    json.dumps(dict(identity.settings))


def test_inputs_and_artefacts_can_be_sent_to_another_process(case: tuple[Labeller, FieldSpec]) -> None:
    labeller, field = case
    sent = pickle.loads(pickle.dumps((labeller.fit(examples_of(field, 30), [], 3), inputs_of(field, 3))))
    assert len(labeller.predict(*sent)) == 3
