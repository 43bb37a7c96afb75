"""One record per kind of item."""
