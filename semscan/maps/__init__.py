"""Tile maps to one calibrated full-size map."""
