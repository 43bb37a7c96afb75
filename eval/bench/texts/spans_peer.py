"""The peer of the span bench: sklearn-crfsuite with the features of its own tutorial, as far as plain words allow.

The tutorial is about named entities in CoNLL-2002; its features are the small-letter word, its last three and two
letters, whether it is upper case, title case or a number, the same of the two neighbours, and the ends of a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from eval.bench.texts.spans_score import Sentence
from tools.backends.texts.span_tags import Region, to_regions

NAME = "sklearn-crfsuite"
MISSING = f'peer not installed: pip install "annotation-assistant[bench]" brings {NAME}'
Features = dict[str, str | bool | float]


def is_installed() -> bool:
    """Whether the peer is there; nothing is imported."""
    return find_spec("sklearn_crfsuite") is not None


def learn(sentences: Sequence[Sentence]) -> Any:
    """A trained tagger with the tutorial's settings."""
    import sklearn_crfsuite

    tagger = sklearn_crfsuite.CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True)
    tagger.fit([_features(one) for one in sentences], [list(one.tags) for one in sentences])
    return tagger


def find(tagger: Any, sentences: Sequence[Sentence]) -> list[list[Region]]:
    """The regions that it tags in each sentence, over the words as the file gives them."""
    tagged = tagger.predict([_features(one) for one in sentences])
    return [to_regions(one.words, tags) for one, tags in zip(sentences, tagged, strict=True)]


def _features(sentence: Sentence) -> list[Features]:
    words = [word.text for word in sentence.words]
    return [_token(words, at) for at in range(len(words))]


def _token(words: Sequence[str], at: int) -> Features:
    word = words[at]
    made: Features = {"bias": 1.0, "word[-3:]": word[-3:], "word[-2:]": word[-2:], "word.isdigit()": word.isdigit()}
    made |= _look(word, "")
    made |= _look(words[at - 1], "-1:") if at > 0 else {"BOS": True}
    made |= _look(words[at + 1], "+1:") if at < len(words) - 1 else {"EOS": True}
    return made


def _look(word: str, place: str) -> Features:
    return {
        f"{place}word.lower()": word.lower(),
        f"{place}word.istitle()": word.istitle(),
        f"{place}word.isupper()": word.isupper(),
    }
