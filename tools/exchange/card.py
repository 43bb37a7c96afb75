"""The dataset card beside an export: what is in it, who made it, what it leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from tools.exchange.export import ExportReport
from tools.exchange.options import ExportOptions
from tools.exchange.tally import Tally
from tools.records import CALIBRATING_EXPOSURES
from tools.schema import FieldSpec, LabelSchema
from tools.sentences import count_of

MARK = "annotation_assistant_export"


def write_card(
    report: ExportReport,
    fields: Sequence[FieldSpec],
    schema: LabelSchema,
    tally: Tally,
    options: ExportOptions,
    tree: str = "",
) -> str:
    """The Markdown text of the card; ``tree`` is the digest of all files of a folder."""
    head = {
        MARK: {
            "files": [path.name for path in report.files],
            "format": report.format,
            "formulas_escaped": report.escaped_cells if _escapes(report, options) else False,
            "audit_head": options.audit_head or None,
            "created": options.created or None,
        }
        | ({"tree": tree} if tree else {})
    }
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---",
        f"# {_plain(options.project or schema.name)}",
        _sentence(report, options),
        "## Where every item went",
        _table(report.conservation().columns, report.conservation().rows),
        "## Fields",
        *(_field(spec, tally) for spec in fields),
        "## Who decided",
        _people(tally),
        "## How the labels came about",
        _exposures(tally),
        "## What this format cannot hold",
        "\n".join(f"- {_plain(one)}" for one in report.cannot_hold) or "Nothing was lost.",
    ]
    if _escapes(report, options):
        parts += ["## Escaped cells", _ESCAPED.format(count=report.escaped_cells)]
    return "\n\n".join(parts) + "\n"


_ESCAPED = (
    "{count} cells that a spreadsheet would take for a formula stand behind an apostrophe; the column "
    "`formulas_escaped` names them. Importing the file takes the apostrophes off again."
)


def is_own_card(text: str) -> bool:
    """Whether a card was written by an export of ours, so that a newer one may take its place."""
    return text.startswith("---\n") and MARK in text.partition("\n---")[0]


def _escapes(report: ExportReport, options: ExportOptions) -> bool:
    return options.escape_formulas and report.format in ("csv", "tsv")


def _sentence(report: ExportReport, options: ExportOptions) -> str:
    audit = f" The audit chain ended with `{_plain(options.audit_head)}`." if options.audit_head else ""
    when = f" on {_plain(options.created)}" if options.created else ""
    return f"{report.written} of {count_of(report.items, 'item')}, exported as {report.format}{when}.{audit}"


def _field(spec: FieldSpec, tally: Tally) -> str:
    lines = [f"### {_plain(spec.name)} (`{spec.id}`, {spec.kind})"]
    if spec.question:
        lines.append(_plain(spec.question))
    statuses = tally.statuses.get(spec.id, Counter())
    lines.append(", ".join(f"{count} {status}" for status, count in sorted(statuses.items())) or "No answers.")
    if spec.answers:
        counts = tally.labels.get(spec.id, Counter())
        rows = [(label.id, label.name, label.description, counts.get(label.id, 0)) for label in spec.answers]
        gone = [(name, "no longer in the schema", "", n) for name, n in counts.items() if name not in spec.label_ids]
        lines.append(_table(("label", "name", "meaning", "count"), rows + gone))
    return "\n\n".join(lines)


def _people(tally: Tally) -> str:
    rows: list[tuple[Any, ...]] = [(name, "person", count) for name, count in tally.reviewers.most_common()]
    rows += [(f"{name} (not reviewed)", "model", count) for name, count in tally.models.most_common()]
    return _table(("who", "what", "answers"), rows) if rows else "The export names nobody."


def _exposures(tally: Tally) -> str:
    rows = [
        (name, kind, count, "yes" if kind in CALIBRATING_EXPOSURES else "no")
        for name, found in sorted(tally.exposures.items())
        for kind, count in found.most_common()
    ]
    if not rows:
        return "The export does not say."
    columns = ("field", "what the reviewer had seen", "decisions", "may score a model")
    return _table(columns, rows)


def _table(columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [" | ".join(_plain(cell) for cell in row) for row in (columns, *rows)]
    rule = " | ".join("---" for _ in lines[0].split(" | "))
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def _plain(cell: Any) -> str:
    """Text on one line that Markdown shows as it is."""
    flat = " ".join(str(cell).split())
    for mark in "\\`*[]<>|":
        flat = flat.replace(mark, f"\\{mark}")
    return flat
