"""Lengths for scale bars: round, and in the unit that reads best."""

from __future__ import annotations

import math

UNITS = (("mm", 1e6), ("µm", 1e3), ("nm", 1.0))
SHARE = 0.25  # of the picture's width, at most; never under 0.1, since 1, 2, 5, 10 lie that close


def bar_nm(width_nm: float, share: float = SHARE) -> float:
    """Return the longest round length, in nm, that is at most `share` of a picture's width: 1, 2 or 5 x 10^n.

    Raises ValueError if the width is not a positive number.

    Examples
    --------
    >>> bar_nm(1024.0), bar_nm(900.0, share=0.5)
    (200.0, 200.0)
    """
    room = width_nm * share
    if not (math.isfinite(room) and room > 0):
        raise ValueError(f"a picture {width_nm} nm wide has no scale")
    power = math.floor(math.log10(room))
    exact = (step * 10.0**exponent for exponent in (power, power - 1) for step in (5, 2, 1))
    return next(length for length in exact if length <= room * (1 + 1e-9))


def length_text(nm: float) -> str:
    """Return a length in nm as text, in the unit that reads best.

    Examples
    --------
    >>> [length_text(nm) for nm in (0.5, 200.0, 5000.0, 2e6)]
    ['0.5 nm', '200 nm', '5 µm', '2 mm']
    """
    unit, size = next(((unit, size) for unit, size in UNITS if nm >= size), UNITS[-1])
    return f"{nm / size:.6g} {unit}"
