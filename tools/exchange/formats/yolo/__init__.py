"""YOLO: what is read, what is written."""
