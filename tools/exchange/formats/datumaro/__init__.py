"""Datumaro: what is read, what is written."""
