"""SubRip subtitles (SRT): one file for each recording, with numbered stretches of text and their times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tools.exchange.export import ChosenItem
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_files import clean_parts
from tools.exchange.writer import Plan
from tools.schema import FieldSpec

NO_PLACE = "subtitles hold one transcript and nothing else"
NO_SPEAKER = "subtitles have no place for who speaks"
NO_ARROW = "an arrow in the text, which marks times in subtitles, was written in another way"
NO_TRANSCRIPT = "the item has no transcript"
ONLY_MACHINE = "only a model wrote it down, and subtitles cannot say so"
_ARROW, _INSTEAD = "-->", "→"


def held(fields: Sequence[FieldSpec]) -> FieldSpec | None:
    """The field whose answers are written."""
    return next((spec for spec in fields if spec.record.is_transcript), None)


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What subtitles have no place for."""
    kept = held(fields)
    said = [f"Field {spec.id!r} ({spec.kind}) has no place in subtitles." for spec in fields if spec != kept]
    if kept is None:
        said.append("No field holds a transcript: nothing can be written.")
    elif kept.labels:
        said.append(f"Who speaks in {kept.name!r}: subtitles have no place for it.")
    said.append("Keys and other columns of the items; files are called like the recordings.")
    if options.provenance == "full":
        said.append("Who decided, when and after seeing what.")
    if options.include_unreviewed:
        said.append("What only a model wrote down is left out: subtitles cannot say so.")
    return said


class SubtitleWriter:
    """Writes one file for each recording."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._held = plan, held(plan.fields)
        self._taken: set[str] = set()
        plan.path.mkdir(parents=True)

    def add(self, item: ChosenItem) -> str:
        """Write the transcript of a recording, an empty file where nothing is said."""
        chosen = item.answers.get(self._held.id) if self._held is not None else None
        for other in item.answers.values():
            if other.spec != self._held and other.value is not None:
                self._plan.lose(item, other.spec, NO_PLACE, other.spec.id)
        if chosen is None or chosen.value is None:
            return NO_TRANSCRIPT
        if chosen.status == "machine":
            return ONLY_MACHINE
        segments = chosen.value[chosen.spec.record.key]
        place = self._place(item)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(self._text(item, chosen.spec, segments), encoding="utf-8")
        return ""

    def finish(self) -> list[Path]:
        """Name what was made."""
        return sorted(self._plan.path.iterdir())

    def close(self) -> None:
        """Nothing is left open between items."""

    def _text(self, item: ChosenItem, spec: FieldSpec, segments: Sequence[Mapping[str, Any]]) -> str:
        spoken = [one for one in segments if one["text"].strip()]
        for one in spoken:
            if "label" in one:
                self._plan.lose(item, spec, NO_SPEAKER, one["label"])
            if _ARROW in one["text"]:
                self._plan.lose(item, spec, NO_ARROW, one["text"])
        return "".join(_cue(number, one) for number, one in enumerate(spoken, start=1))

    def _place(self, item: ChosenItem) -> Path:
        """The name of the recording with another ending; two recordings never share one."""
        parts = clean_parts(item.item.text) or [f"item-{item.item.item_id}"]
        stem = str(PurePosixPath(*parts).with_suffix(""))
        name, number = stem, 2
        while name.casefold() in self._taken:
            name, number = f"{stem}_{number}", number + 1
        self._taken.add(name.casefold())
        return self._plan.path / f"{name}.srt"


def _cue(number: int, one: Mapping[str, Any]) -> str:
    # A blank line ends a cue, so that none may stand in its text.
    lines = [line.strip() for line in one["text"].replace(_ARROW, _INSTEAD).splitlines() if line.strip()]
    return f"{number}\n{clock(one['start'])} --> {clock(one['end'])}\n" + "\n".join(lines) + "\n\n"


def clock(milliseconds: int) -> str:
    """A time as subtitles write it: ``01:02:03,004``."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{rest:03}"
