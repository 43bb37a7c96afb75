"""What a model thinks aloud before it answers, told apart from what it answers. Pure."""

from __future__ import annotations

import re

_NAMES = "think|thinking|thought|thoughts|reasoning|analysis"
_BEGIN = rf"<(?:{_NAMES})>|\[THINK\]|<\|channel\|>(?:analysis|commentary)"
_END = rf"</(?:{_NAMES})>|\[/THINK\]|<\|channel\|>final(?:<\|message\|>)?"
_THINKING = re.compile(_BEGIN, re.IGNORECASE)
_END_OF_THINKING = re.compile(_END, re.IGNORECASE)
_THOUGHT = re.compile(rf"(?:{_BEGIN}).*?(?:{_END}|\Z)", re.IGNORECASE | re.DOTALL)


def delivered(reply: str) -> str:
    """What a reply says after the last end of thinking, whose beginning some templates eat."""
    ends = [found.end() for found in _END_OF_THINKING.finditer(reply)]
    rest = ends[-1] if ends else 0
    begun = _THINKING.search(reply, rest)
    return reply[rest : begun.start() if begun else None]


def without_thoughts(reply: str) -> str:
    """All that a reply says to people: thoughts are taken out, and what stands before, between and after them stays.

    Where only the end of a thought is left, everything before it was one.
    """
    spoken = _THOUGHT.sub("", reply)
    ends = [found.end() for found in _END_OF_THINKING.finditer(spoken)]
    return spoken[ends[-1] if ends else 0 :]
