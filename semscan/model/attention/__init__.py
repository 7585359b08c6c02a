"""Attention mechanisms, one file each. What they share, and what they return, is in `base`."""

from semscan.model.attention.additive import ImageAttention
from semscan.model.attention.gate import AttentionGate

__all__ = ["AttentionGate", "ImageAttention"]
