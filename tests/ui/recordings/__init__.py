"""The card over recordings."""
