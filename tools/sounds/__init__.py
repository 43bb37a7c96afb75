"""Recordings: what a file is, its samples, and the peaks that a waveform is drawn from."""
