"""How good suggestions on pictures are."""
