"""Checks of a data set, for doctor and before a training."""
