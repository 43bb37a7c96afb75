"""Writing down what is said in recordings."""
