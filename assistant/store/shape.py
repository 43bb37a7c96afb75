"""Whether tables, columns and views are those that the migrations make: a forged view counts other rows unseen."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb

from assistant.store.file.database import Database
from assistant.store.file.migrating import migrate, steps
from assistant.store.file.migrations import Migration

_PARTS = """SELECT 'column ' || table_name || '.' || column_name, data_type FROM duckdb_columns()
    WHERE NOT internal AND database_name = current_database() AND schema_name = 'main'
    UNION ALL SELECT 'view ' || view_name, sql FROM duckdb_views()
    WHERE NOT internal AND database_name = current_database() AND schema_name = 'main'"""


def changed_shape(database: Database) -> list[str]:
    """Names of columns and views that are missing, are there in addition, or say something else."""
    meant, found = _meant(steps()), {str(name): str(about) for name, about in database.rows(_PARTS)}
    changed = (name for name in {*meant, *found} if meant.get(name) != found.get(name))
    # The columns of a view are its own doing: the view is named first.
    return sorted(changed, key=lambda name: (name.startswith("column"), name))


@cache
def _meant(_steps: tuple[Migration, ...]) -> dict[str, str]:
    """Every column with its type and every view with its statement, as an empty database gets them by these steps."""
    with duckdb.connect(config={"threads": 1}) as connection:
        migrate(connection, Path("an empty project"))
        return dict(connection.execute(_PARTS).fetchall())
