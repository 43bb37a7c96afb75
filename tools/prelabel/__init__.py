"""Suggesting values for items."""
