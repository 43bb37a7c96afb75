"""A folder that ``datasets.load_from_disk`` opens: one Arrow stream file, its features and its state.

Choices are class labels, -1 where there is no answer; the class names are label ids.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from tools.exchange.export import ChosenItem
from tools.exchange.formats.tables.huggingface import FEATURES_FILE, STATE_FILE
from tools.exchange.formats.tables.parquet_write import Chunks, arrow_schema
from tools.exchange.options import ExportOptions
from tools.exchange.writer import Plan
from tools.schema import FieldSpec

ARROW_FILE = "data-00000-of-00001.arrow"
UNLABELLED = -1


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """Typed columns keep what flat text loses."""
    classes = "Choices are numbers of class labels; their names are in the features, in the order of the schema."
    said = [classes] if any(spec.record.is_labels for spec in fields) else []
    return [*said, *(["Who decided was left out as asked."] if options.provenance == "none" else [])]


class HuggingFaceWriter:
    """Writes one dataset folder."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._folder = plan.path
        self._folder.mkdir()
        self._classes = {spec.id: spec.label_ids for spec in plan.fields if spec.record.is_labels}
        plain = arrow_schema(plan)
        self._chunks = Chunks(plan, plain)
        self._features = {field.name: self._feature(field) for field in plain}
        stored = pa.schema([self._stored(field) for field in plain])
        self._digest = hashlib.sha256(str(stored).encode())
        marked = stored.with_metadata({"huggingface": json.dumps({"info": {"features": self._features}})})
        self._schema = marked
        self._stream = pa.OSFile(str(self._folder / ARROW_FILE), "wb")
        self._writer = pa.ipc.new_stream(self._stream, marked)

    def add(self, item: ChosenItem) -> str:
        """Write one row."""
        batch = self._chunks.add(item)
        if batch is not None:
            self._write(batch)
        return ""

    def finish(self) -> list[Path]:
        """Write the last rows, the features and the state."""
        self._write(self._chunks.take())
        self.close()
        files = {
            FEATURES_FILE: {
                "citation": "",
                "description": "",
                "features": self._features,
                "homepage": "",
                "license": "",
            },
            STATE_FILE: {
                "_data_files": [{"filename": ARROW_FILE}],
                "_fingerprint": self._digest.hexdigest()[:16],
                "_format_columns": None,
                "_format_kwargs": {},
                "_format_type": None,
                "_output_all_columns": False,
                "_split": None,
            },
        }
        for name, content in files.items():
            (self._folder / name).write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
        return [self._folder / name for name in (ARROW_FILE, *files)]

    def close(self) -> None:
        """Let go of the file."""
        if not self._stream.closed:
            self._writer.close()
            self._stream.close()

    def _write(self, batch: Any) -> None:
        columns = [self._numbered(name, batch.column(name)) for name in batch.schema.names]
        numbered = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        self._digest.update(str(numbered.num_rows).encode())
        for column in columns:
            for buffer in column.buffers():
                self._digest.update(buffer or b"")
        self._writer.write_batch(numbered)

    def _numbered(self, name: str, column: Any) -> Any:
        """Label ids as class numbers."""
        if name not in self._classes:
            return column
        number = {label: at for at, label in enumerate(self._classes[name])}
        if pa.types.is_list(column.type):
            lists = [
                None if cell is None else [number.get(one, UNLABELLED) for one in cell] for cell in column.to_pylist()
            ]
            return pa.array(lists, pa.list_(pa.int64()))
        return pa.array([number.get(cell, UNLABELLED) for cell in column.to_pylist()], pa.int64())

    def _stored(self, field: Any) -> Any:
        if field.name not in self._classes:
            return field
        return pa.field(field.name, pa.list_(pa.int64()) if pa.types.is_list(field.type) else pa.int64())

    def _feature(self, field: Any) -> Any:
        if field.name in self._classes:
            label = {"names": list(self._classes[field.name]), "_type": "ClassLabel"}
            return {"feature": label, "_type": "List"} if pa.types.is_list(field.type) else label
        return _feature_of(field.type)


def _feature_of(kind: Any) -> Any:
    if pa.types.is_list(kind):
        return {"feature": _feature_of(kind.value_type), "_type": "List"}
    if pa.types.is_struct(kind):
        return {field.name: _feature_of(field.type) for field in kind}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind)), "_type": "Value"}
