"""How good suggestions on texts are, and what sampling saves."""
