"""Attention mechanisms: one file for each published one. `base` says what they share and what they return."""

from semscan.model.attention.additive import ImageAttention
from semscan.model.attention.gate import AttentionGate

__all__ = ["AttentionGate", "ImageAttention"]
