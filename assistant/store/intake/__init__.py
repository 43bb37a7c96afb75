"""Imports on their way into the project, and exports on their way out."""
