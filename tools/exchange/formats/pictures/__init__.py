"""Folders of plain pictures."""
