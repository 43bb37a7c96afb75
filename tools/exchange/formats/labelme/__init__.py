"""LabelMe: what is read, what is written."""
