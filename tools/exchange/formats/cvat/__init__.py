"""CVAT: what is read, what is written."""
