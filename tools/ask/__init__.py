"""Answers about the project's state; nothing here changes anything."""
