"""Decision words: what a person says about the item in hand."""
