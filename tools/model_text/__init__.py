"""What models write: thoughts apart from answers, JSON out of whatever surrounds it."""
