"""Tables of columns: what each column is, and what its cells say."""
