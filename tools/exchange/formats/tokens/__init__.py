"""Tokens and their tags, and brat."""
