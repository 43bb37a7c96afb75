"""Formats of one JSON object or one text per line."""
