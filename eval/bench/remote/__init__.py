"""Remote models that behave badly, and what is known of every call."""
