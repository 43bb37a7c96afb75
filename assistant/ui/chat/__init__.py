"""The chat on the page: whose turn it is, and how an answer is shown."""
