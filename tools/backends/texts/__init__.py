"""Texts: embedders, choices, spans and relations learned from confirmed labels."""
