"""Bringing a database to the newest shape, one step a transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assistant.store.file import faults
from assistant.store.file.migrations import MIGRATIONS, Migration
from tools.errors import ProjectDamaged


def steps() -> tuple[Migration, ...]:
    """The steps that this program knows."""
    return MIGRATIONS


def migrate(cursor: duckdb.DuckDBPyConnection, folder: Path) -> list[int]:
    """Apply what is missing; returns the numbers of the steps that were."""
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS migrations "
        "(number INTEGER NOT NULL, name VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL)"
    )
    done = {int(row[0]) for row in cursor.execute("SELECT number FROM migrations").fetchall()}
    newest = MIGRATIONS[-1].number
    if done and max(done) > newest:
        raise ProjectDamaged(
            f"{folder.name} was written by a newer version of the program (step {max(done)}, this one "
            f"knows {newest}); install that version or a later one."
        )
    missing = [migration for migration in MIGRATIONS if migration.number not in done]
    for migration in missing:
        _apply(cursor, migration)
    return [migration.number for migration in missing]


def _apply(cursor: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    cursor.execute("BEGIN TRANSACTION")
    try:
        for statement in cursor.extract_statements(migration.sql):
            cursor.execute(statement)
        faults.reach("mid_migration")
        now = datetime.now(UTC).replace(tzinfo=None)
        cursor.execute("INSERT INTO migrations VALUES (?, ?, ?)", [migration.number, migration.name, now])
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
