"""How learning goes: what is learned from, by which curve, and what sampling gains."""
