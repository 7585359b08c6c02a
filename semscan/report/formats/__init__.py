"""Regions in the formats of other programs."""
