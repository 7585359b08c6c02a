"""Metadata that microscopes write: nm per pixel, data bar, conditions of the image."""
