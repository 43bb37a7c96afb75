"""Item texts that speak to the labeller instead of to their reader: found by their wording, marked, never obeyed.

A list of wordings finds the usual attempts and no more (Liu et al., USENIX Security 2024 lists their families). It only
asks people to look twice; what keeps the labels safe is that no model decides.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SUSPICIOUS = 0.5
"""From this score on an item is marked."""

MARK = "suspicious: "
"""How the reason of a suggestion begins whose item is marked; its suggestion is not shown before the decision."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How likely a text holds instructions for its labeller, 0..1, and what it does, in words."""

    score: float
    what: tuple[str, ...] = ()

    @property
    def is_suspicious(self) -> bool:
        """Whether the item should be marked."""
        return self.score >= SUSPICIOUS


_LABELLING = r"(label|labell?ed|classif(?:y|ied)|categor(?:y|ise|ize)|annotat\w*|tag|rate|answer|output|respond|reply)"
_WORDINGS: tuple[tuple[str, float, str], ...] = (
    (
        r"\b(ignore|disregard|forget|override|bypass)\b.{0,40}"
        r"\b(previous|prior|above|earlier|all|any|the|your|these)\b.{0,30}"
        r"\b(instruction|prompt|rule|guideline|direction|context|message)s?",
        0.9,
        "asks to ignore instructions",
    ),
    (r"<\|?/?(im_start|im_end|system|assistant|endoftext|inst)\|?>|\[/?INST\]|<<SYS>>", 0.8, "imitates a chat format"),
    (
        r"^\s*#{0,4}\s*(system|assistant|developer)\s*(prompt|message|note)?\s*:",
        0.6,
        "imitates a message of the system",
    ),
    (
        r"(?<!if )(?<!whether )\b(you are now|you are|act as|pretend to be) (an?|the|my) .{0,30}"
        r"\b(ai|assistant|model|classifier|annotator|gpt|llm)\b",
        0.6,
        "gives the labeller a role",
    ),
    (
        rf"\b(please |always |must |should |only |just |simply )?{_LABELLING}\b.{{0,30}}"
        r"\b(this|the|that|every|all)\b.{0,20}\b(text|item|message|example|input|comment|review|email|ticket|sentence)s?"
        r"\b.{0,20}\b(as|with|to be|is)\b",
        0.6,
        "says how to label it",
    ),
    (
        r"\b(the )?(correct|right|true|gold|expected|final) (label|answer|class|category|rating|tag)\b.{0,12}"
        r"(\bis\b|\bmust be\b|\bshould be\b|:|=)",
        0.7,
        "says what the right label is",
    ),
    (
        r"\b(reveal|print|repeat|show|output)\b.{0,20}\b(system prompt|(your|the) (prompt|instructions))\b",
        0.6,
        "asks for the prompt",
    ),
    (r"\bnew (instruction|task|rule|order)s?\b\s*:", 0.6, "gives new instructions"),
    (
        r"\b(note|message|attention|hint) (to|for) (the )?(ai|annotator|labell?er|model|llm|grader|classifier)\b",
        0.7,
        "addresses the labeller",
    ),
    (r"\{\s*\"?(label|labels|rating|spans|relations)\"?\s*:", 0.5, "holds a ready-made answer"),
)
_PATTERNS = tuple((re.compile(p, re.IGNORECASE | re.MULTILINE | re.DOTALL), w, what) for p, w, what in _WORDINGS)
_HIDDEN_LIMIT = 3


def injection_score(text: str) -> Suspicion:
    """Look for instructions in a text: wordings, imitated chat formats, hidden characters. Several signs add up."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    found = [(weight, what) for pattern, weight, what in _PATTERNS if pattern.search(visible)]
    if _hidden(text) >= _HIDDEN_LIMIT:
        found.append((0.5, "holds hidden characters"))
    clear = 1.0
    for weight, _ in found:
        clear *= 1 - weight
    return Suspicion(round(1 - clear, 3), tuple(what for _, what in found))


def _hidden(text: str) -> int:
    """Characters that steer direction or spell in invisible tags; joiners of emoji and scripts do not count."""
    return sum(
        "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" or "\U000e0000" <= c <= "\U000e007f" or c == "\u200b"
        for c in text
    )
