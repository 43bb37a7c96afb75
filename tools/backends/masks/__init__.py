"""Masks: from clicks, boxes, scribbles and words."""
