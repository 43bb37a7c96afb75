"""Rows with a key whose texts came in before without one: a second import would make them new items."""

from __future__ import annotations

import hashlib

import pyarrow.compute as pc

from tools.context import ToolContext
from tools.exchange.batch import ImportBatch
from tools.sentences import count_of, verb


def came_without_key(batch: ImportBatch, key_column: str, ctx: ToolContext) -> str:
    """The sentence about such rows, with what can be done; empty where there are none."""
    is_keyed = pc.fill_null(pc.not_equal(pc.utf8_trim(batch.items["key"], " "), ""), False)
    keyed = batch.items.filter(is_keyed)
    if not keyed.num_rows or ctx.schema.modality.has_file:
        return ""
    there = {row["digest"] for row in ctx.ask("texts_without_key").as_dicts()}
    if not there:
        return ""
    count = sum(_digest(text) in there for text in keyed["text"].to_pylist())
    if not count:
        return ""
    told = (
        f"{count_of(count, 'row')} {verb(count, 'has', 'have')} the text of an item that came in before without a key"
    )
    named = f"leave the key column {key_column!r} away" if key_column else "import the file as it was imported then"
    again = verb(count, "it comes in again as a new item", "they come in again as new items")
    return (
        f"{told}: with this key {again}. To have the same items, {named}; to have them under this key, make a new "
        "project and import the file there."
    )


def _digest(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
