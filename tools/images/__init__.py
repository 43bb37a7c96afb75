"""Image files: what is in them, and their pixels as people see them."""
