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
from tools.geometry.boxes import Size
from tools.kinds.taking import short_reason
from tools.records import to_json
from tools.schema import LabelSchema
from tools.values import check_value


def with_images(batch: ImportBatch, source: Source, schema: LabelSchema) -> ImportBatch:
    """The batch with an image for every item; rows whose image is not there or is none become rejects."""
    finder, looked = ImageFinder(source.path), ImageColumn()
    items, rejects = Columns(ITEMS), Columns(REJECTS)
    sizes: dict[int, Size] = {}
    for one in batch.items.to_pylist():
        name = str(one["text"])
        seen = looked.look(ExchangeItem(one["row"], name, image=finder.image(name)))
        if isinstance(seen, str):
            rejects.add(one["row"], seen, excerpt_of(name))
            continue
        if seen.size is not None:
            sizes[one["row"]] = seen.size
        key = one["key"] or name
        items.add(one["row"], key, name, "image", "", one["meta"], seen.media)
    dropped = Columns(DROPPED)
    kept = pa.array(list(sizes), pa.int64())
    labels, proposals = (_fitting(table, schema, sizes, dropped, kept) for table in (batch.labels, batch.proposals))
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
    table: pa.Table, schema: LabelSchema, sizes: Mapping[int, Size], dropped: Columns, kept: pa.Array
) -> pa.Table:
    """The rows of items that are there; answers of regions that do not fit their image are dropped."""
    table = table.filter(pc.is_in(table["row"], value_set=kept))
    regions = {spec.id: spec for spec in schema.fields if spec.is_image_region}
    if not regions or not table.num_rows:
        return table
    fitting = Columns(LABELS if table.schema == LABELS else PROPOSALS)
    for one in table.to_pylist():
        spec = regions.get(one["field"])
        if spec is not None and one["value"] is not None:
            try:
                one["value"] = to_json(check_value(spec, json.loads(one["value"]), None, None, sizes[one["row"]]))
            except ValueRefused as refused:
                dropped.add(one["row"], spec.id, short_reason(refused), excerpt_of(one["value"]))
                continue
        fitting.add(*one.values())
    return fitting.table()
