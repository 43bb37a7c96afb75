"""Who comes in, and what is refused at the door."""
