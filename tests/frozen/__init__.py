"""Projects frozen from an earlier version, and what they must go on to say."""
