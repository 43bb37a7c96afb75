"""The chain of the audit, and what it says of the rows that came with an event."""
