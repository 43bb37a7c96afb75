"""What every learner shares: vectors, linear models, labels kept aside."""
