"""Check what a network answers: numbers that an anomaly map can hold."""

from __future__ import annotations

import numpy as np

from semscan.errors import BadModelError

LARGEST = 1e30  # sums of many and their squares in float64 are still numbers


def finite_answers(answers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the answers of a network, as `semscan.runtime.session.Network.run` gives them.

    Raises
    ------
    BadModelError
        If one holds NaN, infinity or a number beyond any score.
    """
    for name, values in answers.items():
        # NaN is the smallest and the largest of an array that holds it, and within no limits
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if not -LARGEST <= low <= high <= LARGEST:
            raise BadModelError(
                f"the network's {name} are {low:g} to {high:g} on this image, wanted finite numbers; train it again"
            )
    return answers
