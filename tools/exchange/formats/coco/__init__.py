"""COCO: what is read, what is written."""
