"""Image files of a project: copied under their own hash, or referenced where they are, and which item has which."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from tools.errors import Conflict, NotFound
from tools.images.probe import MIME_SUFFIX as IMAGE_SUFFIX
from tools.images.probe import digest_of
from tools.records import Item, Media, to_json
from tools.sounds.probe import MIME_SUFFIX as SOUND_SUFFIX

_SUFFIXES = {**IMAGE_SUFFIX, **SOUND_SUFFIX}

MEDIA_COLUMNS = ("digest", "mime", "width", "height", "orientation", "bits", "frames", "size", "place")
"""Columns of the table of files in the order of the fields of :class:`Media`."""

SOUND_COLUMNS = ("length", "rate", "channels")
"""Columns of the table of recordings, which are the fields after those."""

MEDIA_SELECTED = ", ".join((*MEDIA_COLUMNS, *(f"coalesce({name}, 0)" for name in SOUND_COLUMNS)))
MEDIA_TABLES = "media LEFT JOIN recordings USING (item_id)"

_TABLE = pa.schema(
    [
        ("item_id", pa.int64()),
        ("digest", pa.string()),
        ("mime", pa.string()),
        *((name, pa.int64()) for name in ("width", "height", "orientation", "bits", "frames", "size")),
        ("place", pa.string()),
    ]
)
_SOUNDS = pa.schema([("item_id", pa.int64()), *((name, pa.int64()) for name in SOUND_COLUMNS)])


class MediaStore:
    """The files of one project's items. Files are written before the rows that name them."""

    def __init__(self, database: Database, folder: Path) -> None:
        """``folder`` holds the copies."""
        self._database = database
        self._folder = folder

    def of(self, item_ids: Sequence[int]) -> dict[int, Media]:
        """The image of each item that has one."""
        wanted = pa.table({"item_id": pa.array([int(one) for one in item_ids], pa.int64())})
        sql = f"SELECT item_id, {MEDIA_SELECTED} FROM {MEDIA_TABLES} SEMI JOIN wanted USING (item_id)"
        return {int(row[0]): Media(*row[1:]) for row in self._database.joined(sql, wanted)}

    def path(self, media: Media) -> Path:
        """Where the file is. Its name holds the hash of its content, unless it is referenced in place."""
        if media.place:
            return Path(media.place)
        return self._folder / media.digest[:2] / f"{media.digest}{_SUFFIXES.get(media.mime, '')}"

    def file(self, media: Media) -> Path:
        """The same, if it is there; :class:`NotFound` says which file is missing."""
        place = self.path(media)
        if not place.is_file():
            raise NotFound(f"The file {place.name} is gone; put it back at {place}.")
        return place

    def of_item(self, item: Item) -> Path:
        """The file of an item."""
        if item.media is None:
            raise NotFound(f"Item {item.key} has no file.")
        return self.path(item.media)

    def keep(self, items: pa.Table, project: Path | None = None) -> pa.Table:
        """Copy the image files of a batch, before their rows are written; returns the batch's items.

        Where the ``project`` folder is given, files that lie outside it are left where they are and referenced.
        """
        records = media_records(items)
        for record in records:
            if record is None:
                continue
            source = Path(record["source"])
            if project is not None and not source.resolve().is_relative_to(project.resolve()):
                record["place"] = str(source.resolve())
            else:
                self._copy(source, _media(record))
        if not records:
            return items
        cells = pa.array([None if one is None else to_json(one) for one in records], pa.string())
        return items.set_column(items.column_names.index("media"), "media", cells)

    def missing(self) -> list[str]:
        """Image files that rows name and that are not there, or are of another size than they were."""
        sql = f"SELECT item_id, {MEDIA_SELECTED} FROM {MEDIA_TABLES} ORDER BY item_id"
        lost = []
        for row in self._database.rows(sql):
            media = Media(*row[1:])
            place = self.path(media)
            if not place.is_file() or place.stat().st_size != media.size:
                lost.append(f"item {row[0]}: {place.name}")
        return lost

    def _copy(self, source: Path, media: Media) -> None:
        target = self.path(media)
        if target.is_file() and target.stat().st_size == media.size:
            return
        target.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
        unfinished = target.with_suffix(f".{os.getpid()}.part")
        try:
            shutil.copyfile(source, unfinished)
            if digest_of(unfinished) != media.digest:
                raise Conflict(f"{source.name} was changed while it was imported; import it again.")
            with unfinished.open("rb") as stream:
                os.fsync(stream.fileno())
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)


def media_records(items: pa.Table) -> list[dict[str, Any] | None]:
    """What a batch says about the image of each row, ``None`` for rows without one; empty for a batch of texts."""
    if not has_images(items):
        return []
    return [None if one is None else json.loads(one) for one in items["media"].to_pylist()]


def has_images(items: pa.Table) -> bool:
    """Whether any row of a batch is an image."""
    return "media" in items.column_names and items["media"].null_count < items.num_rows


def identities(items: pa.Table) -> Any:
    """What must be the same for a row to be the same item again: the text, or the hash of its image, shape (n,)."""
    if not has_images(items):
        return items["text"]
    texts = items["text"].to_pylist()
    records = media_records(items)
    return pa.array(
        [text if one is None else str(one["digest"]) for text, one in zip(texts, records, strict=True)], pa.string()
    )


def add_media(transaction: Transaction, items: pa.Table, item_ids: Sequence[int], is_new: Sequence[bool]) -> list[str]:
    """Write which of the new items has which file; returns the tables that got rows."""
    records = media_records(items)
    rows = [
        {"item_id": int(item_id), **_cells(record)}
        for record, item_id, new in zip(records, item_ids if records else (), is_new if records else (), strict=True)
        if new and record is not None
    ]
    if rows:
        transaction.append("media", pa.Table.from_pylist(rows, schema=_TABLE))
    sounds = [row for row in rows if row["length"]]
    if sounds:
        transaction.append("recordings", pa.Table.from_pylist(sounds, schema=_SOUNDS))
    return [table for table, found in (("media", rows), ("recordings", sounds)) if found]


def _media(record: Mapping[str, Any]) -> Media:
    return Media(**_cells(record))


def _cells(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a batch says of one file; those made before there were recordings say nothing of sound."""
    return {name: record[name] for name in MEDIA_COLUMNS} | {name: record.get(name, 0) for name in SOUND_COLUMNS}
