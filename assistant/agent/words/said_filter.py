"""Which items a sentence means, as the parts of an item filter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.agent.words.mentions import Mention
from assistant.agent.words.phrases import phrases
from assistant.agent.words.quantities import Quantity, read_quantities
from assistant.agent.words.sentence import Sentence
from assistant.agent.words.times import TimeRange, read_time
from assistant.agent.words.world import PlannerWorld

_RUN = re.compile(r"\b(?:batch|run) (?:no\.? |number |#)?(?P<run>\d+)\b")
_COLUMN = re.compile(r"\b(?P<column>[a-z_][\w ]*?) ?(?:=|:| is | equals )\s*(?P<value>\"[^\"]+\"|[\w.+-]+)")
LOW_SCORE = 0.6
HIGH_SCORE = 0.9


@dataclass(frozen=True)
class SaidFilter:
    """Parts of an :class:`~tools.filters.ItemFilter` by name, and what was assumed, in sentences. ``span`` is where the
    words to be searched for stand.
    """

    parts: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    time: TimeRange | None = None
    span: tuple[int, int] = (0, 0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing narrows the items down."""
        return not self.parts


def read_filter(sentence: Sentence, mentions: tuple[Mention, ...], world: PlannerWorld) -> SaidFilter:
    """The conditions that the sentence puts on items."""
    low = sentence.low
    time = read_time(low, world.now)
    words, span = _words(sentence, mentions, time)
    if world.schema.modality.has_file and '"' not in words and _names_label(span, mentions):
        # What a file contains is what is marked on it; words are searched in its name only.
        words, span = "", (0, 0)
    outside = [one for one in mentions if not (span[0] <= one.start < span[1])]
    rest = low[: span[0]] + " " * (span[1] - span[0]) + low[span[1] :]
    parts: dict[str, Any] = {}
    notes: list[str] = []
    if words:
        parts["words"] = words
    _add_state(parts, rest)
    _add_label(parts, rest, outside, world)
    _add_score(parts, notes, rest, time)
    people = _people(rest, outside, world)
    if len(people) == 1:
        parts["reviewer"] = people[0]
    _add_place(parts, rest, outside, world)
    if time is not None:
        parts |= {key: text for key, text in (("since", time.since_text), ("until", time.until_text)) if text}
    if not words and (found := _weak_words(sentence, rest, outside, parts)):
        parts["words"] = found
    return SaidFilter(parts, tuple(notes), people, time, span)


def _words(sentence: Sentence, mentions: tuple[Mention, ...], time: TimeRange | None) -> tuple[str, tuple[int, int]]:
    """Search words with their place in the sentence; the place is empty where there are none."""
    quoted = [token for token in sentence.tokens if token.text.startswith('"') and len(token.text) > 2]
    if quoted:
        return " ".join(token.text for token in quoted), (quoted[0].start, quoted[-1].end)
    cue = phrases().search("words_cue", sentence.low)
    if cue is None:
        return "", (0, 0)
    stop = phrases().search("words_end", sentence.low, cue.end())
    ends = [stop.start() if stop else len(sentence.low)]
    ends += [time.start] if time and time.start > cue.end() else []
    for one in mentions:
        before = sentence.low[cue.end() : one.start].rstrip().rsplit(" ", 1)[-1]
        if (
            one.start > cue.end()
            and before in ("by", "from", "in", "for", "on")
            and one.kind in ("PERSON", "VALUE", "FIELD")
        ):
            ends.append(one.start - len(before) - 1)
    end = max(cue.end(), min(ends))
    text = phrases().patterns["words_and"].sub(" ", sentence.text[cue.end() : end].strip())
    text = re.sub(r"^(?:the|a|an|any|some) ", "", text.strip())
    named = text.lower() in ("it", "this", "that", "them", "those") or any(
        one.kind == "ITEM" and one.start < end and cue.end() <= one.start for one in mentions
    )
    return ("", (0, 0)) if named else (" ".join(_singular(word) for word in text.split()), (cue.start(), end))


def _names_label(span: tuple[int, int], mentions: tuple[Mention, ...]) -> bool:
    return any(one.kind == "LABEL" and span[0] <= one.start < span[1] for one in mentions)


def _singular(word: str) -> str:
    """Search is by substring, so the singular finds the plural too."""
    is_plural = len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ies"))
    return word[:-1] if is_plural and word.isalpha() else word


def _weak_words(sentence: Sentence, rest: str, mentions: list[Mention], parts: Mapping[str, Any]) -> str:
    """ "search battery": what stands behind the verb and is nothing else."""
    cue = phrases().search("words_perhaps", sentence.low)
    if cue is None or parts or any(one.kind in ("LABEL", "PERSON", "ITEM", "FIELD", "STRATEGY") for one in mentions):
        return ""
    left = phrases().patterns["no_words"].sub(" ", rest[cue.end() :].strip(" .!?"))
    return " ".join(_singular(word) for word in left.split())


def _add_state(parts: dict[str, Any], rest: str) -> None:
    for state, pattern in phrases().states:
        if pattern.search(rest):
            parts["state"] = state
            return


def _add_label(parts: dict[str, Any], rest: str, mentions: list[Mention], world: PlannerWorld) -> None:
    fields = [one.key for one in mentions if one.kind == "FIELD"]
    labels = [one for one in mentions if one.kind == "LABEL"]
    if fields:
        parts["field"] = fields[0]
    if labels:
        wanted = fields[0] if fields else world.field_in_hand
        label = next((one for one in labels if one.field == wanted), labels[0])
        parts |= {"field": label.field, "label": label.key}
        if phrases().search("proposed", _without(rest, labels)) and parts.get("state") not in (
            "unsuggested",
            "decided",
        ):
            parts["of_proposal"] = True
        if parts.get("state") == "decided":
            del parts["state"]  # a standing label says as much


def _without(rest: str, mentions: list[Mention]) -> str:
    """The text without these names: a label called "machine" says nothing about who suggested it."""
    for one in mentions:
        rest = rest[: one.start] + " " * (one.end - one.start) + rest[one.end :]
    return rest


def _add_score(parts: dict[str, Any], notes: list[str], rest: str, time: TimeRange | None) -> None:
    bounds = [one for one in read_quantities(rest) if one.bound and _is_score(one, rest, time)]
    for one in bounds:
        parts["score_min" if one.bound == "above" else "score_max"] = one.share
    if not bounds and phrases().search("low_score", rest):
        parts["score_max"] = LOW_SCORE
        notes.append(f"“Low” is taken as a score of at most {LOW_SCORE}.")
    elif not bounds and phrases().search("high_score", rest):
        parts["score_min"] = HIGH_SCORE
        notes.append(f"“High” is taken as a score of at least {HIGH_SCORE}.")
    if "score_min" in parts or "score_max" in parts:
        parts["of_proposal"] = True


def _is_score(one: Quantity, rest: str, time: TimeRange | None) -> bool:
    if one.share is None or (time and time.start <= one.start < time.end):
        return False
    return one.is_percent or 0 < one.value < 1 or bool(phrases().search("score", rest))


def _people(rest: str, mentions: list[Mention], world: PlannerWorld) -> tuple[str, ...]:
    named = list(dict.fromkeys(one.key for one in mentions if one.kind == "PERSON"))
    if not named and phrases().search("own_deed", rest):
        named = [world.person]
    return tuple(named)


def _add_place(parts: dict[str, Any], rest: str, mentions: list[Mention], world: PlannerWorld) -> None:
    """Items by name, by batch, or by a column of their own."""
    items = tuple(dict.fromkeys(one.key for one in mentions if one.kind == "ITEM"))
    if items:
        parts["keys"] = items
    if run := _RUN.search(rest):
        parts["run"] = int(run.group("run"))
    for match in _COLUMN.finditer(rest):
        named = match.group("column").replace("_", " ")
        column = next((name for name in world.columns if named.endswith(name.lower().replace("_", " "))), None)
        if column is not None:
            parts["meta"] = f"{column}={match.group('value').strip(chr(34))}"
    value = next((one for one in mentions if one.kind == "VALUE"), None)
    if value is not None and "meta" not in parts:
        parts["meta"] = f"{value.field}={value.key}"
