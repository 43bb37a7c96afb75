"""The turns of phrase of the phrase file, compiled once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("phrases.yaml")


@dataclass(frozen=True)
class Phrases:
    """``states`` and ``metrics`` in the order in which they are tried, ``patterns`` and ``splits`` by name, and ways to
    name strategies and formats."""

    states: tuple[tuple[str, re.Pattern[str]], ...]
    patterns: Mapping[str, re.Pattern[str]]
    strategies: Mapping[str, tuple[str, ...]]
    formats: Mapping[str, tuple[str, ...]]
    metrics: tuple[tuple[str, re.Pattern[str]], ...]
    splits: Mapping[str, re.Pattern[str]]
    same: Mapping[str, str]
    empty: frozenset[str]

    def search(self, name: str, text: str, start: int = 0) -> re.Match[str] | None:
        """The first place of a named turn of phrase."""
        return self.patterns[name].search(text, start)


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """Read the phrase file."""
    given = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    labelled = given.pop("labelled")

    def compiled(parts: list[str]) -> re.Pattern[str]:
        return re.compile("|".join(parts).replace("~labelled~", labelled))

    states = tuple((state, compiled(parts)) for state, parts in given.pop("states").items())
    strategies = {key: tuple(ways) for key, ways in given.pop("strategies").items()}
    formats = {key: tuple(ways) for key, ways in given.pop("formats").items()}
    metrics = tuple((name, compiled(parts)) for one in given.pop("metrics") for name, parts in one.items())
    splits = {by: compiled(parts) for by, parts in given.pop("splits").items()}
    same = {word: main for main, words in given.pop("same").items() for word in words}
    empty = frozenset(given.pop("empty"))
    patterns = {name: compiled(parts) for name, parts in given.items()}
    return Phrases(states, patterns, strategies, formats, metrics, splits, same, empty)
