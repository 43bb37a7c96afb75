"""Processes that are killed, and the account of what was promised."""
