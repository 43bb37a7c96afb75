"""Choosing what to label next."""
