"""Objects out of JSON and JSONL files, numbered, with the lines that are none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.files.jsonread import parse_json
from tools.exchange.files.source import Source, json_cause
from tools.exchange.rows import ExchangeReject

NO_OBJECT = "the row is not a JSON object"
_LOOK = 20


def objects(source: Source) -> Iterator[tuple[int, dict[str, Any] | ExchangeReject]]:
    """Every object with its row: elements of the array in a JSON file, lines of a JSONL file.

    A JSON file with one object that is not a line holds one row. Blank lines are no rows.
    """
    found = source.json_rows
    if found is not None:
        for number, one in enumerate(found, start=1):
            yield number, one if isinstance(one, dict) else ExchangeReject(number, NO_OBJECT, str(one))
        return
    for number, line in source.lines():
        if not line.strip():
            continue
        try:
            one = parse_json(line)
        except ValueError as error:
            yield number, ExchangeReject(number, f"the line is not JSON: {json_cause(error)}", line)
            continue
        yield number, one if isinstance(one, dict) else ExchangeReject(number, NO_OBJECT, line)


def first_objects(source: Source) -> list[dict[str, Any]]:
    """The first few objects, for sniffing; none where the file is neither JSON nor JSONL."""
    found: list[dict[str, Any]] = []
    try:
        for number, one in objects(source):
            if isinstance(one, dict):
                found.append(one)
            elif number == 1:
                return []
            if number >= _LOOK:
                break
    except FormatRefused:
        return []
    return found
