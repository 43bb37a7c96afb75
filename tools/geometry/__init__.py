"""Boxes, polygons and masks: pure calculations, units and ends stated."""
