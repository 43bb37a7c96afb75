"""What checks found of an item and nobody has dealt with, in sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tools.ask.value_words import value_words
from tools.findings import SEVERITY_WORDS
from tools.schema import FieldSpec
from tools.sentences import capital


def findings_told(field: FieldSpec, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each open finding of the field, the most serious first, with the answer that is likely right."""
    return [_told(field, row) for row in rows if row["field"] == field.id and row["state"] == "open"]


def _told(field: FieldSpec, row: Mapping[str, Any]) -> str:
    reason = str(row["sentence"]).strip().rstrip(".")
    likely = f" Likely right: {value_words(field, json.loads(row['value']))}." if row["value"] else ""
    what = str(row["kind"]).replace("_", " ")
    return capital(f"{what} ({SEVERITY_WORDS.get(row['severity'], row['severity'])}): {reason}.{likely}")
