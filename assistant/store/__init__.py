"""State of a project: the only room that knows DuckDB."""
