"""The version of semscan."""

__version__ = "0.1.0"
