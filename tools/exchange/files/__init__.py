"""Files as they lie on disk, read so that nothing in them can do harm."""
