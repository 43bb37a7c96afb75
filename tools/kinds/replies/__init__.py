"""What a model is asked for and how its answers are read."""
