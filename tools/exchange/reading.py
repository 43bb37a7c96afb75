"""One file in, one checked batch out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.builder import BatchBuilder, Identity
from tools.exchange.files.source import Source, hashed_beside, open_source
from tools.exchange.formats.registry import choose_format
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_column import AHEAD
from tools.exchange.pictures.table_images import with_images
from tools.exchange.rows import Row, RowSource
from tools.exchange.tables.tabular import SourceTable, table_batch
from tools.modalities.registry import MODALITIES
from tools.schema import LabelSchema

USUAL = ImportOptions()


def read_file(path: Path, schema: LabelSchema, options: ImportOptions = USUAL) -> ImportBatch:
    """Read a file or folder into a batch checked against ``schema``; an input error says what stands against it."""
    options = replace(options, item_kind=schema.item)
    source = open_source(path, options)
    chosen = choose_format(source, options)
    with hashed_beside(source) as digest:
        loaded = chosen.load(source, options, schema)
        identity = Identity(source.name, digest(), chosen.name)
    if isinstance(loaded, SourceTable):
        batch = table_batch(loaded, identity, schema, options)
        if schema.modality.has_file:
            batch = with_images(batch, source, schema)
    else:
        batch = _build(loaded, identity, schema, options)
    _refuse_other_kinds(batch, schema, source)
    return batch


def _build(loaded: RowSource, identity: Identity, schema: LabelSchema, options: ImportOptions) -> ImportBatch:
    builder = BatchBuilder(schema, options, identity)
    if not schema.modality.has_file:
        for row in loaded.rows:
            builder.add(row)
        return builder.build(loaded.notes)
    for some in _batched(loaded.rows, AHEAD):
        builder.look_ahead(some)
        for row in some:
            builder.add(row)
    return builder.build(loaded.notes)


def _batched(rows: Iterator[Row], count: int) -> Iterator[list[Row]]:
    while some := list(islice(rows, count)):
        yield some


def _refuse_other_kinds(batch: ImportBatch, schema: LabelSchema, source: Source) -> None:
    """A project asks about one kind of item; a file of another kind would put the wrong card before people."""
    others = [kind for kind in batch.items["kind"].unique().to_pylist() if kind != schema.item]
    if others:
        if any(one.has_file for one in MODALITIES.values() if one.name in (others[0], schema.item)):
            raise FormatRefused(
                f"{source.name} holds items of the kind {others[0]!r}, and the project asks about {schema.item!r}."
            )
        raise FormatRefused(
            f"{source.name} holds items of the kind {others[0]!r}, and the project asks about {schema.item!r}. "
            f"Say which columns hold the texts (pair_columns, conversation_column), or use another schema."
        )
