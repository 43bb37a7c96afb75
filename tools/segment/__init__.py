"""Masks and boxes drawn from what people or other models pointed at."""
