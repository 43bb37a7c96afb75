"""Raw replies of real models through our reader: how many can be read, and how often those are right.

The replies were collected by Ziems et al. ("Can Large Language Models Transform Computational Social Science?", 2024).
The models were asked for the letter of an option, so the reader is told the letters.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.bench.measure import Line, Outcome
from eval.bench.texts.labelled_texts import DataMissing, sample_folder
from tools.backends.remote.replies import read_answer
from tools.errors import ReplyUnreadable
from tools.schema import FieldSpec, schema_from_labels
from tools.sentences import percent

# How the collection writes the end of a line.
_LINE_END = "&&&&&&"
QUICK_ROWS = 40


@dataclass
class Tally:
    """Replies of one model."""

    rows: int = 0
    read: int = 0
    right: int = 0
    unread: int = 0

    def words(self, name: str) -> str:
        """One line of the table."""
        return (
            f"{name:<18} {self.rows:>6,} {percent(self.read / self.rows):>12} {percent(self.unread / self.rows):>12} "
            f"{percent(self.right / self.read) if self.read else '–':>14} {percent(self.right / self.rows):>13}"
        )


def replies(folder: Path, is_quick: bool) -> Outcome:
    """Every reply of every model in the four tasks, none left out."""
    try:
        places = sorted((sample_folder() / "llm_outputs").glob("css_*.jsonl"))
        if not places:
            raise DataMissing(f"There are no files css_*.jsonl in {sample_folder() / 'llm_outputs'}.")
    except DataMissing as missing:
        return Outcome("replies", "", (), (str(missing),))
    tallies: dict[str, Tally] = defaultdict(Tally)
    rows = 0
    for place in places:
        for model, answer, is_right in _answers(place, QUICK_ROWS if is_quick else None):
            rows += 1
            tally = tallies[model]
            tally.rows += 1
            tally.read += answer is not None
            tally.unread += answer is None
            tally.right += is_right
    counted = sum(tally.read + tally.unread for tally in tallies.values())
    lines = (
        Line("replies of models", rows, "count"),
        Line("read", sum(tally.read for tally in tallies.values()), "count"),
        Line("unread", sum(tally.unread for tally in tallies.values()), "count"),
        Line("not accounted for", rows - counted, "count", bar=0),
    )
    head = f"{'model':<18} {'rows':>6} {'read':>12} {'unread':>12} {'right of read':>14} {'right of all':>13}"
    return Outcome("replies", "", lines, (head, *(tallies[model].words(model) for model in sorted(tallies))))


def _answers(place: Path, most: int | None) -> Iterator[tuple[str, str | None, bool]]:
    """(model, label read or ``None``, whether it is the gold one) for every reply of a task."""
    with place.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][:most]
    for row in rows:
        field, letters = _field(row["options"])
        for model, reply in row["answers"].items():
            answer = _read(field, str(reply).replace(_LINE_END, "\n"), letters)
            yield model, answer, answer == letters[row["gold_option"]]


def _field(options: dict[str, str]) -> tuple[FieldSpec, dict[str, str]]:
    field = schema_from_labels(list(options.values())).fields[0]
    return field, dict(zip(options, (label.id for label in field.labels), strict=True))


def _read(field: FieldSpec, reply: str, letters: dict[str, str]) -> str | None:
    try:
        value: Any = read_answer(field, reply, "", letters=letters).value
    except ReplyUnreadable:
        return None
    return str(value["label"])
