"""Models behind an OpenAI-compatible endpoint: what is sent, what it costs, and what the reply says."""
