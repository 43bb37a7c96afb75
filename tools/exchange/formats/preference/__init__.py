"""Preference data: a prompt and the answers to it, of which one is better."""
