"""Tests of the page: its pure parts, its routes, and the page itself in a browser."""
