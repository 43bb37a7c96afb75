"""What a sentence is after: cues and likeness to exemplars, per intent, out of the exemplar file of this package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from rapidfuzz.distance import OSA

from assistant.agent.words.likeness import LikenessIndex
from assistant.agent.words.phrases import phrases
from assistant.agent.words.sentence import Sentence

_FILE = Path(__file__).with_name("exemplars.yaml")
_LIKENESS_WEIGHT = 0.85
"""Likeness alone never makes an intent certain."""
CHANGES = frozenset(
    {"bulk_accept", "export", "mark_gold", "undo", "schema_rename", "schema_add", "schema_remove", "schema_merge"}
    | {"schema_describe"}
)
"""Intents that end in a change: likeness alone does not even make them a suggestion, the words must be there."""
_MARKS = re.compile(r"\b[A-Z]{2,}\b|\bN\b")


@dataclass(frozen=True)
class Intent:
    """One thing people want; ``said_as`` finishes the question "Did you mean: …".

    ``items`` is the only kind of items that it is said of, empty for all kinds.
    """

    name: str
    said_as: str
    cues: tuple[tuple[re.Pattern[str], float], ...]
    never: tuple[re.Pattern[str], ...]
    examples: tuple[str, ...]
    items: str = ""

    def fits(self, items: str) -> bool:
        """Whether people say it of items of this kind."""
        return self.items in ("", items)


@dataclass(frozen=True, slots=True)
class Scored:
    """An intent with how sure the planner is of it, in 0..1."""

    intent: Intent
    score: float


@lru_cache(maxsize=1)
def all_intents() -> tuple[Intent, ...]:
    """The intents of the exemplar file, in its order."""
    given = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Intent(
            name,
            one["as"],
            tuple((re.compile(pattern), float(weight)) for pattern, weight in one.get("cues", ())),
            tuple(re.compile(pattern) for pattern in one.get("never", ())),
            tuple(one["say"]),
            one.get("items", ""),
        )
        for name, one in given.items()
    )


@lru_cache(maxsize=1)
def _index() -> LikenessIndex:
    return LikenessIndex([(one.name, essence(example)) for one in all_intents() for example in one.examples])


def essence(text: str) -> str:
    """The words of a sentence that say what is wanted, one word for each group of the same; marks stay marks."""
    same, empty = phrases().same, phrases().empty
    words = (word if word in same else word.lower() for word in re.findall(r"[\w-]+", text))
    kept = [same.get(word, word) for word in words if word not in empty]
    return " ".join(kept).lower() or text.lower()


@lru_cache(maxsize=8)
def known_words(items: str = "text") -> frozenset[str]:
    """Words of the exemplars and cues for items of a kind: the planner's own vocabulary, lower case."""
    words: set[str] = set(_FUNCTION_WORDS.split())
    for one in (intent for intent in all_intents() if intent.fits(items)):
        for text in (*one.examples, *(cue.pattern.replace("\\b", " ").replace("\\W", " ") for cue, _ in one.cues)):
            words.update(re.findall(r"[a-z]{2,}", _MARKS.sub(" ", text).replace("[sz]", "s").replace("?", "")))
            words.update(re.findall(r"[a-z]{2,}", _MARKS.sub(" ", text)))
    return frozenset(words)


def score_intents(variants: tuple[str, ...], items: str = "text") -> list[Scored]:
    """Intents by score, best first. ``variants`` are the sentence with more and fewer of its names masked.

    ``items`` is what the items of the project are.
    """
    near = [max(pair) for pair in zip(*(_index().near(essence(text)) for text in variants), strict=True)]
    found = []
    for intent in all_intents():
        if not intent.fits(items) or any(pattern.search(text) for pattern in intent.never for text in variants):
            continue
        cue = max((w for pattern, w in intent.cues if any(pattern.search(text) for text in variants)), default=0.0)
        if not cue and intent.name in CHANGES:
            continue
        likes = sorted(
            (score for name, score in zip(_index().names, near, strict=True) if name == intent.name), reverse=True
        )
        like = 0.7 * likes[0] + 0.3 * (likes[1] if len(likes) > 1 else likes[0])
        found.append(Scored(intent, 1 - (1 - cue) * (1 - _LIKENESS_WEIGHT * like)))
    return sorted(found, key=lambda one: -one.score)


def nearest_examples(text: str, count: int = 4, items: str = "text") -> list[str]:
    """Example sentences most like ``text``, one an intent, only such as name nothing."""
    examples = [(one.name, example) for one in all_intents() for example in one.examples]
    foreign = {one.name for one in all_intents() if not one.fits(items)}
    ranked = sorted(zip(_index().near(essence(text)), examples, strict=True), key=lambda pair: -pair[0])
    chosen: dict[str, str] = {}
    for _, (name, example) in ranked:
        if (
            name not in chosen
            and name not in _NOT_OFFERED
            and name not in foreign
            and not name.startswith("absent")
            and not _MARKS.search(example)
        ):
            chosen[name] = example
    return list(chosen.values())[:count]


def mend_spelling(sentence: Sentence, names: frozenset[str], items: str = "text") -> str:
    """The text with misspelt words of the planner's vocabulary put right; its offsets do not agree with before.

    ``names`` are words of names, which are never touched. The first letter is taken to be right.
    """
    parts, at = [], 0
    for token in sentence.tokens:
        is_word = token.low.isalpha() and token.low not in names
        mended = _mended(token.low, items) if is_word else token.low
        parts += [sentence.text[at : token.start], token.text if mended == token.low else mended]
        at = token.end
    return "".join(parts) + sentence.text[at:]


@lru_cache(maxsize=4096)
def _mended(word: str, items: str) -> str:
    known = known_words(items)
    if word in known or len(word) < 4 or (word.endswith("s") and word[:-1] in known):
        return word
    allowed = 2 if len(word) >= 8 else 1
    near = [
        (OSA.distance(word, other, score_cutoff=allowed), abs(len(word) - len(other)), other)
        for other in known
        if other[0] == word[0] and abs(len(other) - len(word)) <= allowed and len(other) >= 4
    ]
    best = min(near, default=(allowed + 1, 0, word))
    if len(word) == 4 and sorted(best[2]) != sorted(word):
        return word  # in short words only swapped letters are certain
    return best[2] if best[0] <= allowed else word


_NOT_OFFERED = {"other", "hello", "thanks", "bye", "help", "stop_job", "save_filter", "schema_other", "reject_many"}
_FUNCTION_WORDS = """
about above after again all also am an and any are as at back be because been before being below between both but by can
cannot could did do does doing done down each else ever every few for from get give go had has have having here him his
how if in into is it its just last least less let like made make many may me mean might mine more most much must my need
never new no nor not nothing now of off often ok on once one only or other our ours out over own per please put quite
rather same say see seen she should show so some still such take tell than that the their them then there these they
thing this those through to today too under until up us use very want was we week well were what when where which while
who whom whose why will with within without would yes yesterday yet you your late later early date rate state start stop
order ordered orders customer customers damaged delivery parcel phone wrong right text texts number numbers first second
third hour hours minute minutes day days month lunch morning afternoon evening tonight monday tuesday wednesday thursday
friday saturday sunday one two three four five six seven eight nine ten twenty thirty forty fifty sixty hundred
thousand dozen corrected edited overruled overridden adjudicated settled revised modified rejected january february
march april may june july august september october november december really anything something everything nobody
somebody anybody everyone people person work working
"""
