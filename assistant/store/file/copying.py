"""A process of its own that copies the database file of a project and looks whether the copy is whole.

It is a process because a handle on the file that is closed in the owner would give up DuckDB's lock on it.

``python -m assistant.store.file.copying SOURCE TARGET SEQ HASH`` ends with 0, or says on its output what is wrong.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path

import duckdb

from assistant.store.chain.audit import first_break
from assistant.store.chain.head import Head
from assistant.store.file.opening import stored_head
from assistant.store.file.private import prepare_like
from assistant.store.file.trouble import is_full

FULL, DAMAGED = 3, 4
"""How the process ends where the disk had no room, and where the file cannot be read to its end."""

_CHAIN = "SELECT seq, made_at, actor, kind, payload, prev_hash, hash FROM audit ORDER BY seq"


def whole_head(path: Path, memory_limit: str = "500MB") -> Head:
    """Read every part of a database that nobody writes to; its newest entry. ``ValueError`` says what is wrong."""
    config: dict[str, str | bool | int | float | list[str]] = {"threads": 1, "memory_limit": memory_limit}
    try:
        with duckdb.connect(str(path), read_only=True, config=config) as connection:
            for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                # Every block has a checksum that is looked at when it is read.
                sql = f"SELECT count(hash(COLUMNS(*))) FROM {table}"  # sql: a table of the file itself
                connection.execute(sql).fetchall()
            broken = first_break(connection.execute(_CHAIN).fetchall())
            if broken:
                raise ValueError(broken)
            return stored_head(connection)
    except duckdb.Error as error:
        raise ValueError(str(error).splitlines()[0]) from error


def copy_synced(source: Path, target: Path) -> None:
    """Copy a file, as open as it is and never to everybody; it is on disk when this returns."""
    prepare_like(target, source)
    shutil.copyfile(source, target)
    with target.open("rb+") as stream:
        os.fsync(stream.fileno())


def main(source: str, target: str, seq: str, digest: str) -> int:
    """Copy and look; the exit code."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    try:
        copy_synced(Path(source), Path(target))
        if whole_head(Path(target)) != Head(int(seq), digest):
            raise ValueError("the copy does not end with the newest entry")
    except OSError as error:
        sys.stdout.write(f"{error.strerror or error}\n")
        return FULL if is_full(error) else 1
    except ValueError as error:
        sys.stdout.write(f"{error}\n")
        return FULL if "no space left" in str(error).casefold() else DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
