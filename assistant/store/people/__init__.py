"""People who may sign in, and what they said."""
