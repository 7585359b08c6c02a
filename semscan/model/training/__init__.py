"""Fit a network: batches, losses, callbacks."""
