"""Bringing items and labels in, and getting them out again, with an account of every row."""
