"""Items: reading, finding and naming them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from assistant.store.file.database import Database
from assistant.store.media import MediaStore
from assistant.store.queries.filters import asks_answers, filter_sql, without_answers
from assistant.store.queries.sight import sees_all, through_eyes_of
from tools.content import Content, texts
from tools.context import Found, IdArray
from tools.errors import NotFound
from tools.filters import ItemFilter
from tools.modalities.registry import MODALITIES
from tools.records import Actor, Item, Part
from tools.schema import LabelSchema

ITEM_COLUMNS = "item_id, key, text, kind, parts, meta"
"""The columns that :func:`item_from` reads, in its order."""

_KEPT = 500
_LETTERS = 20_000


def item_from(row: tuple[Any, ...]) -> Item:
    """The record of one stored row, columns as in ``items``."""
    item_id, key, text, kind, parts, meta = row
    ranges = tuple(Part(p["role"], p["start"], p["end"]) for p in json.loads(parts)) if parts else ()
    return Item(int(item_id), key, text, kind, ranges, json.loads(meta) if meta else {})


class ItemStore:
    """The items of one project; they are only ever added."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        """Read how many there are; ids run from 1 without gaps."""
        self._database = database
        self._media = media
        self.schema: LabelSchema | None = None
        self._kept: dict[int, Item] = {}

    def count(self) -> int:
        """How many items there are."""
        return int(self._database.rows("SELECT coalesce(max(item_id), 0) FROM items")[0][0])

    def all_ids(self) -> IdArray:
        """Every id, ascending."""
        return np.arange(1, self.count() + 1, dtype=np.int64)

    def get(self, item_ids: Sequence[int]) -> list[Item]:
        """The items, in the order of the ids; :class:`NotFound` names the first unknown one."""
        if len(item_ids) > _KEPT:
            return self._read(item_ids)
        kept = self._kept  # another thread may begin a new one at any moment
        missing = [item_id for item_id in dict.fromkeys(item_ids) if item_id not in kept]
        found = {item.item_id: item for item in self._read(missing)} if missing else {}
        items = [found.get(item_id) or kept[item_id] for item_id in item_ids]
        self._keep(found)
        return items

    def _read(self, item_ids: Sequence[int]) -> list[Item]:
        rows = self._rows(ITEM_COLUMNS, item_ids)
        return self._with_files([item_from(rows[item_id]) for item_id in item_ids])

    def _keep(self, items: Mapping[int, Item]) -> None:
        """Items never change, and those in people's hands are asked for again and again."""
        if len(self._kept) > _KEPT:
            self._kept = {}
        self._kept.update({one: item for one, item in items.items() if len(item.text) <= _LETTERS})

    def texts(self, item_ids: Sequence[int]) -> list[str]:
        """Their texts, in the order of the ids."""
        rows = self._rows("item_id, text", item_ids)
        return [rows[item_id][1] for item_id in item_ids]

    def contents(self, item_ids: Sequence[int]) -> list[Content]:
        """What a model reads of each, in the order of the ids."""
        if not self._has_files:
            return texts(self.texts(item_ids))
        places = ((item, self._media.path(item.media) if item.media else None) for item in self.get(item_ids))
        return [MODALITIES[item.kind].content_of(item, place) for item, place in places]

    def sizes(self, item_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
        """(width, height) of each item that is an image."""
        if not self._has_files:
            return {}
        files = self._media.of(item_ids)
        return {item_id: (media.width, media.height) for item_id, media in files.items() if media.width}

    def lengths(self, item_ids: Sequence[int]) -> dict[int, int]:
        """Milliseconds of each item that is a recording."""
        if not self._has_files:
            return {}
        return {item_id: media.length for item_id, media in self._media.of(item_ids).items() if media.length}

    @property
    def _has_files(self) -> bool:
        return self.schema is not None and self.schema.modality.has_file

    def _with_files(self, items: list[Item]) -> list[Item]:
        if not any(MODALITIES[item.kind].has_file for item in items):
            return items
        found = self._media.of([item.item_id for item in items])
        return [replace(item, media=found.get(item.item_id)) for item in items]

    def keys(self, item_ids: Sequence[int]) -> list[str]:
        """Their keys, in the order of the ids."""
        rows = self._rows("item_id, key", item_ids)
        return [rows[item_id][1] for item_id in item_ids]

    def find(self, where: ItemFilter, limit: int | None = None, offset: int = 0, viewer: Actor | None = None) -> Found:
        """Ids that pass ``where``, ascending, cut at ``limit``; as far as ``viewer`` may know, where one is named."""
        assert self.schema is not None
        condition, params = filter_sql(where, self.schema)
        sql = f"SELECT i.item_id FROM items i WHERE {condition} ORDER BY i.item_id"  # sql: filter_sql binds all values
        if viewer is not None:
            sql, params = through_eyes_of(viewer, sql, params)
        ids = self._database.numpy(sql, params)["item_id"].astype(np.int64)
        cut = ids[offset:] if limit is None else ids[offset : offset + limit]
        return Found(ids=cut, total=len(ids), sql=sql, left_out=self._left_out(where, viewer))

    def _left_out(self, where: ItemFilter, viewer: Actor | None) -> int:
        """Items that may or may not pass: others answered them and the viewer has not."""
        asks = viewer is not None and asks_answers(where) and not sees_all(viewer)
        if viewer is None or not asks or where.reviewer == viewer.person:
            return 0
        assert self.schema is not None
        condition, params = filter_sql(without_answers(where), self.schema)
        params["field"] = where.field or self.schema.main_field().id
        closed = "i.item_id NOT IN (SELECT o.item_id FROM opened o WHERE o.field = $field)"
        sql = f"SELECT count(*) FROM items i WHERE {condition} AND {closed}"  # sql: filter_sql binds all values
        return int(self._database.rows(*through_eyes_of(viewer, sql, params))[0][0])

    def resolve(self, references: Sequence[str]) -> list[int]:
        """Ids for keys or for ids written as ``#12``; :class:`NotFound` names what is unknown."""
        found: list[int] = []
        for reference in references:
            found.append(self._resolve_one(reference.strip()))
        return found

    def _resolve_one(self, reference: str) -> int:
        rows = self._database.rows("SELECT item_id FROM items WHERE key = ?", [reference])
        if not rows and (numbered := re.fullmatch(r"#?(\d{1,15})", reference)):
            rows = self._database.rows("SELECT item_id FROM items WHERE item_id = ?", [int(numbered.group(1))])
        if not rows:
            rows = self._database.rows("SELECT item_id FROM items WHERE lower(key) = lower(?) LIMIT 2", [reference])
        if len(rows) != 1:
            raise NotFound(f"There is no item {reference!r}; name it by its key or its number, as in #12.")
        return int(rows[0][0])

    def _rows(self, columns: str, item_ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        if len(item_ids) == 1:
            sql = f"SELECT {columns} FROM items WHERE item_id = ?"  # sql: columns are named in this module
            found = self._database.rows(sql, [int(item_ids[0])])
        else:
            found = self._many(columns, item_ids)
        by_id = {int(row[0]): row for row in found}
        missing = next((one for one in item_ids if one not in by_id), None)
        if missing is not None:
            raise NotFound(f"There is no item #{missing}.")
        return by_id

    def _many(self, columns: str, item_ids: Sequence[int]) -> list[tuple[Any, ...]]:
        wanted = pa.table({"item_id": pa.array(sorted({int(one) for one in item_ids}), pa.int64())})
        sql = f"SELECT {columns} FROM items SEMI JOIN wanted USING (item_id)"  # sql: columns are named in this module
        return self._database.joined(sql, wanted)
