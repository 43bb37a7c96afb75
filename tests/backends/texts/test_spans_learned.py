"""Spans and relations learned from confirmed ones, and the tokens under them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backends.texts.messages import BOUGHT, THINGS, examples_of, inputs_of, sales
from tools.backends.contract import Example, Input
from tools.backends.texts.builtin_relations import PairRelationTagger
from tools.backends.texts.builtin_spans import CrfSpanTagger
from tools.backends.texts.span_tags import Region, collect_forms, to_regions, to_tags, without_overlap
from tools.backends.texts.tokens import tokenize, word_shape
from tools.errors import Conflict
from tools.schema import FieldSpec
from tools.values import check_value


@settings(deadline=None)
@given(st.text(max_size=80))
def test_tokens_cover_every_character_that_is_no_blank_exactly_once(text: str) -> None:
    tokens = tokenize(text)
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]
    covered = [at for token in tokens for at in range(token.start, token.end)]
    assert covered == [at for at, character in enumerate(text) if not character.isspace()]


def test_unspaced_scripts_numbers_and_signs_are_taken_apart() -> None:
    words = [token.text for token in tokenize("東京 B2B 12km, naïve 👍")]
    assert words == ["東", "京", "B", "2", "B", "12", "km", ",", "naïve", "👍"]
    assert [word_shape(word) for word in ("Berlin", "2024", "iPhone", "…")] == ["Xxxx", "ddd", "xXxxx"[:2] + "xxx", "…"]


@settings(deadline=None)
@given(st.text(alphabet="ab 1,é", max_size=40), st.data())
def test_tags_give_back_the_regions_they_were_made_from(text: str, data: st.DataObject) -> None:
    tokens = tokenize(text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(tokens)), max_size=6))) if tokens else []
    regions = [
        Region(tokens[first].start, tokens[after - 1].end, "xy"[n % 2])
        for n, (first, after) in enumerate(zip(cuts[::2], cuts[1::2], strict=False))
    ]
    assert to_regions(tokens, to_tags(tokens, regions)) == regions


def test_a_form_does_not_vouch_for_itself_in_its_own_text() -> None:
    twice = [tokenize("buy Zento"), tokenize("Zento again")]
    forms = collect_forms(twice, [[Region(4, 9, "product")], [Region(0, 5, "product")]])
    once = collect_forms(twice[:1], [[Region(4, 9, "product")]])
    tokens = tokenize("buy Zento")
    assert [match[2] for match in forms.matches(tokens, ["zento"])] == ["zento"]
    assert once.matches(tokens, ["zento"]) == []
    assert once.matches(tokens) == [(1, 2, "zento")]


def test_spans_are_found_with_exact_offsets_beside_emoji() -> None:
    tagger = CrfSpanTagger(THINGS)
    artefact = tagger.fit(examples_of(THINGS, 40), [], 1)
    text = "👍👍 I bought the kettle 🎁 in New York on day 3"
    draft = tagger.predict(artefact, [Input.of_text(1, text)])[0]
    assert draft.value is not None
    found = [(text[s["start"] : s["end"]], s["label"]) for s in draft.value["spans"]]
    assert found == [("kettle", "product"), ("New York", "place")]
    assert draft.score is not None and 0 < draft.score <= 1


def test_a_confirmed_form_is_found_where_the_context_is_new() -> None:
    tagger = CrfSpanTagger(THINGS)
    texts = ["Zento!", "Is Zento good?", "no", "yes", "maybe so"]
    examples = [
        Example(
            Input.of_text(n, text),
            {"spans": [{"id": "s", "start": text.find("Zento"), "end": text.find("Zento") + 5, "label": "product"}]}
            if "Zento" in text
            else {"spans": []},
        )
        for n, text in enumerate(texts)
    ]
    draft = tagger.predict(tagger.fit(examples, [], 1), [Input.of_text(1, "my neighbour's zento broke down again")])[0]
    assert draft.value is not None
    assert [(s["start"], s["end"]) for s in draft.value["spans"]] == [(15, 20)]


def test_overlapping_spans_get_a_model_for_each_label() -> None:
    field = FieldSpec(id="x", kind="spans", labels=("whole", "part"), overlap=True)  # type: ignore[arg-type]
    examples = []
    for n in range(12):
        text = f"The University of {['Oslo', 'Lima', 'Bergen'][n % 3]} wrote on day {n}"
        end = text.index(" wrote")
        spans = [
            {"id": "a", "start": 4, "end": end, "label": "whole"},
            {"id": "b", "start": 18, "end": end, "label": "part"},
        ]
        examples.append(Example(Input.of_text(n, text), {"spans": spans}))
    tagger = CrfSpanTagger(field)
    artefact = tagger.fit(examples, [], 1)
    draft = tagger.predict(artefact, [Input.of_text(1, "The University of Oslo wrote on day 99")])[0]
    assert artefact.json["chains"] == 2
    assert draft.value is not None
    assert [(s["start"], s["end"], s["label"]) for s in draft.value["spans"]] == [(4, 22, "whole"), (18, 22, "part")]


def test_of_overlapping_regions_the_longest_stays() -> None:
    kept = without_overlap([Region(0, 3, "a"), Region(2, 9, "b"), Region(10, 12, "a")])
    assert sorted((r.start, r.end) for r in kept) == [(2, 9), (10, 12)]


@pytest.mark.parametrize("text", ["", "   ", "🎁", "\u200b", "x" * 20_000])
def test_odd_texts_get_a_draft_too(text: str) -> None:
    tagger = CrfSpanTagger(THINGS)
    draft = tagger.predict(tagger.fit(examples_of(THINGS, 10), [], 1), [Input.of_text(1, text)])[0]
    check_value(THINGS, draft.value, text)


def test_without_a_confirmed_span_the_sentence_says_what_to_do() -> None:
    blanks = {"id": "s1", "start": 7, "end": 8, "label": "product"}
    gone = {"id": "s2", "start": 0, "end": 7, "label": "no_longer_in_the_schema"}
    for spans in ([], [blanks], [gone]):
        with pytest.raises(Conflict, match="mark field 'Things' on about 10 items"):
            CrfSpanTagger(THINGS).fit([Example(Input.of_text(1, "nothing here"), {"spans": spans})], [], 1)


def test_relations_are_found_between_the_right_ends_only() -> None:
    tagger = PairRelationTagger(BOUGHT)
    artefact = tagger.fit(examples_of(BOUGHT, 30), [], 1)
    for one, (_, spans) in zip(inputs_of(BOUGHT, 10), sales(10), strict=True):
        draft = tagger.predict(artefact, [one])[0]
        assert draft.value is not None
        joined = [(r["from"], r["to"]) for r in draft.value["relations"]]
        assert joined == ([(spans[0]["id"], spans[1]["id"])] if spans else [])
        check_value(BOUGHT, draft.value, one.text, one.spans)


def test_an_item_without_two_spans_has_no_relations_and_says_why() -> None:
    tagger = PairRelationTagger(BOUGHT)
    draft = tagger.predict(tagger.fit(examples_of(BOUGHT, 10), [], 1), [Input.of_text(1, "hello")])[0]
    assert draft.value == {"relations": []}
    assert draft.reason == "the item has no spans that could be joined"


def test_without_a_confirmed_relation_the_sentence_says_what_to_do() -> None:
    with pytest.raises(Conflict, match="join spans in field 'Bought'"):
        PairRelationTagger(BOUGHT).fit([], [], 1)
