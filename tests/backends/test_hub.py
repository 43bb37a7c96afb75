"""Transformers models from a folder: tiny random ones, loaded by the real code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.backends.texts.messages import BOUGHT, INTENT, MOOD, THINGS, TOPICS
from tests.backends.tiny_models import save_bert
from tools.backends import hub_model
from tools.backends.contract import Input
from tools.backends.images import hub_images
from tools.backends.masks import hub_sam_torch
from tools.backends.registry import Resources, open_labeller
from tools.backends.texts.hub_embedder import HubEmbedder
from tools.backends.texts.hub_text import HubClassifier, HubSpanTagger, join_pieces, match_labels
from tools.backends.texts.span_tags import Region
from tools.errors import BackendFailed, BackendMissing, InputError
from tools.values import check_value

pytestmark = pytest.mark.skipif(not hub_model.is_installed(), reason=f"no transformers: {hub_model.REMEDY}")
CHECKOUT = Path(__file__).resolve().parents[2]
TEXTS = [
    Input.of_text(1, "I bought the kettle in Oslo 👍"),
    Input.of_text(2, "money back please"),
    Input.of_text(3, ""),
]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("intents")
    return save_bert(folder, "BertForSequenceClassification", ["Refund", "delivery", "PASSWORD"])


@pytest.fixture(scope="module")
def entailment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nli")
    return save_bert(folder, "BertForSequenceClassification", ["contradiction", "neutral", "entailment"])


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    labels = ["O", "B-product", "I-product", "B-place", "I-place", "B-person"]
    return save_bert(tmp_path_factory.mktemp("ner"), "BertForTokenClassification", labels)


def test_a_fine_tuned_classifier_answers_in_the_labels_of_the_field(classifier: Path) -> None:
    made = HubClassifier(INTENT, str(classifier))
    drafts = made.predict(made.fit([], [], 1), TEXTS)
    assert [draft.item_id for draft in drafts] == [1, 2, 3]
    for draft in drafts:
        check_value(INTENT, draft.value)
        assert {str((draft.value or {})["label"]), *(one.label for one in draft.alternatives)} == {
            "refund",
            "delivery",
            "password",
        }


def test_the_revision_of_a_folder_is_the_digest_of_its_weights(classifier: Path, entailment: Path) -> None:
    one, other = HubClassifier(INTENT, str(classifier)).identity, HubClassifier(INTENT, str(entailment)).identity
    assert len(one.revision) == 12 and one.revision != other.revision


def test_an_entailment_model_is_asked_about_every_label(entailment: Path) -> None:
    for field in (INTENT, TOPICS):
        made = HubClassifier(field, str(entailment))
        for draft in made.predict(made.fit([], [], 1), TEXTS):
            check_value(field, draft.value)
            assert draft.score is not None and 0 <= draft.score <= 1
    with pytest.raises(InputError, match="says nothing about a rating"):
        HubClassifier(MOOD, str(entailment))


def test_a_model_with_other_labels_is_refused_by_naming_them(tmp_path: Path) -> None:
    place = save_bert(tmp_path, "BertForSequenceClassification", ["positive", "negative"])
    with pytest.raises(InputError, match="answers with positive, negative; none of these"):
        HubClassifier(INTENT, str(place))


def test_an_answer_that_the_field_does_not_have_is_invalid_and_named(tmp_path: Path) -> None:
    place = save_bert(tmp_path, "BertForSequenceClassification", ["refund", "weather", "sports", "music", "politics"])
    made = HubClassifier(INTENT, str(place))
    drafts = made.predict(made.fit([], [], 1), [Input.of_text(n, f"{'the ' * n}oslo") for n in range(1, 9)])
    strange = [draft for draft in drafts if draft.value != {"label": "refund"}]
    assert strange and all(draft.state == "invalid" for draft in strange)
    assert "which is no answer of the field" in strange[0].problem


def test_star_ratings_are_read_by_their_number() -> None:
    assert match_labels(MOOD, ["1 star", "2 stars", "9 stars", "none"]) == {0: "1", 1: "2"}


def test_a_token_classifier_gives_spans_of_the_text(tagger: Path) -> None:
    made = HubSpanTagger(THINGS, str(tagger))
    drafts = made.predict(made.fit([], [], 1), [*TEXTS, Input.of_text(4, "the kettle " * 40)])
    for draft, one in zip(drafts, [*TEXTS, Input.of_text(4, "the kettle " * 40)], strict=True):
        check_value(THINGS, draft.value, one.text)
    assert drafts[3].reason.endswith("the model was shown the beginning only")


def test_word_pieces_join_into_words_and_blanks_at_the_ends_are_cut() -> None:
    text = "New Yorkers love Oslo"
    pieces = [(0, 3, "place", True), (3, 8, "place", False), (8, 11, "place", True), (12, 16, "", False),
              (16, 21, "place", True)]  # fmt: skip
    assert join_pieces(text, pieces) == [Region(0, 11, "place"), Region(17, 21, "place")]


def test_a_folder_without_a_model_and_a_name_that_cannot_be_had_are_one_sentence_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BackendFailed, match="cannot be loaded"):
        HubClassifier(INTENT, str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BackendMissing, match="Download the model into a folder"):
        HubClassifier(INTENT, "nobody/no-such-model@0123abc")


@pytest.mark.parametrize("opener", [lambda: HubClassifier(INTENT, "owner/model"), lambda: HubEmbedder("owner/model")])
def test_a_name_of_the_hub_without_a_revision_is_refused_before_anything_is_fetched(
    opener: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("something was fetched"))
    with pytest.raises(InputError, match="write hub:owner/model@COMMIT"):
        opener()


def test_nothing_of_transformers_is_loaded_before_a_model_is_opened() -> None:
    code = (
        "import sys\n"
        "import tools.backends.texts.hub_text, tools.backends.texts.hub_embedder\n"
        "import tools.backends.registry, tools.catalog\n"
        "tools.backends.registry.usable()\n"
        "sys.exit(bool({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0


def test_relations_are_not_for_the_hub() -> None:
    with pytest.raises(InputError, match="proposes no relations"):
        open_labeller("hub:some/model", BOUGHT, Resources())


def test_a_sentence_model_in_a_folder_gives_unit_vectors(tmp_path: Path) -> None:
    made = HubEmbedder(str(save_bert(tmp_path, "BertModel", ["x"])))
    rows = made.embed(["the kettle", "", "money back"])
    assert rows.shape == (3, 16)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 1], abs=1e-5)


def _quiet(opening: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> tuple[str | None, list[str]]:
    """What the hub's client is told about reporting usage, and whether progress bars were turned off."""
    from transformers.utils import logging

    said: list[str] = []
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "")
    monkeypatch.delenv("HF_HUB_DISABLE_TELEMETRY")
    monkeypatch.setattr(logging, "disable_progress_bar", lambda: said.append("no bars"))
    opening()
    return os.environ.get("HF_HUB_DISABLE_TELEMETRY"), said


def test_models_of_the_hub_report_no_usage_and_draw_no_bars(classifier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> object:
        return hub_model.open_model.__wrapped__(str(classifier), "AutoModelForSequenceClassification")

    assert _quiet(load, monkeypatch) == ("1", ["no bars"])
    assert _quiet(lambda: hub_images._opening(str(classifier)), monkeypatch) == ("1", ["no bars"])
    monkeypatch.setattr(hub_sam_torch, "torchvision_problem", lambda: "")
    assert _quiet(lambda: hub_sam_torch.require_transformers("x"), monkeypatch) == ("1", ["no bars"])
