"""The card over pictures."""
