"""Which back-ends there are, and what is said where one is missing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.backends.texts.messages import INTENT, THINGS, examples_of
from tools.backends import hub_model, registry
from tools.backends.images import registry_images
from tools.backends.registry import NoPaidCalls, Resources, open_embedder, open_labeller, split_reference, usable
from tools.backends.speech import whisper
from tools.backends.texts import builtin_minilm, hub_embedder
from tools.errors import BackendMissing, BudgetSpent, InputError, NotFound
from tools.schema import FieldSpec


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("few-shot", "written as builtin:NAME"),
        ("builtin:", "written as builtin:NAME"),
        ("cloud:x", "written as builtin:NAME"),
        ("builtin:spans", "does not propose choice values; for field 'Intent' use builtin:few-shot"),
        ("builtin:magic", "no back-end 'builtin:magic'; built in are builtin:few-shot, builtin:relations"),
    ],
)
def test_a_wrong_reference_is_refused_in_one_sentence(reference: str, sentence: str) -> None:
    with pytest.raises((InputError, NotFound), match=sentence):
        open_labeller(reference, INTENT, Resources())


def test_free_text_is_left_to_people() -> None:
    with pytest.raises(InputError, match="has to be written by people"):
        open_labeller("builtin:few-shot", FieldSpec(id="note", kind="text"), Resources())


def test_an_unknown_embedder_is_refused_by_naming_those_there_are() -> None:
    with pytest.raises(NotFound, match="builtin:minilm, builtin:ngrams and hub:NAME"):
        open_embedder("builtin:word2vec")
    assert split_reference("hub:some/model@v1") == ("hub", "some/model@v1")


def test_a_missing_package_carries_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_model, "is_installed", lambda: False)
    with pytest.raises(BackendMissing, match="pip install") as caught:
        open_labeller("hub:not/loaded-before", INTENT, Resources())
    assert caught.value.remedy == hub_model.REMEDY
    # None in sys.modules makes an import fail as if the package were not there.
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    with pytest.raises(BackendMissing, match="pip install python-crfsuite"):
        open_labeller("builtin:spans", THINGS, Resources()).fit(examples_of(THINGS, 5), [], 1)


def test_the_doctor_lists_every_back_end_with_a_remedy_where_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (builtin_minilm, hub_model, hub_embedder, whisper):
        monkeypatch.setattr(module, "is_installed", lambda: False)
    for module in (registry, registry_images):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    bare = usable()
    assert {one.name for one in bare if one.usable} == {
        "builtin:ngrams",
        "builtin:few-shot",
        "builtin:zero-shot",
        "builtin:relations",
        "builtin:image-features",
        "builtin:similar-regions",
        "builtin:people",
        "builtin:faces",
        "builtin:grabcut",
        "hub:folder-of-ONNX-pair",
    }
    assert all(bool(one.remedy) != one.usable for one in bare)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert {one.name: one.usable for one in usable()}["remote:MODEL"]


def test_listing_the_back_ends_imports_nothing_heavy() -> None:
    heavy = "('torch', 'transformers', 'sklearn', 'openai')"
    code = f"import sys, tools.backends.registry as r; r.usable(); print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_free_work_makes_no_paid_calls() -> None:
    calls: Any = NoPaidCalls()
    with pytest.raises(BudgetSpent):
        calls.reserve("key", 1)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("text", "Nothing built in proposes free text for field 'Mine'; it has to be written by people."),
        (
            "masks",
            "prelabel proposes no masks: for field 'Mine', draw a box or click into the object, and 'segment' makes "
            "the mask. It proposes boxes, choices and ratings of images.",
        ),
        (
            "keypoints",
            "prelabel proposes no keypoints: for field 'Mine', points are placed by people. It proposes boxes, "
            "choices and ratings of images.",
        ),
    ],
)
def test_a_field_that_no_back_end_serves_is_refused_with_what_people_do_instead(kind: str, sentence: str) -> None:
    labels = () if kind == "text" else ("car",)
    with pytest.raises(InputError) as refused:
        registry.default_reference(FieldSpec.model_validate({"name": "Mine", "kind": kind, "labels": labels}))
    assert str(refused.value) == sentence
