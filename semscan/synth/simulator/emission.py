"""Model the secondary-electron yield: the brightness of a point from its distance to the nearest edge."""

from __future__ import annotations

import math

import numpy as np

from semscan.settings import SynthSettings

WALL = 0.6  # px, half of the sidewall's width in the image


def edge_gain(tilt: float, exponent: float = 1.0) -> float:
    """Return how much brighter a surface tilted by `tilt` degrees is than a flat one: 1 / cos(tilt)^n.

    References
    ----------
    L. Reimer, Scanning Electron Microscopy, 2nd ed., Springer 1998, doi:10.1007/978-3-540-38967-5
    """
    return 1 / math.cos(math.radians(tilt)) ** exponent


def emission(distance: np.ndarray, settings: SynthSettings) -> np.ndarray:
    """Compute the signal of a surface with edges.

    Near an edge the top is brighter by ``A1 exp(-d / bloom)``, the bottom darker by
    ``A2 exp(-d / shadow_reach)`` (electrons caught by the wall).

    Parameters
    ----------
    distance : ndarray of float32
        Distance to the nearest edge, px; positive on the top, negative on the bottom.
    settings : SynthSettings

    Returns
    -------
    ndarray of float32, same shape
        Signal, 0 to about 1.
    """
    rim = settings.top * (edge_gain(settings.tilt) - 1)
    top = settings.top + rim * np.exp(np.minimum(-distance, 0) / settings.bloom)
    bottom = settings.bottom - settings.shadow * np.exp(np.minimum(distance, 0) / settings.shadow_reach)
    share = np.clip(0.5 + distance / (2 * WALL), 0, 1)
    share = share * share * (3 - 2 * share)
    return (bottom + (top - bottom) * share).astype(np.float32)


def smooth_max(a: np.ndarray, b: np.ndarray, radius: float) -> np.ndarray:
    """Return the larger of two fields, with a fillet of about `radius` px where they meet (C1, local)."""
    share = np.clip(0.5 + (a - b) / (2 * radius), 0, 1)
    return b + (a - b) * share + radius * share * (1 - share)
