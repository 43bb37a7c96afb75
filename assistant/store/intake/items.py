"""The items of an import: each source row is a new item, a known one, or a repeat that is listed with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from assistant.store.file.transaction import Transaction
from assistant.store.media import add_media, has_images, identities

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
OTHER_TEXT = "already in the project with another text, which was kept"
OTHER_IMAGE = "already in the project with another image, which was kept"


@dataclass(frozen=True)
class Placed:
    """Which item each source row belongs to, by ascending row, shape (n,) each.

    ``same_text`` says whether the item holds the row's own text or image; labels and proposals were made for that only.
    """

    rows: Ids
    item_ids: Ids
    same_text: Mask
    is_new: Mask
    keys: pa.ChunkedArray
    new: int
    known: int
    repeated: int

    def find(self, rows: Ids) -> tuple[Ids, Mask, Mask]:
        """Item id of each given row, whether the row has an item at all, and whether the item holds its text."""
        if not len(self.rows):
            nowhere = np.zeros(len(rows), dtype=bool)
            return np.zeros(len(rows), dtype=np.int64), nowhere, nowhere
        if np.array_equal(rows, self.rows):
            return self.item_ids, np.ones(len(rows), dtype=bool), self.same_text
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return self.item_ids[at], self.rows[at] == rows, self.same_text[at]


def place_items(transaction: Transaction, items: pa.Table, prefix: str, import_id: int) -> Placed:
    """Give the new items their ids, and note the known and the repeated ones."""
    rows = items["row"].to_numpy()
    if len(rows) and not (np.diff(rows) > 0).all():
        raise TypeError("the items of a batch stand in the order of their source rows, one an item")
    highest = int(transaction.rows("SELECT coalesce(max(item_id), 0) FROM items")[0][0])
    keys = _keys(items, prefix)
    are_images = has_images(items)
    keyed = pa.table({"row": items["row"], "key": keys, "text": identities(items)})
    with transaction.staged("keyed", keyed):
        repeats = _repeats(transaction, len(rows))
        known = _known(transaction, are_images) if highest else _NO_KNOWN
    item_ids, same = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=bool)
    is_repeat = np.zeros(len(rows), dtype=bool)
    again, first = np.searchsorted(rows, repeats["row"]), np.searchsorted(rows, repeats["first"])
    is_repeat[again], same[again] = True, repeats["same"]
    there = np.searchsorted(rows, known["row"])
    item_ids[there], same[there] = known["item_id"], known["same"]
    is_known = (item_ids > 0) & ~is_repeat
    is_new = (item_ids == 0) & ~is_repeat
    count = int(is_new.sum())
    item_ids[is_new] = np.arange(highest + 1, highest + count + 1)
    item_ids[again] = item_ids[first]
    transaction.new_ids("items", count)
    other = OTHER_IMAGE if are_images else OTHER_TEXT
    _note_known(transaction, import_id, rows[is_known], same[is_known], other)
    reasons = [f"the key {key} stands twice in the file, first in row {row}" for key, row in _named(repeats)]
    note_problems(transaction, import_id, "rejected", repeats["row"], pa.array(reasons, pa.string()))
    return Placed(rows, item_ids, same, is_new, keys, count, int(is_known.sum()), len(again))


def add_items(transaction: Transaction, items: pa.Table, placed: Placed, import_id: int) -> None:
    """Write the new ones."""
    columns = {name: items[name] for name in ("kind", "text", "parts", "meta")}
    table = pa.table({"item_id": pa.array(placed.item_ids), "key": placed.keys, **columns, "source_row": items["row"]})
    if not placed.is_new.all():
        table = table.filter(pa.array(placed.is_new))
    if table.num_rows:
        transaction.append("items", table.append_column("import_id", pa.repeat(import_id, table.num_rows)))
        filled = add_media(transaction, items, placed.item_ids.tolist(), placed.is_new.tolist())
        new = placed.item_ids[placed.is_new]
        for table_name in ("items", *filled):
            transaction.cover(table_name, int(new[0]), int(new[-1]))


def _keys(items: pa.Table, prefix: str) -> pa.ChunkedArray:
    """The user's key; without one the source and the row's number, so that the same file gives the same items again."""
    trimmed = pc.utf8_trim(items["key"], " ")
    is_named = pc.fill_null(pc.not_equal(trimmed, ""), False)
    if pc.all(is_named).as_py():
        return trimmed
    numbered = pc.binary_join_element_wise(prefix, pc.cast(items["row"], pa.string()), ":")
    return pc.if_else(is_named, trimmed, numbered)


_NO_REPEATS: dict[str, Any] = {
    "row": np.zeros(0, dtype=np.int64),
    "first": np.zeros(0, dtype=np.int64),
    "same": np.zeros(0, dtype=bool),
    "key": np.zeros(0, dtype=object),
}
_NO_KNOWN: dict[str, Any] = {"row": _NO_REPEATS["row"], "item_id": _NO_REPEATS["row"], "same": _NO_REPEATS["same"]}


def _repeats(transaction: Transaction, count: int) -> dict[str, Any]:
    """Rows whose key an earlier row has, with that row and whether it has the same text."""
    # Sorting numbers is quick; the window over all rows is needed by few files.
    hashes = np.sort(transaction.numpy("SELECT hash(key) AS hash FROM keyed")["hash"])
    if not count or (hashes[1:] != hashes[:-1]).all():
        return _NO_REPEATS
    found = transaction.arrow(
        """SELECT row, key, min(row) OVER keys AS first, text = first_value(text) OVER keys AS same FROM keyed
        WINDOW keys AS (PARTITION BY key ORDER BY row)
        QUALIFY row_number() OVER keys > 1 ORDER BY row"""
    )
    return {name: found[name].to_numpy() for name in found.column_names}


def _known(transaction: Transaction, are_images: bool) -> dict[str, Any]:
    sql = "SELECT k.row, i.item_id, k.text = i.text AS same FROM keyed k JOIN items i USING (key)"
    if are_images:
        sql = """SELECT k.row, i.item_id, k.text = coalesce(m.digest, i.text) AS same
            FROM keyed k JOIN items i USING (key) LEFT JOIN media m USING (item_id)"""
    found = transaction.arrow(sql)
    return {name: found[name].to_numpy() for name in found.column_names}


def _named(repeats: dict[str, Any]) -> list[tuple[str, int]]:
    return list(zip(repeats["key"], repeats["first"], strict=True))


def _note_known(transaction: Transaction, import_id: int, rows: Ids, same: Mask, other: str) -> None:
    reasons = np.where(same, "already in the project", other)
    note_problems(transaction, import_id, "known", rows, pa.array(reasons, pa.string()))


def note_problems(
    transaction: Transaction, import_id: int, what: str, rows: Any, reasons: Any, fields: Any = "", excerpts: Any = ""
) -> None:
    """List source rows with their reason; ``fields`` and ``excerpts`` are one text for all, or a column."""
    count = len(rows)
    if not count:
        return
    table = pa.table(
        {
            "import_id": pa.repeat(import_id, count),
            "source_row": rows,
            "what": pa.repeat(what, count),
            "field": pa.repeat(fields, count) if isinstance(fields, str) else fields,
            "reason": pa.repeat(reasons, count) if isinstance(reasons, str) else reasons,
            "excerpt": pa.repeat(excerpts, count) if isinstance(excerpts, str) else excerpts,
        }
    )
    transaction.append("import_problems", table)
