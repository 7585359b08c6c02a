"""Which points of a control chart are remarkable: two of the Western Electric rules, and no more.

References
----------
Western Electric Company, "Statistical Quality Control Handbook", 1956; NIST/SEMATECH e-Handbook, section 6.3.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from semscan.values.control.trend import Limits

RUN = 8
ABOVE = "above the upper limit"
BELOW = "below the lower limit"


def find_signals(values: Sequence[float], limits: Sequence[Limits]) -> list[tuple[str, ...]]:
    """Return for each value why it is remarkable: beyond a limit, or the last of `RUN` or more on one side.

    A side without a limit has no runs: where defects are rare, most values lie below their mean, and most shares near 1
    lie above it.

    Examples
    --------
    >>> limits = Limits(centre=10.0, lower=7.0, upper=13.0)
    >>> find_signals([10.5, 14.0, 6.0], [limits] * 3)
    [(), ('above the upper limit',), ('below the lower limit',)]
    """
    found = []
    run = 0  # points in a row on one side, below 0 for the lower one
    for value, around in zip(values, limits, strict=True):
        side = _side(value, around)
        run = run + side if run * side > 0 else side
        signals = []
        if around.upper is not None and value > around.upper:
            signals.append(ABOVE)
        if around.lower is not None and value < around.lower:
            signals.append(BELOW)
        if abs(run) >= RUN:
            signals.append(f"{abs(run)} in a row {'above' if run > 0 else 'below'} the centre line")
        found.append(tuple(signals))
    return found


def _side(value: float, limits: Limits) -> int:
    if value > limits.centre and limits.upper is not None:
        return 1
    return -1 if value < limits.centre and limits.lower is not None else 0
