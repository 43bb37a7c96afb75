"""Folders that Hugging Face `datasets` writes with ``save_to_disk``, read without that library.

The layout: ``dataset_dict.json`` lists the splits, each a folder; a dataset folder has ``state.json`` with the names
of its Arrow stream files and ``dataset_info.json`` with the features. Class labels are stored as integers, -1 for
items without a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tools.errors import FormatRefused
from tools.exchange.files.jsonread import parse_json
from tools.exchange.files.source import Source
from tools.exchange.formats.tables.parquet import numbered
from tools.exchange.options import ImportOptions
from tools.exchange.tables.tabular import SourceTable

DICT_FILE, STATE_FILE, FEATURES_FILE = "dataset_dict.json", "state.json", "dataset_info.json"
SPLIT = "split"


def is_dataset(folder: Path) -> bool:
    """Whether the folder has the layout of ``save_to_disk``."""
    return (folder / DICT_FILE).is_file() or (folder / STATE_FILE).is_file()


def load(source: Source, options: ImportOptions) -> SourceTable:
    """The rows of a dataset, or of all splits of a dataset dict one behind the other."""
    folder = source.path
    if not source.is_folder or not is_dataset(folder):
        raise FormatRefused(f"{source.name} is not a folder that datasets.save_to_disk wrote: no {STATE_FILE} in it.")
    if not (folder / DICT_FILE).is_file():
        return numbered(_dataset(folder), source.name)
    splits = _json(folder / DICT_FILE).get("splits")
    if not isinstance(splits, list) or not splits:
        raise FormatRefused(f"{source.name}/{DICT_FILE} lists no splits.")
    tables = [_with_split(_dataset(_inside(folder, name)), str(name)) for name in splits]
    try:
        table = pa.concat_tables(tables, promote_options="default")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise FormatRefused(f"The splits of {source.name} have different columns; import them one by one.") from None
    return numbered(table, source.name, (f"Read the splits {', '.join(map(str, splits))}.",))


def _with_split(table: Any, name: str) -> Any:
    if SPLIT in table.column_names:
        return table
    return table.append_column(SPLIT, pa.repeat(pa.scalar(name), table.num_rows))


def _dataset(folder: Path) -> Any:
    state = _json(folder / STATE_FILE)
    if state.get("_indices_files") or state.get("_indices_data_files"):
        raise FormatRefused(f"{folder.name} is a selection of another dataset; save it with flatten_indices().")
    files = state.get("_data_files")
    if not isinstance(files, list) or not files:
        raise FormatRefused(f"{folder.name}/{STATE_FILE} names no files.")
    names = [one.get("filename") if isinstance(one, Mapping) else None for one in files]
    table = pa.concat_tables([_arrow(_inside(folder, name)) for name in names])
    features = _features(folder, table)
    for at, name in enumerate(table.column_names):
        table = table.set_column(at, name, _named(table[name], features.get(name)))
    return table.replace_schema_metadata(None)


def _arrow(path: Path) -> Any:
    if not path.is_file():
        raise FormatRefused(f"{path.parent.name} says it has a file {path.name}, and it is not there.")
    try:
        with pa.memory_map(str(path)) as mapped:
            return pa.ipc.open_stream(mapped).read_all()
    except (pa.ArrowInvalid, OSError):
        raise FormatRefused(f"{path.name} is not an Arrow stream file.") from None


def _features(folder: Path, table: Any) -> Mapping[str, Any]:
    """What the columns mean: from the features file, else from the notes inside the Arrow file."""
    if (folder / FEATURES_FILE).is_file():
        found = _json(folder / FEATURES_FILE).get("features")
    else:
        inside = (table.schema.metadata or {}).get(b"huggingface")
        found = parse_json(inside).get("info", {}).get("features") if inside else None
    return found if isinstance(found, Mapping) else {}


def _named(column: Any, feature: Any) -> Any:
    """Class numbers as class names, in lists and records too."""
    if not isinstance(feature, (Mapping, list)):
        return column
    names = _class_names(feature)
    if names is not None and pa.types.is_integer(column.type):
        known = pa.array(names, pa.string())
        is_label = pc.and_(pc.greater_equal(column, 0), pc.less(column, len(names)))
        codes = pc.if_else(is_label, column, pa.scalar(None, column.type))
        return pa.chunked_array([known.take(chunk) for chunk in codes.chunks], pa.string())
    if not _holds_classes(feature):
        return column
    return pa.chunked_array([pa.array([_renamed(cell, feature) for cell in column.to_pylist()])])


def _renamed(cell: Any, feature: Any) -> Any:
    names = _class_names(feature)
    if names is not None:
        return names[cell] if isinstance(cell, int) and 0 <= cell < len(names) else None
    inner = _inner(feature)
    if inner is not None and isinstance(cell, list):
        return [_renamed(one, inner) for one in cell]
    if isinstance(inner, Mapping) and isinstance(cell, Mapping):
        # A list of records is stored as a record of lists.
        return {key: [_renamed(one, inner.get(key)) for one in value] for key, value in cell.items()}
    if isinstance(feature, Mapping) and isinstance(cell, Mapping):
        return {key: _renamed(value, feature.get(key)) for key, value in cell.items()}
    return cell


def _class_names(feature: Any) -> list[str] | None:
    if isinstance(feature, Mapping) and feature.get("_type") == "ClassLabel":
        return [str(name) for name in feature.get("names") or ()]
    return None


def _inner(feature: Any) -> Any:
    """The feature of the elements of a list, in the notations of old and new versions."""
    if isinstance(feature, list):
        return feature[0] if feature else None
    if isinstance(feature, Mapping) and feature.get("_type") in ("List", "LargeList", "Sequence"):
        return feature.get("feature")
    return None


def _holds_classes(feature: Any) -> bool:
    if _class_names(feature) is not None:
        return True
    inner = _inner(feature)
    parts = [inner] if inner is not None else list(feature.values()) if isinstance(feature, Mapping) else []
    return any(_holds_classes(part) for part in parts if isinstance(part, (Mapping, list)))


def _inside(folder: Path, name: Any) -> Path:
    """A file or folder named by a file in ``folder``; a name that leads out of it is refused."""
    if not isinstance(name, str) or name in ("", ".", "..") or Path(name).name != name:
        raise FormatRefused(f"{folder.name} names {name!r} as a part of itself.")
    return folder / name


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = parse_json(path.read_bytes())
    except (ValueError, OSError):
        raise FormatRefused(f"{path.parent.name}/{path.name} is missing or is not JSON.") from None
    return found if isinstance(found, Mapping) else {}
