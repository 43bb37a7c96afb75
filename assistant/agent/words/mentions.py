"""The gazetteer: which labels, fields, people, items, strategies, formats and models a sentence names, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from assistant.agent.words.names import GAP, LIKENESS, kind_ways, likeness, plurals, surface
from assistant.agent.words.phrases import phrases
from assistant.agent.words.sentence import Sentence
from assistant.agent.words.world import PlannerWorld
from tools.schema import LabelSchema

Kind = Literal["LABEL", "FIELD", "PERSON", "ITEM", "STRATEGY", "FORMAT", "MODEL", "FILTER", "VALUE"]

_MODEL = re.compile(
    r"\b(?:(?:builtin|hub|remote|openai):[\w./:-]+|(?:gpt|claude|llama|mistral|qwen|gemma|phi|gemini|deepseek|mixtral|o\d)"
    r"[-\w.:/]*|[\w.-]+/[\w.-]*\d[\w.-]*)(?![\w])"
)
_BUILTIN_MODELS = {"few-shot": ("few shot", "few-shot", "fewshot"), "zero-shot": ("zero shot", "zero-shot")}
_SHORTEST_FUZZY = 5


@dataclass(frozen=True, slots=True)
class Mention:
    """A named thing; ``field`` is set for labels and column names. Several fields may share a label name."""

    kind: Kind
    key: str
    start: int
    end: int
    field: str = ""
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class _Name:
    kind: Kind
    key: str
    words: str
    field: str = ""


def read_mentions(sentence: Sentence, world: PlannerWorld, known_words: frozenset[str]) -> tuple[Mention, ...]:
    """All that is named, longest first where names overlap, in order of their places.

    ``known_words`` are words of the planner itself; they are never read as misspelt names.
    """
    taken: list[Mention] = [*_items(sentence, world), *_models(sentence)]
    names = [*_names_of(world.schema), *_own_names(world)]
    for name in sorted(names, key=lambda one: -len(one.words)):
        for start, end in _places(name.words, sentence.low):
            _take(taken, Mention(name.kind, name.key, start, end, name.field))
    taken.extend(_misspelt(sentence, taken, names, known_words))
    return tuple(sorted(taken, key=lambda one: one.start))


def mask(sentence: Sentence, mentions: tuple[Mention, ...], kinds: frozenset[str]) -> str:
    """The lower-case sentence with the named things of these kinds replaced by their marks."""
    text = sentence.low
    for mention in reversed(mentions):
        if mention.kind in kinds:
            text = f"{text[: mention.start]}{mention.kind}{text[mention.end :]}"
    return text


def _take(taken: list[Mention], new: Mention) -> None:
    clash = [one for one in taken if one.start < new.end and new.start < one.end]
    # The same stretch may name labels of two fields: both are kept, the slots decide.
    if all(
        (one.start, one.end, one.kind) == (new.start, new.end, new.kind) == (one.start, one.end, "LABEL")
        for one in clash
    ):
        taken.append(new)


def _places(words: str, low: str) -> Iterator[tuple[int, int]]:
    spread = re.escape(words).replace(r"\ ", r"[ _-]")
    for match in re.finditer(rf"(?<![\w-]){spread}(?![\w])(?!-\w)", low):
        yield match.span()


def _items(sentence: Sentence, world: PlannerWorld) -> Iterator[Mention]:
    for token in sentence.tokens:
        key = world.items.get(token.text)
        if key is not None:
            yield Mention("ITEM", key, token.start, token.end)


def _models(sentence: Sentence) -> Iterator[Mention]:
    for match in _MODEL.finditer(sentence.low):
        yield Mention("MODEL", sentence.text[match.start() : match.end()], *match.span())
    for key, ways in _BUILTIN_MODELS.items():
        for way in ways:
            yield from (Mention("MODEL", key, *place) for place in _places(way, sentence.low))


@lru_cache(maxsize=16)
def _names_of_json(source: str) -> tuple[_Name, ...]:
    schema = LabelSchema.model_validate_json(source)
    names = [_Name("FIELD", one.id, words) for one in schema.fields for words in _ways(one.name, one.id)]
    for one in schema.fields:
        names += [
            _Name("LABEL", label.id, words, one.id) for label in one.answers for words in _ways(label.name, label.id)
        ]
    names += [_Name("FIELD", field_id, way) for field_id, way in kind_ways(schema)]
    for kind, table in (("STRATEGY", phrases().strategies), ("FORMAT", phrases().formats)):
        names += [_Name(kind, key, way) for key, ways in table.items() for way in ways]  # type: ignore[arg-type]
    return tuple(names)


def _names_of(schema: LabelSchema) -> tuple[_Name, ...]:
    return _names_of_json(schema.model_dump_json(by_alias=True))


def _ways(name: str, key: str) -> set[str]:
    found = {surface(name), surface(key)}
    return {way for one in found for way in (one, *plurals(one))}


def _own_names(world: PlannerWorld) -> Iterator[_Name]:
    for person in world.people:
        yield _Name("PERSON", person, surface(person))
        yield _Name("PERSON", person, f"{surface(person)}'s")
    for name in world.filters:
        yield _Name("FILTER", name, surface(name))
    for column, values in world.columns.items():
        for value in values:
            yield from (_Name("VALUE", value, way, column) for way in _ways(value, value))


def _misspelt(
    sentence: Sentence, taken: list[Mention], names: list[_Name], known_words: frozenset[str]
) -> Iterator[Mention]:
    """Names with a typing error, in words that are not the planner's own and not part of an exact name."""
    choices = {
        name.words: name for name in names if len(name.words) >= _SHORTEST_FUZZY and name.kind not in ("VALUE", "MODEL")
    }
    words = [
        token for token in sentence.tokens
        if token.low.isalpha() and not any(one.start < token.end and token.start < one.end for one in taken)
    ]  # fmt: skip
    done = -1
    for first, token in enumerate(words):
        for size in (2, 1):
            window = words[first : first + size]
            is_run = len(window) == size and all(b.start - a.end == 1 for a, b in pairwise(window))
            text = sentence.low[token.start : window[-1].end]
            is_own = any(one.low in known_words for one in window)
            if not is_run or is_own or token.start < done or len(text) < _SHORTEST_FUZZY:
                continue
            found = _closest(text, choices)
            if found is not None:
                done = window[-1].end
                yield Mention(found.kind, found.key, token.start, done, found.field, is_exact=False)
                break


def _closest(text: str, choices: dict[str, _Name]) -> _Name | None:
    """The name that the text is a misspelling of; the first letter and the number of words are taken to be right."""
    fit = [name for words, name in choices.items() if words[0] == text[0] and words.count(" ") == text.count(" ")]
    near = sorted(((likeness(text, name.words), name.words, name) for name in fit), key=lambda one: -one[0])
    if not near or near[0][0] < LIKENESS:
        return None
    best = near[0][2]
    rivals = [score for score, _, name in near[1:] if (name.kind, name.key) != (best.kind, best.key)]
    return best if not rivals or near[0][0] - rivals[0] >= GAP else None
