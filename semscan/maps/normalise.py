"""Normalise raw scores to the range 0 to 1, in which the calibrated threshold is 0.5."""

from __future__ import annotations

import numpy as np

from semscan.errors import BadMapError

_LARGEST = np.nextafter(np.float32(1), np.float32(0))


def normalise_map(raw: np.ndarray, raw_threshold: float | None) -> np.ndarray:
    """Map raw scores to 0 to 1, the calibrated raw threshold to 0.5.

    The map is ``s / (s + s0)``: monotone in the raw score s and never saturated, so that the order of
    the highest scores survives. Without a calibrated threshold s0 is 1, and 0.5 has no meaning.

    Parameters
    ----------
    raw : ndarray, any shape
        Raw scores; below 0 counts as 0.
    raw_threshold : float or None
        s0, above 0, in the units of `raw`.

    Returns
    -------
    ndarray of float32, shape of `raw`
        0 (normal) to below 1 (defect).

    Raises
    ------
    BadMapError
        If `raw` holds NaN or infinity, or the threshold is not above 0.

    Examples
    --------
    >>> normalise_map(np.array([0.0, 2.0, 6.0]), 2.0).tolist()
    [0.0, 0.5, 0.75]
    """
    scale = 1.0 if raw_threshold is None else float(raw_threshold)
    if not (np.isfinite(scale) and scale > 0):
        raise BadMapError(f"the calibrated raw threshold is {scale}, wanted a number above 0; train the model again")
    values = np.maximum(raw, 0, dtype=np.float32)
    if not np.isfinite(values.max(initial=0)):
        raise BadMapError("the raw scores hold NaN or infinity; the model does not suit this image")
    return np.minimum(values / (values + np.float32(scale)), _LARGEST)


def threshold_multiple(value: float) -> float:
    """Return the multiple of the calibrated raw threshold that `normalise_map` maps to `value`, 0 to below 1.

    Examples
    --------
    >>> threshold_multiple(0.5), threshold_multiple(0.75)
    (1.0, 3.0)
    """
    return value / (1 - value)
