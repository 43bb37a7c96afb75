"""Faults planted at random, to see whether the tests find them: for reviews, not for CI."""
