"""Models behind the tools: one contract per ability, built-in, from a hub or behind an endpoint."""
