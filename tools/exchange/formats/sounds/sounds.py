"""Plain recordings: a folder of sound files, or one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tools.exchange.files.source import Source, leads_out
from tools.exchange.options import ImportOptions
from tools.exchange.rows import ExchangeItem, ImageFile, Row, RowSource
from tools.modalities.audio import AUDIO
from tools.schema import LabelSchema


def sniff(source: Source) -> bool:
    """Whether there is a recording."""
    return any(_is_recording(path) for path in ((source.path,) if not source.is_folder else source.files))


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The recordings in the order of their names."""
    if source.is_folder:
        return RowSource(_rows(source.path, source.files))
    return RowSource(iter([_item(1, source.path, source.path.name)]))


def _rows(folder: Path, files: tuple[Path, ...]) -> Iterator[Row]:
    root = folder.resolve()
    recordings = (path for path in files if _is_recording(path) and not leads_out(path, root))
    for number, path in enumerate(recordings, start=1):
        yield _item(number, path, path.relative_to(folder).as_posix())


def _item(number: int, path: Path, name: str) -> ExchangeItem:
    return ExchangeItem(number, name, name, AUDIO.name, image=ImageFile(path, name))


def _is_recording(path: Path) -> bool:
    return path.suffix.lower() in AUDIO.suffixes
