"""New examples made from confirmed ones, with labels that are right by construction."""
