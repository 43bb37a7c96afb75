"""Pascal VOC: what is read, what is written."""
