"""Opening the database file: with nothing but itself in reach, and only if it holds what was noted last."""

from __future__ import annotations

from pathlib import Path

import duckdb

from assistant.store.chain import audit
from assistant.store.chain.head import Head, read_note
from assistant.store.file.lock import in_use
from assistant.store.file.trouble import damaged, entries_missing, said, still_busy

# Nothing outside the file may be read or loaded by a query. When the log is folded into the file is ours to decide: a
# backup copies the file while others write.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "wal_autocheckpoint": "1TB",
}


def connect(path: Path, scratch: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Open or create the file; the lock of the project is held already."""
    if path.is_file() and path.stat().st_size == 0:
        raise damaged(path.parent, f"{path.name} is empty")
    config = {**_CONFIG, "memory_limit": memory_limit, "temp_directory": str(scratch)}
    try:
        connection = duckdb.connect(str(path), config=config)
    except duckdb.Error as error:
        # Only a process of an older version, which does not know our lock, can hold DuckDB's.
        if "could not set lock" in str(error).casefold():
            raise in_use(path.parent) from None
        raise said(error, path.parent) or error from None
    try:
        _set_up(connection, path.parent)
    except BaseException as error:
        connection.close()
        if isinstance(error, duckdb.Error):
            raise said(error, path.parent) or error from None
        raise
    return connection


def _set_up(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Say what no setting can say, and let nobody change it any more."""
    if connection.execute("SELECT current_setting('lock_configuration')").fetchall()[0][0]:
        # It was not let go: this is what was opened before, with all that is wrong with it.
        raise still_busy(folder)
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    connection.execute("SET lock_configuration = true")


def stored_head(cursor: duckdb.DuckDBPyConnection) -> Head:
    """The newest audit event of the database."""
    if not cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'audit'").fetchall():
        return Head(0, audit.GENESIS)
    found = cursor.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchall()
    return Head(int(found[0][0]), str(found[0][1])) if found else Head(0, audit.GENESIS)


def refuse_loss(cursor: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """:class:`EntriesMissing` where the database holds less than was noted, or something else."""
    noted, _ = read_note(folder)
    if noted is None or noted.seq == 0:
        return
    found = stored_head(cursor)
    if found.seq < noted.seq:
        raise entries_missing(folder, found.seq, noted.seq)
    at = cursor.execute("SELECT hash FROM audit WHERE seq = ?", [noted.seq]).fetchall()
    if not at or str(at[0][0]) != noted.hash:
        raise entries_missing(folder, found.seq, 0)
