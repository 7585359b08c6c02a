"""Simulated SEM images with planted defects and exact masks."""
