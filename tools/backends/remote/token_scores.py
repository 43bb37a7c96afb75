"""How sure a language model was of a label, from the probabilities of the tokens that spell it: never from its words.

Token probabilities are the best confidence signal there is; a number that the model states itself is the worst.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from tools.backends.remote.dialect import ScoredToken
from tools.records import Alternative

_MOST = 3
_AROUND = " \t\n\r\"'`:,[]{}"


def label_chance(tokens: Sequence[ScoredToken], key: str, label: str) -> float | None:
    """Probability of the tokens that spell ``label`` as the value of ``key``; ``None`` where they cannot be told."""
    inside = _tokens_of(tokens, key, label)
    return math.exp(min(0.0, sum(token.logprob for token in inside))) if inside else None


def other_labels(tokens: Sequence[ScoredToken], key: str, label: str, labels: Sequence[str]) -> tuple[Alternative, ...]:
    """Labels that the first token could also have begun, with its probability, where it tells them apart; at most 3."""
    inside = _tokens_of(tokens, key, label)
    if not inside:
        return ()
    chances: dict[str, float] = {}
    for text, logprob in inside[0].top:
        begun = text.strip(' "')
        fitting = [other for other in labels if begun and other.startswith(begun)]
        if len(fitting) == 1 and fitting[0] != label:
            chances[fitting[0]] = chances.get(fitting[0], 0.0) + math.exp(min(0.0, logprob))
    ranked = sorted(chances.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST]
    return tuple(Alternative(other, min(1.0, chance)) for other, chance in ranked)


def label_mass(tokens: Sequence[ScoredToken], key: str, label: str, answers: Sequence[str]) -> float | None:
    """Share of the probability that answers have among all that could have stood where the label begins.

    Servers that hold a model to a grammar give the probabilities from before it: there a model that was about to write
    something else altogether seems unsure of the label, however sure it is among the labels. ``None`` where the
    alternatives are not given.
    """
    inside = _tokens_of(tokens, key, label)
    if not inside or not inside[0].top:
        return None
    first = inside[0]
    given = {first.text: first.logprob} | dict(first.top)
    lowered = [one.casefold() for one in answers]
    return min(1.0, sum(math.exp(min(0.0, logprob)) for text, logprob in given.items() if _begins(text, lowered)))


def _begins(text: str, answers: Sequence[str]) -> bool:
    """Whether a token is the beginning of an answer, or an answer and what follows it."""
    begun = text.strip(_AROUND).casefold()
    return bool(begun) and any(one.startswith(begun) or begun.startswith(one) for one in answers)


def list_chance(tokens: Sequence[ScoredToken], key: str) -> float | None:
    """Probability of the tokens that spell the whole list under ``key``; ``None`` where it cannot be told."""
    written = "".join(token.text for token in tokens)
    places = list(re.finditer(rf'["\']{re.escape(key)}["\']\s*:\s*(\[[^\]]*\])', written))
    inside = _overlapping(tokens, *places[-1].span(1)) if places else []
    return math.exp(min(0.0, sum(token.logprob for token in inside))) if inside else None


def _tokens_of(tokens: Sequence[ScoredToken], key: str, label: str) -> list[ScoredToken]:
    """The tokens that overlap the label where it stands as the value of the key, or alone in a reply without keys."""
    written = "".join(token.text for token in tokens)
    under_key = rf'["\']{re.escape(key)}["\']\s*:\s*["\']?({re.escape(label)})(?!\w)'
    places = list(re.finditer(under_key, written))
    if not places and "{" not in written:
        places = list(re.finditer(rf"(?<!\w)({re.escape(label)})(?!\w)", written, re.IGNORECASE))
    return _overlapping(tokens, *places[-1].span(1)) if places else []


def _overlapping(tokens: Sequence[ScoredToken], start: int, end: int) -> list[ScoredToken]:
    """The tokens between two places of the joined text."""
    inside, at = [], 0
    for token in tokens:
        if at < end and at + len(token.text) > start:
            inside.append(token)
        at += len(token.text)
    return inside
