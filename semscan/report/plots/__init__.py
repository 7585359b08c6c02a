"""Diagrams drawn with matplotlib, which is imported on use."""
