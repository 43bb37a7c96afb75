"""Label Studio: what is read, what is written."""
