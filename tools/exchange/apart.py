"""Files that may unpack to far more than they hold, read in a process of its own with a limit of memory.

A compressed table of a few kilobytes can stand for gigabytes of cells. What is counted while it is read stops most of
these; the limit of the process stops the rest, and never the program that people work with.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from tools.errors import FormatRefused
from tools.exchange.files.source import Source, readable
from tools.exchange.options import ImportOptions, import_options_from
from tools.exchange.rows import ExchangeReject
from tools.exchange.tables.tabular import SourceTable

MOST_ROWS = 50_000_000
"""Rows of one file; more than any table that is labelled by people."""

_ALWAYS = 512 * 1024**2
_TIMES = 100
_BESIDE = 384 * 1024**2
_REFUSED = 3
_TABLE, _REST = "table.arrow", "rest.json"

Reader = Callable[[Source, ImportOptions], SourceTable]


def most_unpacked(source: Source, options: ImportOptions) -> int:
    """Bytes that a file may unpack to: half a gibibyte, a hundred times its size where that is more, never above the
    limit of an import."""
    return min(options.limit_bytes, max(_ALWAYS, _TIMES * source.path.stat().st_size))


def refuse_unpacked(source: Source, size: int, options: ImportOptions) -> None:
    """:class:`FormatRefused` where ``size`` bytes are more than the file may unpack to."""
    most = most_unpacked(source, options)
    if size > most:
        raise FormatRefused(
            f"{source.name} unpacks to {readable(size)}; up to {readable(most)} are read at once. Split it."
        )


def read_apart(module: str, source: Source, options: ImportOptions) -> SourceTable:
    """What ``load_here`` of the module makes of the file, computed in a process with a limit of memory.

    Raises :class:`FormatRefused` with the sentence of that process, or with one about memory where it was ended.
    """
    with tempfile.TemporaryDirectory(prefix="import-") as made:
        work = Path(made)
        order = {"module": module, "path": str(source.path), "options": options.to_record(), "out": made}
        root = str(Path(__file__).resolve().parents[2])
        found = subprocess.run(
            [sys.executable, "-m", "tools.exchange.apart"],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])},
        )
        if found.returncode == _REFUSED:
            raise FormatRefused(found.stdout.strip())
        if found.returncode != 0:
            raise FormatRefused(f"{source.name} needs more memory than a file of its size may take; split it.")
        return _fetched(work)


def _fetched(work: Path) -> SourceTable:
    rest = json.loads((work / _REST).read_text(encoding="utf-8"))
    with pa.OSFile(str(work / _TABLE)) as file:
        table = pa.ipc.open_file(file).read_all()
    rejects = [ExchangeReject(**one) for one in rest["rejects"]]
    numbers = table[rest["numbers"]]
    return SourceTable(table.drop_columns([rest["numbers"]]), numbers, rejects, tuple(rest["notes"]))


def _hand_over(found: SourceTable, work: Path) -> None:
    # A name that no column has: the number of each row travels as one more column.
    numbers = "row"
    while numbers in found.names:
        numbers += "_"
    table = found.columns.append_column(numbers, found.rows)
    with pa.OSFile(str(work / _TABLE), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    rest = {"numbers": numbers, "rejects": [asdict(one) for one in found.rejects], "notes": list(found.notes)}
    (work / _REST).write_text(json.dumps(rest), encoding="utf-8")


def _limit_memory(more: int) -> None:
    """Let this process take ``more`` bytes above what it has; systems without such a limit rely on the counting."""
    try:
        import resource
    except ImportError:
        return
    taken = 0
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        taken = next((int(one.split()[1]) * 1024 for one in lines if one.startswith("VmData:")), 0)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = taken + more
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _main() -> int:
    order: dict[str, Any] = json.loads(sys.stdin.read())
    options = import_options_from(order["options"])
    source = Source(Path(order["path"]), options)
    read: Reader = import_module(order["module"]).load_here
    pa.set_cpu_count(1)
    _limit_memory(2 * most_unpacked(source, options) + _BESIDE)
    try:
        _hand_over(read(source, options), Path(order["out"]))
    except FormatRefused as refused:
        sys.stdout.write(str(refused))
        return _REFUSED
    return 0


if __name__ == "__main__":
    raise SystemExit(_main())
