"""The project's own JSONL: everything an export knows about an item in one object on one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.exchange.codec import MARK, answer_record
from tools.exchange.export import Chosen, ChosenItem
from tools.exchange.formats.lines.own_jsonl import VERSION
from tools.exchange.options import ExportOptions
from tools.exchange.writer import Plan
from tools.modalities.registry import MODALITIES
from tools.records import USUAL_KIND, to_json
from tools.schema import FieldSpec


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """Nothing is lost but what was asked to stay at home."""
    return ["Who decided, when and after seeing what was left out as asked."] if options.provenance == "none" else []


def fields_record(item: ChosenItem, options: ExportOptions) -> dict[str, Any]:
    """The answers of an item by field."""
    return {name: answer_record(stripped(chosen, options)) for name, chosen in item.answers.items()}


def stripped(chosen: Chosen, options: ExportOptions) -> Chosen:
    """The answer without its provenance where that is to stay at home; a conflict is nothing without its decisions."""
    if options.provenance == "full" or chosen.status == "conflict":
        return chosen
    return Chosen(chosen.spec, chosen.status, chosen.value, (), None)


class LinesWriter:
    """Writes one JSON object a line."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._stream = plan.path.open("w", encoding="utf-8", newline="\n")

    def write(self, record: dict[str, Any]) -> None:
        """One line."""
        self._stream.write(to_json(record) + "\n")

    def finish(self) -> list[Path]:
        """Close the file."""
        self._stream.close()
        return [self.plan.path]

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


class OwnJsonlWriter(LinesWriter):
    """Writes items as :mod:`tools.exchange.formats.lines.own_jsonl` reads them."""

    def add(self, item: ChosenItem) -> str:
        """Write one item."""
        record: dict[str, Any] = {MARK: VERSION, "key": item.item.key, "text": item.item.text}
        media = item.item.media
        if media is not None:
            stated = {"width": media.width, "height": media.height, "sha256": media.digest, "mime": media.mime}
            record |= {"kind": item.item.kind, MODALITIES[item.item.kind].content: stated}
        elif item.item.kind != USUAL_KIND:
            record |= {"kind": item.item.kind, "parts": [asdict(part) for part in item.item.parts]}
        if item.item.meta:
            record["meta"] = dict(item.item.meta)
        self.write({**record, "fields": fields_record(item, self.plan.options)})
        return ""
