"""What a span model sees of each token: the word, its letters, its shape and class, its neighbours, confirmed forms.

Word, affix and shape features as usual for named entities (Ratinov and Roth, CoNLL 2009); the class of a word stands
for words that were never labelled; runs of capitals and the case of the whole text tell names from headlines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.backends.texts.span_tags import Gazetteer
from tools.backends.texts.tokens import Token, word_shape
from tools.backends.texts.word_classes import HEIGHTS, WordClasses

_LONGEST_WORD = 40
_AFFIXES = (1, 2, 3, 4)
_SHAPE_CUT = 3
_LONG_SHAPE = 12
_DIGITS = re.compile(r"\d")
_KINDS = (
    ("address", re.compile(r"(?:https?:|www\.)|.+@.+\.")),
    ("at", re.compile(r"@.")),
    ("tag", re.compile(r"#.")),
    ("number", re.compile(r"[\d.,:]*\d[\d.,:]*$")),
    ("mixed", re.compile(r"(?=.*\d)(?=.*[^\W\d_])")),
    ("word", re.compile(r"[^\W\d_]")),
)
_NO_WORD = "sign"


@dataclass(frozen=True, slots=True)
class _Word:
    """What is known of a word by itself. ``own`` goes to its own token, the rest to its neighbours too."""

    low: str
    short: str
    tail: str
    classes: tuple[int, ...]
    capital: bool
    is_word: bool
    own: tuple[str, ...]


@dataclass
class Describer:
    """Turns tokens into attributes; it remembers the words it has seen."""

    forms: Gazetteer
    classes: WordClasses
    _known: dict[str, _Word] = field(default_factory=dict)

    def describe(self, tokens: Sequence[Token], own_forms: Sequence[str] = ()) -> list[list[str]]:
        """The attributes of each token; ``own_forms`` were confirmed in this very text and do not count by themselves.

        See :meth:`~tools.backends.texts.span_tags.Gazetteer.matches`.
        """
        words = [self._word(token.text) for token in tokens]
        case = _case_of(words)
        made = [[*word.own, f"case {case}", f"case {case} {word.short}"] for word in words]
        for at, attributes in enumerate(made):
            attributes += _neighbours(words, at)
        _add_runs(words, made)
        self._add_forms(tokens, own_forms, made)
        return made

    def _word(self, text: str) -> _Word:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = _look_at(text[:_LONGEST_WORD], self.classes)
        return known

    def _add_forms(self, tokens: Sequence[Token], own_forms: Sequence[str], made: list[list[str]]) -> None:
        own = Counter(own_forms)
        for first, after, form in self.forms.matches(tokens, own_forms):
            label = self.forms.label_of(form)
            sure = "sure" if self.forms.precision(form, own[form]) > 0.5 else "now and then"
            for at in range(first, after):
                place = "B" if at == first else "I"
                made[at] += (f"form {place} {label}", f"form {place} {label} {sure}", f"form {min(after - first, 3)}")
            if first > 0:
                made[first - 1].append(f"form next {label}")
            if after < len(made):
                made[after].append(f"form before {label}")


def _look_at(text: str, classes: WordClasses) -> _Word:
    low = text.casefold()
    kind = next((name for name, pattern in _KINDS if pattern.match(text)), _NO_WORD)
    short, bare = word_shape(text, 1), low.lstrip("@#")
    found = classes.find(bare)
    own = ["bias", f"w {low}", f"kind {kind}", f"shape {word_shape(text, _SHAPE_CUT)[:_LONG_SHAPE]}", f"short {short}"]
    if bare != low or kind in ("number", "mixed"):
        own.append(f"like {_DIGITS.sub('0', bare)}")
    for length in _AFFIXES:
        if kind in ("word", "mixed") and len(low) > length:
            own += (f"p{length} {low[:length]}", f"s{length} {low[-length:]}")
    own += (f"class{height} {code}" for height, code in zip(HEIGHTS, found, strict=False))
    if found:
        own.append(f"class {found[1]} {short}")
    elif kind == "word":
        own.append(f"class none {short}")
    own.append(f"length {min(len(text), 10) // 2}")
    capital = text[:1].isupper() or text[:1].istitle()
    return _Word(low, short, low[-3:], found, capital, kind in ("word", "mixed"), tuple(own))


def _case_of(words: Sequence[_Word]) -> str:
    """How the text uses capitals: little, in between, or in most words, where they tell nothing."""
    letters = [word for word in words if word.is_word]
    if not letters:
        return "none"
    share = sum(word.capital for word in letters) / len(letters)
    return "none" if share == 0 else "low" if share < 0.35 else "high" if share > 0.7 else "middle"


def _neighbours(words: Sequence[_Word], at: int) -> list[str]:
    word, made = words[at], []
    for step in (-2, -1, 1, 2):
        if not 0 <= at + step < len(words):
            made.append(f"edge {step}")
            continue
        near = words[at + step]
        made += (f"{step} w {near.low}", f"{step} short {near.short}")
        made += (f"{step} class{height} {code}" for height, code in zip(HEIGHTS[1:], near.classes[1:], strict=False))
        if abs(step) == 1:
            made += (
                f"{step} tail {near.tail}",
                f"{step} w {near.low} {word.short}",
                f"{step} pair {near.low} {word.low}",
            )
            if near.classes:
                made.append(f"{step} class {near.classes[1]} {word.short}")
    if 0 < at < len(words) - 1:
        made.append(f"around {words[at - 1].short} {word.short} {words[at + 1].short}")
        made.append(f"between {words[at - 1].low} {words[at + 1].low}")
    return made


def _add_runs(words: Sequence[_Word], made: list[list[str]]) -> None:
    """Runs of capitalised words: place and length, and the words just before and after the whole run."""
    at = 0
    while at < len(words):
        if not (words[at].capital and words[at].is_word):
            at += 1
            continue
        after = at
        while after < len(words) and words[after].capital and words[after].is_word:
            after += 1
        before = words[at - 1].low if at else "edge"
        behind = words[after].low if after < len(words) else "edge"
        for inside in range(at, after):
            made[inside] += (
                f"run {min(inside - at, 3)} {min(after - at, 4)}",
                f"run after {before}",
                f"run before {behind}",
                f"run last {words[after - 1].low}",
            )
        at = after
