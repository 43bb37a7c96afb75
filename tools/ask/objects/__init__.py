"""Numbers about what is marked on pictures: how many, how right, how alike."""
