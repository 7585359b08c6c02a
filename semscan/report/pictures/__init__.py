"""Overlays, crops, curves and figures."""
