"""The ways in which a classifier answers: one of some classes, any number of them, a step of a scale."""
