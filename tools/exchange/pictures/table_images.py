"""Tables whose rows name images: the files are found and looked at, and the answers checked against their sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from tools.errors import ValueRefused
from tools.exchange.batch import DROPPED, ITEMS, LABELS, PROPOSALS, REJECTS, Columns, ImportBatch, excerpt_of
from tools.exchange.files.source import Source
from tools.exchange.pictures.image_column import ImageColumn
from tools.exchange.pictures.image_files import ImageFinder
from tools.exchange.rows import ExchangeItem
from tools.kinds.asked import Subject
from tools.kinds.taking import short_reason
from tools.records import to_json
from tools.schema import LabelSchema
from tools.values import check_about


def with_images(batch: ImportBatch, source: Source, schema: LabelSchema) -> ImportBatch:
    """The batch with a file for every item; rows whose file is not there or is none become rejects."""
    finder, looked = ImageFinder(source.path, suffixes=schema.modality.suffixes), ImageColumn()
    items, rejects = Columns(ITEMS), Columns(REJECTS)
    abouts: dict[int, Subject] = {}
    for one in batch.items.to_pylist():
        name = str(one["text"])
        seen = looked.look(ExchangeItem(one["row"], name, kind=schema.item, image=finder.image(name)))
        if isinstance(seen, str):
            rejects.add(one["row"], seen, excerpt_of(name))
            continue
        abouts[one["row"]] = Subject(size=seen.size, length=seen.length)
        key = one["key"] or name
        items.add(one["row"], key, name, schema.item, "", one["meta"], seen.media)
    dropped = Columns(DROPPED)
    kept = pa.array(list(abouts), pa.int64())
    labels, proposals = (_fitting(table, schema, abouts, dropped, kept) for table in (batch.labels, batch.proposals))
    before = batch.dropped.filter(pc.is_in(batch.dropped["row"], value_set=kept))
    return replace(
        batch,
        items=items.table(),
        labels=labels,
        proposals=proposals,
        rejects=pa.concat_tables([batch.rejects, rejects.table()]),
        dropped=pa.concat_tables([before, dropped.table()]),
        notes=(*batch.notes, *looked.notes),
    )


def _fitting(
    table: pa.Table, schema: LabelSchema, abouts: Mapping[int, Subject], dropped: Columns, kept: pa.Array
) -> pa.Table:
    """The rows of items that are there; answers of regions that do not fit their file are dropped."""
    table = table.filter(pc.is_in(table["row"], value_set=kept))
    regions = {spec.id: spec for spec in schema.fields if spec.record.has_regions}
    if not regions or not table.num_rows:
        return table
    fitting = Columns(LABELS if table.schema == LABELS else PROPOSALS)
    for one in table.to_pylist():
        spec = regions.get(one["field"])
        if spec is not None and one["value"] is not None:
            try:
                one["value"] = to_json(check_about(spec, json.loads(one["value"]), abouts[one["row"]]))
            except ValueRefused as refused:
                dropped.add(one["row"], spec.id, short_reason(refused), excerpt_of(one["value"]))
                continue
        fitting.add(*one.values())
    return fitting.table()
