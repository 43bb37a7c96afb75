"""The database file: its lock, its copies, its shape, its transactions."""
