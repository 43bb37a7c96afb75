"""``verify``: everything that can be found wrong in a project."""
