"""Segments: stretches of a recording with what is said in them. Times are whole milliseconds, the end exclusive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import ASIDE, Regions, known_label, refuse_same_ids
from tools.sentences import count_of

MOST_SEGMENTS = 20_000
LONGEST_TEXT = 20_000
_KEYS = frozenset({"id", "start", "end", "text", "label", "words", *ASIDE})


class Segments(Regions):
    """A transcript: ``{"segments": [{"id": "r1", "start": 1200, "end": 3400, "text": "hello", "label": "ann"}]}``.

    In the order of start and end. ``label`` is there where the field has labels, which are speakers or sounds. A
    model's segments may have ``words`` with times and a ``score``, which say how it came about and are no part of the
    answer.
    """

    name = "segments"
    key = "segments"
    marks = "audio"
    one, many = "segment", "segments"
    needs_labels = False
    is_transcript = True
    by_hand = "say “transcribe”, and people correct what is written down"
    called = "transcripts"
    question = "What is said?"
    field_words = ("transcript", "transcripts", "segments", "subtitles", "captions")

    def check(self, field: Asked, content: Any, subject: Subject) -> list[dict[str, Any]]:
        """Segments inside the recording, which overlap only where the field allows it."""
        if not isinstance(content, (list, tuple)):
            raise ValueRefused(f"Field {field.id!r} takes a list of segments, got {type(content).__name__}.")
        if len(content) > MOST_SEGMENTS:
            raise ValueRefused(f"Field {field.id!r} takes at most {MOST_SEGMENTS:,} segments, got {len(content):,}.")
        checked = [_segment(field, one, subject.length, number) for number, one in enumerate(content, start=1)]
        refuse_same_ids(field, checked)
        checked.sort(key=lambda one: (one["start"], one["end"], one["id"]))
        if not field.overlap:
            _refuse_overlap(field, checked)
        return checked

    def bare(self, content: Any) -> Any:
        """Without ids, words and scores."""
        without = [{k: v for k, v in one.items() if k not in ("id", "words", *ASIDE)} for one in content]
        return sorted(without, key=lambda one: (one["start"], one["end"], str(one)))

    def labels_in(self, content: Any) -> tuple[str, ...]:
        """Speakers and sounds."""
        return tuple(one["label"] for one in content if "label" in one)

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """The words that are said."""
        return " ".join(one["text"] for one in content if one["text"]) or "nothing is said"

    def describe_apart(self, field: Asked, content: Any) -> str:
        """How many, and how long."""
        seconds = sum(one["end"] - one["start"] for one in content) / 1000
        return f"{count_of(len(content), self.one)}, {seconds:.1f} s" if content else "nothing"


def _refuse_overlap(field: Asked, ordered: Sequence[Mapping[str, Any]]) -> None:
    reach = 0
    for one in ordered:
        if one["start"] < reach:
            raise ValueRefused(f"Segments of field {field.id!r} must not overlap; two do at {one['start']} ms.")
        reach = max(reach, one["end"])


def _segment(field: Asked, given: Any, length: int | None, number: int) -> dict[str, Any]:
    if not isinstance(given, Mapping) or not {"start", "end", "text"} <= set(given):
        raise ValueRefused(f"A segment of field {field.id!r} has start, end and text, got {given!r}.")
    unknown = sorted(map(str, set(given) - _KEYS))
    if unknown:
        raise ValueRefused(f"A segment of field {field.id!r} has no {unknown[0]!r}.")
    start, end, text = given["start"], given["end"], given["text"]
    _check_times(field, start, end, length)
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise ValueRefused(f"The text of a segment of field {field.id!r} has up to {LONGEST_TEXT:,} characters.")
    found: dict[str, Any] = {"id": str(given.get("id") or f"r{number}"), "start": start, "end": end, "text": text}
    if given.get("label"):
        found["label"] = known_label(field, given["label"])
    return found | _beside(field, given)


def _check_times(field: Asked, start: Any, end: Any, length: int | None) -> None:
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ValueRefused(f"A segment of field {field.id!r} must start before it ends, got {start!r}..{end!r} ms.")
    if length is not None and end > length:
        raise ValueRefused(
            f"A segment of field {field.id!r} reaches to {end} ms, beyond its recording of {length:,} ms."
        )


def _beside(field: Asked, given: Mapping[str, Any]) -> dict[str, Any]:
    """How a segment came about, where that is said."""
    found: dict[str, Any] = {}
    if isinstance(given.get("words"), (list, tuple)):
        found["words"] = [_word(field, one) for one in given["words"]]
    score = given.get("score")
    if score is not None:
        if isinstance(score, bool) or not isinstance(score, (int, float)) or not 0 <= score <= 1:
            raise ValueRefused(f"The score of a segment of field {field.id!r} lies in 0..1, got {score!r}.")
        found["score"] = round(float(score), 4)
    return found


def _word(field: Asked, given: Any) -> dict[str, Any]:
    times = isinstance(given, Mapping) and type(given.get("start")) is int and type(given.get("end")) is int
    if not times or not isinstance(given.get("text"), str):
        raise ValueRefused(f"A word of a segment of field {field.id!r} has start, end and text, got {given!r}.")
    found = {"start": given["start"], "end": given["end"], "text": given["text"]}
    score = given.get("score")
    return found | ({"score": round(float(score), 4)} if isinstance(score, (int, float)) else {})
