"""Get the answers of a network, checked: numbers that an anomaly map can hold, or one line that says why not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semscan.errors import BadModelError
from semscan.phrases import one_line

LARGEST = 1e30  # sums of many and their squares in float64 are still numbers
Answers = dict[str, np.ndarray]


def finite_answers(run: Callable[[], Answers]) -> Answers:
    """Run a network, and return its answers, as `semscan.runtime.session.Network.run` gives them.

    Parameters
    ----------
    run : callable
        Runs the network on some tiles.

    Raises
    ------
    BadModelError
        If the runtime refuses the graph, or an answer holds NaN, infinity or a number beyond any score.
    """
    try:
        answers = run()
    except (BadModelError, MemoryError):
        raise
    except Exception as error:  # onnxruntime's own classes have no common parent below Exception
        raise BadModelError(f"the network cannot be run ({one_line(error, 200)}); train it again") from error
    for name, values in answers.items():
        # NaN is the smallest and the largest of an array that holds it, and within no limits
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if not -LARGEST <= low <= high <= LARGEST:
            raise BadModelError(
                f"the network's {name} are {low:g} to {high:g} on this image, wanted finite numbers; train it again"
            )
    return answers
