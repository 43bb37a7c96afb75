"""What holds for every answer of the learned taggers, whatever the texts are."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backends.texts.messages import BOUGHT, THINGS, examples_of
from tools.backends.contract import CALIBRATING_LABELS, Example, Input
from tools.backends.texts import builtin_relations
from tools.backends.texts.builtin_relations import PairRelationTagger
from tools.backends.texts.builtin_spans import CrfSpanTagger
from tools.backends.texts.crf import Chain, best_paths
from tools.backends.texts.span_layers import group_layers, label_of, to_layers
from tools.backends.texts.span_tags import Region, are_apart
from tools.backends.texts.tokens import tokenize, tokenize_coarsely
from tools.results import Artefact
from tools.schema import FieldSpec

OVERLAPPING = FieldSpec.model_validate({"id": "x", "kind": "spans", "labels": ["whole", "part"], "overlap": True})
JOINED = FieldSpec.model_validate(
    {
        "id": "joined",
        "kind": "relations",
        "over": "things",
        "labels": [
            {"id": "sold_in", "from": ["product"], "to": ["place"]},
            {"id": "near", "from": ["place"], "to": ["place"]},
        ],
    }
)
_MIXED = "I bought the kettle in New York Berlin 👍 東京 שלום مُحَمَّد हिन्दी b2b, … @you #tag http://t.co/x \ud800 e\u0301"
WORDS = st.sampled_from(_MIXED.split(" "))
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)


@pytest.fixture(scope="module")
def flat() -> Artefact:
    return CrfSpanTagger(THINGS).fit(examples_of(THINGS, 40), [], 1)


@pytest.fixture(scope="module")
def nested() -> Artefact:
    return CrfSpanTagger(OVERLAPPING).fit(universities(14), [], 1)


@pytest.fixture(scope="module")
def joined() -> Artefact:
    return PairRelationTagger(JOINED).fit(examples_of(BOUGHT, 40), [], 1)


def universities(count: int) -> list[Example]:
    """Places inside names of universities, of another label and of the same one."""
    made = []
    for n in range(count):
        text = f"The University of {['Oslo', 'Lima', 'Bergen'][n % 3]} wrote on day {n}"
        end = text.index(" wrote")
        spans = [
            {"id": "a", "start": 4, "end": end, "label": "whole"},
            {"id": "b", "start": 18, "end": end, "label": "part"},
            {"id": "c", "start": 18, "end": end, "label": "whole"},
        ]
        made.append(Example(Input.of_text(n, text), {"spans": spans}))
    return made


def found_in(tagger: CrfSpanTagger, artefact: Artefact, text: str) -> list[tuple[int, int, str]]:
    draft = tagger.predict(artefact, [Input.of_text(1, text)])[0]
    assert draft.value is not None
    return [(span["start"], span["end"], span["label"]) for span in draft.value["spans"]]


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_spans_lie_in_the_text_begin_and_end_with_a_word_and_never_repeat(flat: Artefact, text: str) -> None:
    found = found_in(CrfSpanTagger(THINGS), flat, text)
    assert len(set(found)) == len(found)
    for start, end, label in found:
        assert 0 <= start < end <= len(text) and label in THINGS.label_ids
        assert not text[start].isspace() and not text[end - 1].isspace()
    ordered = sorted(found)
    assert all(one[1] <= other[0] for one, other in pairwise(ordered))


@settings(deadline=None, max_examples=20)
@given(TEXTS)
def test_overlapping_spans_lie_in_the_text_and_never_repeat(nested: Artefact, text: str) -> None:
    found = found_in(CrfSpanTagger(OVERLAPPING), nested, text)
    assert len(set(found)) == len(found)
    assert all(0 <= start < end <= len(text) for start, end, _ in found)


def test_a_span_inside_another_one_of_its_own_label_is_found_too(nested: Artefact) -> None:
    found = found_in(CrfSpanTagger(OVERLAPPING), nested, "The University of Lima wrote on day 99")
    assert found == [(4, 22, "whole"), (18, 22, "part"), (18, 22, "whole")]


@st.composite
def items_with_spans(draw: st.DrawFn) -> Input:
    text = draw(TEXTS.filter(lambda one: len(one) > 3))
    spans = []
    for number in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        spans.append({"id": f"s{number}", "start": start, "end": end, "label": draw(st.sampled_from(THINGS.label_ids))})
    return Input.of_text(1, text, tuple(spans))


@settings(deadline=None, max_examples=50)
@given(items_with_spans())
def test_relations_join_two_spans_of_the_item_of_the_kinds_that_the_schema_allows(
    joined: Artefact, item: Input
) -> None:
    draft = PairRelationTagger(JOINED).predict(joined, [item])[0]
    assert draft.value is not None
    kinds = {span["id"]: span["label"] for span in item.spans}
    told = [(one["label"], one["from"], one["to"]) for one in draft.value["relations"]]
    assert len(set(told)) == len(told)
    for label, source, target in told:
        spec = JOINED.label(label)
        assert source != target and kinds[source] in spec.from_ and kinds[target] in spec.to


def test_both_directions_and_several_relations_of_one_pair_are_learned() -> None:
    field = FieldSpec.model_validate({"id": "j", "kind": "relations", "over": "x", "labels": ["knows", "leads"]})
    examples = []
    for n in range(24):
        text = f"Ann{n} {['met', 'runs', 'saw'][n % 3]} Bo{n}"
        spans = tuple(
            {"id": name, "start": text.index(word), "end": text.index(word) + len(word), "label": "person"}
            for name, word in (("a", f"Ann{n}"), ("b", f"Bo{n}"))
        )
        given_here = {
            "met": [("knows", "a", "b"), ("knows", "b", "a")],
            "runs": [("leads", "b", "a"), ("knows", "a", "b")],
            "saw": [],
        }[text.split()[1]]
        relations = [{"id": f"r{at}", "label": one, "from": s, "to": t} for at, (one, s, t) in enumerate(given_here)]
        examples.append(Example(Input.of_text(n, text, spans), {"relations": relations}))
    tagger = PairRelationTagger(field)
    drafts = tagger.predict(tagger.fit(examples, [], 1), [one.input for one in examples[:3]])
    told = [{(r["label"], r["from"], r["to"]) for r in (one.value or {})["relations"]} for one in drafts]
    assert told == [
        {("knows", "a", "b"), ("knows", "b", "a")},
        {("leads", "b", "a"), ("knows", "a", "b")},
        set(),
    ]


@pytest.mark.parametrize("count", [1, 2, 5, 19, 20])
def test_a_handful_of_confirmed_items_is_enough_to_begin(count: int) -> None:
    for field, tagger in ((THINGS, CrfSpanTagger(THINGS)), (BOUGHT, PairRelationTagger(BOUGHT))):
        examples = examples_of(field, count)
        artefact = tagger.fit(examples, [], 1)
        assert len(tagger.predict(artefact, [one.input for one in examples])) == count


@pytest.mark.parametrize("field", [THINGS, BOUGHT], ids=["spans", "relations"])
def test_scores_are_called_calibrated_only_on_enough_items_that_nobody_steered(field: FieldSpec) -> None:
    tagger = CrfSpanTagger(field) if field.kind == "spans" else PairRelationTagger(field)
    examples = examples_of(field, 140)
    # One item in five has no spans to be joined: what is certain anyway calibrates nothing.
    telling = 140 if field.kind == "spans" else 112
    assert telling >= CALIBRATING_LABELS
    for calibrates, said in ((True, ("calibrated", telling)), (False, ("uncalibrated", 0))):
        artefact = tagger.fit([Example(one.input, one.value, calibrates) for one in examples], [], 1)
        draft = tagger.predict(artefact, [examples[0].input])[0]
        assert (draft.score_source, artefact.json["calibrated_on"]) == said


def test_the_reason_tells_words_that_were_confirmed_before_from_new_ones(flat: Artefact) -> None:
    texts = ["I bought the kettle 🎁 in Oslo on day 3", "I bought the grill 🎁 in Rome on day 3", "thanks a lot"]
    reasons = [draft.reason for draft in CrfSpanTagger(THINGS).predict(flat, [Input.of_text(1, one) for one in texts])]
    assert reasons[0].endswith("2 of the 2 have words that were confirmed before")
    assert reasons[1].endswith("none of the 2 have words that were confirmed before")
    assert reasons[2].endswith("nothing here is like them")


def test_a_fitted_tagger_gives_the_same_bytes_for_the_same_seed_in_any_company() -> None:
    first, second = (CrfSpanTagger(THINGS).fit(examples_of(THINGS, 30), [], 3) for _ in range(2))
    assert pickle.dumps(first.json) == pickle.dumps(second.json)
    assert all((first.arrays[name] == second.arrays[name]).all() for name in first.arrays)


def test_items_with_very_many_pairs_are_left_out_before_those_that_tell_of_relations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(builtin_relations, "_MOST_PAIRS", 12)
    examples = examples_of(BOUGHT, 10)
    crowded = tuple(
        {"id": f"s{n}", "start": n, "end": n + 1, "label": "product" if n % 2 else "place"} for n in range(12)
    )
    examples += [Example(Input.of_text(11, "word " * 3, crowded), {"relations": []})]
    tagger = PairRelationTagger(BOUGHT)
    assert len(tagger.pairs(crowded)) > 12
    artefact = tagger.fit(examples, [], 1)
    draft = tagger.predict(artefact, [examples[0].input])[0]
    assert draft.value is not None and len(draft.value["relations"]) == 1


REGIONS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 4), st.sampled_from("ab")).map(
        lambda one: Region(one[0], one[0] + one[1], one[2])
    ),
    max_size=6,
)


@given(REGIONS)
def test_no_two_regions_of_a_layer_overlap_and_layers_that_do_are_in_different_groups(regions: list[Region]) -> None:
    layered = to_layers(regions)
    assert {(r.start, r.end, label_of(r.label)) for r in layered} <= {(r.start, r.end, r.label) for r in regions}
    groups = group_layers([layered])
    assert sorted(layer for group in groups for layer in group) == sorted({r.label for r in layered})
    for group in groups:
        inside = [region for region in layered if region.label in group]
        assert all(are_apart(one, other) for at, one in enumerate(inside) for other in inside[at + 1 :])


@settings(deadline=None)
@given(st.text(max_size=80))
def test_coarse_tokens_cover_every_character_that_is_no_blank_exactly_once(text: str) -> None:
    tokens = tokenize_coarsely(text)
    covered = [at for token in tokens for at in range(token.start, token.end)]
    assert covered == [at for at, character in enumerate(text) if not character.isspace()]
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]


def test_vowel_signs_stay_in_their_word() -> None:
    for text in ("हिन्दी भाषा", "مُحَمَّد قال", "שָׁלוֹם לך", "cafe\u0301 noir"):
        assert [token.text for token in tokenize(text)] == text.split()
        assert [token.text for token in tokenize_coarsely(text)] == text.split()


def score_of(chain: Chain, emission: Any, path: Sequence[int]) -> float:
    steps = sum(float(chain.moves[one, other]) for one, other in pairwise(path))
    return steps + sum(float(emission[at, tag]) for at, tag in enumerate(path))


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_the_path_is_the_best_of_all_and_its_chance_is_its_share_of_their_sum(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    chain = Chain(("O", "B-x", "B-y"), {}, np.zeros((0, 3), np.float32), rng.normal(size=(3, 3)).astype(np.float32))
    emission = rng.normal(size=(length, 3)).astype(np.float32)
    short = rng.normal(size=(1, 3)).astype(np.float32)
    reading = best_paths(chain, [short, emission])[1]
    paths = [[(code // 3**at) % 3 for at in range(length)] for code in range(3**length)]
    scores = np.array([score_of(chain, emission, path) for path in paths])
    assert reading.tags == tuple(chain.tags[tag] for tag in paths[int(scores.argmax())])
    assert reading.log_chance == pytest.approx(scores.max() - np.log(np.exp(scores).sum()), abs=1e-5)


def test_pushing_outside_down_finds_more_and_never_begins_inside_a_span() -> None:
    chain = Chain(("B-x", "I-x", "O"), {}, np.zeros((0, 3), np.float32), np.zeros((3, 3), np.float32))
    emission = np.array([[0.0, 0.5, 1.0]], dtype=np.float32)
    assert best_paths(chain, [emission])[0].tags == ("O",)
    assert best_paths(chain, [emission], lean=2.0)[0].tags == ("B-x",)
    assert best_paths(chain, [np.zeros((0, 3), np.float32)])[0].tags == ()
