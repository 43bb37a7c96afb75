"""Open Images: what is read, what is written."""
